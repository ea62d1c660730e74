"""Writes filters in Milvus's language; every text of others goes through `quoted`."""

from collections.abc import Iterable

from briefqa.protocols import Selection

_ESCAPES = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)  # All other characters stand for themselves; Milvus takes no NUL away.
_MOST_RUNS = 1000
"""As ranges a filter is short; of more runs, it lists positions."""

# What has a meaning in a pattern, or needs an escape that servers read in different ways.
_WILD = str.maketrans(dict.fromkeys('%_\\"\n\r\t', "_"))


def quoted(text: str) -> str:
    """Return ``text`` as a literal that stands for exactly this text."""
    return f'"{text.translate(_ESCAPES)}"'


def any_of(field: str, values: Iterable[str | int]) -> str:
    """Return what is true where ``field`` has one of ``values``."""
    literals = (quoted(each) if isinstance(each, str) else str(each) for each in values)
    return f"{field} in [{', '.join(literals)}]"


def may_hold(field: str, part: str) -> str:
    """Return what is true wherever ``field`` holds ``part``, and in some places more.

    A character with a meaning in patterns matches any, since servers differ in how it is
    escaped: compare what is found with ``part`` itself.
    """
    return f'{field} like "%{part.translate(_WILD)}%"'


def selected(field: str, among: Selection) -> str:
    """Return what is true where ``field`` is a position that ``among`` selects."""
    runs = among.runs()
    if len(runs) > _MOST_RUNS:
        return any_of(field, among.positions.tolist())
    ranges = (f"({field} >= {first} and {field} <= {last})" for first, last in runs)
    return " or ".join(ranges) or f"{field} < 0"
