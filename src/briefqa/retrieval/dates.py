"""Dates that hold a question to what was published until or since then, as conditions."""

import re

from briefqa.datatypes import Comparison, Condition
from briefqa.errors import DateError
from briefqa.indexing.fields import date_of

_FORMS = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")


def date_conditions(*, since: str | None = None, as_of: str | None = None) -> tuple[Condition, ...]:
    """Return the conditions that these dates stand for: none, one or two.

    A document without a date satisfies neither, since nothing places it in time.
    Like every condition on a date they hold at the coarser of two precisions:
    ``as_of="2025"`` reaches to the last day of that year, and a document of which
    only the year is known counts from its first day to its last.

    Args:
        since: The first day, month or year of publication, in ISO form.
        as_of: The last one.

    Raises:
        DateError: If one is no date of the form 2025, 2025-03 or 2025-03-31.
    """
    given = (("since", Comparison.AT_LEAST, since), ("as_of", Comparison.AT_MOST, as_of))
    return tuple(
        Condition("published", comparison, _checked(name, value))
        for name, comparison, value in given
        if value is not None
    )


def _checked(name: str, value: str) -> str:
    found = date_of(value) if _FORMS.fullmatch(value.strip()) else None
    if found is None:
        raise DateError(name, found=value)
    return found
