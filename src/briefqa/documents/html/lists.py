"""How the items of a list are counted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from selectolax.lexbor import LexborNode

_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,6})\s*")
_DEEPEST_NUMBER = 4
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST_ROMAN = 3999


@dataclass(slots=True)
class ListOfItems:
    """A list being read: ``style`` is as in HTML ("1", "a", "A", "i", "I"), or "" for bullets."""

    style: str
    number: int
    step: int
    within: tuple[str, ...]
    bullet: str
    label: str = ""

    @classmethod
    def of(cls, element: LexborNode, around: Sequence["ListOfItems"]) -> Self:
        """Return the list that ``element`` opens inside the lists ``around``."""
        attributes = element.attributes
        if element.tag != "ol":
            return cls("", 0, 0, (), "–" if around else "-")
        style = attributes.get("type") or "1"
        style = style if style in {"1", "a", "A", "i", "I"} else "1"
        outer = around[-1] if around else None
        within: tuple[str, ...] = ()
        if style == "1" and outer is not None and outer.style == "1" and outer.label:
            within = (*outer.within, outer.label)[-_DEEPEST_NUMBER:]
        start = _number(attributes.get("start"))
        if "reversed" not in attributes:
            return cls(style, 1 if start is None else start, 1, within, "")
        if start is None:
            start = sum(1 for child in element.iter() if child.tag == "li")
        return cls(style, start, -1, within, "")

    def next_marker(self, item: LexborNode) -> str:
        """Return what stands before the next item."""
        if not self.style:
            return self.bullet
        value = _number(item.attributes.get("value"))
        self.number = self.number if value is None else value
        self.label = _written(self.number, self.style)
        self.number += self.step
        return ".".join((*self.within, self.label)) + "."


def _number(value: str | None) -> int | None:
    found = _NUMBER.fullmatch(value or "")
    return int(found[1]) if found else None


def _written(number: int, style: str) -> str:
    if style in {"a", "A"} and number > 0:
        letters = ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord(style) + rest) + letters
        return letters
    if style in {"i", "I"} and 0 < number <= _MOST_ROMAN:
        parts: list[str] = []
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            parts.append(sign * count)
        return "".join(parts) if style == "i" else "".join(parts).upper()
    return str(number)
