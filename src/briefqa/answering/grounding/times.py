"""Pairs the dates of two statements that cannot both be true."""

import re

from briefqa.answering.grounding.dates import CalendarDate
from briefqa.answering.grounding.quantities import YEAR, Quantity
from briefqa.answering.grounding.statements import Statement

Time = Quantity | CalendarDate

_RELATIVE = re.compile(
    r"\b(?:last|this|next|past|previous|current|preceding|coming|same)\s+(?:[\w-]+\s+){0,2}?"
    r"(?:years?|months?|quarters?|weeks?|days?|session|season|term)\b"
    r"|\b(?:today|yesterday|tomorrow|ago)\b",
    re.IGNORECASE,
)
_OWN_YEARS = frozenset({0, 1})
"""Years back from its own date that a yearly report speaks of."""


def are_of_one_time(
    ours: Statement, theirs: Statement, published: tuple[str | None, str | None]
) -> bool:
    """Say whether ``last year`` and the like mean the same in both, if it stands in either.

    Args:
        ours: One of the two.
        theirs: The other.
        published: The ISO dates of their documents.
    """
    if not (_RELATIVE.search(ours.text) or _RELATIVE.search(theirs.text)):
        return True
    mine, yours = published
    return mine is not None and yours is not None and mine[:4] == yours[:4]


def differing_times(
    ours: Statement, theirs: Statement, published: tuple[str | None, str | None]
) -> list[tuple[Time, Time]] | None:
    """Return the dates that stand in each other's place and differ, as pairs.

    A date that opens a sentence says when the rest holds, and a yearly report speaks of its
    own year: where these differ, the two are of different times and nothing is compared.

    Args:
        ours: One of the two.
        theirs: The other.
        published: The ISO dates of their documents.

    Returns:
        One pair or none; None if the two are of different times.
    """
    mine, yours = _times(ours), _times(theirs)
    left = [each for each in mine if not any(_may_be_same(each, other) for other in yours)]
    rest = [each for each in yours if not any(_may_be_same(each, other) for other in mine)]
    if not left and not rest:
        return []
    if (
        len(left) != 1
        or len(rest) != 1
        or isinstance(left[0], Quantity) != isinstance(rest[0], Quantity)
    ):
        return None
    if _opens(left[0], ours) or _opens(rest[0], theirs):
        return None
    ages = _years_before(left[0], published[0]), _years_before(rest[0], published[1])
    if ages[0] == ages[1] and ages[0] in _OWN_YEARS and published[0] != published[1]:
        return None
    return [(left[0], rest[0])]


def _times(statement: Statement) -> list[Time]:
    years: list[Time] = [each for each in statement.quantities if each.unit == YEAR]
    return [*years, *statement.dates]


def _may_be_same(a: Time, b: Time) -> bool:
    if isinstance(a, CalendarDate) and isinstance(b, CalendarDate):
        return a.holds(b) or b.holds(a)
    (low, high), (least, most) = _years(a), _years(b)
    return low <= least <= most <= high or least <= low <= high <= most


def _years(time: Time) -> tuple[int, int]:
    """Return the first and last year of a time; of a date without one, every year."""
    if isinstance(time, Quantity):
        return int(time.low), int(time.high)
    return (0, 9999) if time.year is None else (time.year, time.year)


def _opens(time: Time, statement: Statement) -> bool:
    return not any(token.is_content for token in statement.tokens[: time.start])


def _years_before(time: Time, published: str | None) -> int | None:
    return None if published is None else int(published[:4]) - _years(time)[0]
