"""Writes the table of `docs/reference/errors.md` from the code.

    python scripts/error_reference.py

The text around the table is left as it is.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from briefqa import errors
from briefqa.api.problems import OF_ERROR, ProblemKind
from briefqa.errors import BriefqaError

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "errors.md"
_HEAD = "| error | when | exit code | status | problem type |\n|---|---|---|---|---|\n"
_TABLE = re.compile(r"\| error \|.*?(?=\n\n|\Z)", re.DOTALL)


def classes_in_order(above: type[BriefqaError] = BriefqaError) -> Iterator[type[BriefqaError]]:
    """Yield every error class, each after its parent and in the order they are defined in."""
    yield above
    for each in vars(errors).values():
        if isinstance(each, type) and issubclass(each, BriefqaError) and each.__base__ is above:
            yield from classes_in_order(each)


def table() -> str:
    """Return the table as it should stand in the page, without a newline at its end."""
    return _HEAD + "\n".join(map(_row, classes_in_order()))


def with_table(page: str) -> str:
    """Return ``page`` with its table replaced.

    Raises:
        ValueError: If it has none, or several.
    """
    if len(_TABLE.findall(page)) != 1:
        msg = f"{PAGE.name} should hold one table that begins with '| error |'"
        raise ValueError(msg)
    return _TABLE.sub(lambda _: table(), page)


def _row(error: type[BriefqaError]) -> str:
    kind = _kind_of(error)
    depth = len(error.__mro__) - len(BriefqaError.__mro__)
    name = "&ensp;" * 2 * depth + f"`{error.__name__}`"
    when = (error.__doc__ or "").splitlines()[0].replace("``", "`").replace("|", "\\|")
    return f"| {name} | {when} | {error.exit_code} | {kind.status} | `{kind.name}` |"


def _kind_of(error: type[BriefqaError]) -> ProblemKind:
    return next(OF_ERROR[each] for each in error.__mro__ if each in OF_ERROR)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
