"""What the styles of a Word document say: headings, lists, hidden text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from briefqa.documents.office import TITLE_LEVEL
from briefqa.documents.xml import attribute, child, local_name, whole_number

_BODY_LEVEL = 9
_MOST_STEPS = 20
_CODE = {"code", "html code", "html preformatted", "macro text", "source code", "sourcecode"}
_CONTENTS = ("toc ", "table of figures")
_OFF = {"0", "false", "off", "none"}


@dataclass(frozen=True, slots=True)
class NumberingRef:
    """Which list a paragraph is in, and how deep.

    The level may be left to the list, which then knows it of the style
    ``style_id`` that put the paragraph there.
    """

    number_id: str
    level: int | None
    style_id: str | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says, itself or through those it is based on.

    ``heading_level`` counts from 1, and is 0 for the title.
    """

    heading_level: int | None = None
    is_code: bool = False
    is_contents: bool = False
    numbering: NumberingRef | None = None
    is_hidden: bool = False


class Styles:
    """The styles of a document, by id."""

    def __init__(self, root: etree._Element | None) -> None:
        self._elements: dict[str, etree._Element] = {}
        self._read: dict[str, Style] = {}
        self._default = ""
        for style in root if root is not None else ():
            if local_name(style) != "style" or not (name := attribute(style, "styleId")):
                continue
            self._elements[name] = style
            is_paragraph = attribute(style, "type") == "paragraph"
            if is_paragraph and attribute(style, "default") in {"1", "true", "on"}:
                self._default = name

    def of_paragraph(self, paragraph: etree._Element) -> Style:
        """Return the style of a paragraph, with what the paragraph itself says instead."""
        properties = child(paragraph, "pPr")
        style = self._of(_value(properties, "pStyle") or self._default)
        outline = _value(properties, "outlineLvl")
        if outline is not None:
            style = replace(style, heading_level=_heading_level(outline))
        number_id, level = _numbering_in(properties)
        if number_id is not None:
            style = replace(style, numbering=NumberingRef(number_id, level))
        elif level is not None and style.numbering is not None:
            style = replace(style, numbering=replace(style.numbering, level=level))
        return style

    def numbering_of_style(self, style_id: str | None) -> str | None:
        """Return the id of the list that a numbering style stands for."""
        return _numbering_in(child(self._elements.get(style_id or ""), "pPr"))[0]

    def is_hidden(self, run: etree._Element, style: Style) -> bool:
        """Say whether the text of ``run`` in a paragraph of that style is hidden."""
        properties = child(run, "rPr")
        if properties is None:
            return style.is_hidden
        if (vanish := child(properties, "vanish")) is not None:
            return is_on(vanish)
        named = _value(properties, "rStyle")
        return style.is_hidden or (named is not None and self._of(named).is_hidden)

    def _of(self, style_id: str) -> Style:
        if style_id not in self._read:
            chain = list(self._chain(style_id))
            names = [(_value(style, "name") or "").strip().lower() for style in chain]
            vanish = (child(style, "rPr", "vanish") for style in chain)
            self._read[style_id] = Style(
                heading_level=_heading_level_of(chain, names),
                is_code=not _CODE.isdisjoint(names),
                is_contents=bool(names) and f"{names[0]} ".startswith(_CONTENTS),
                numbering=_numbering_of(chain),
                is_hidden=is_on(next((found for found in vanish if found is not None), None)),
            )
        return self._read[style_id]

    def _chain(self, style_id: str | None) -> Iterator[etree._Element]:
        """Yield a style and those it is based on."""
        for _ in range(_MOST_STEPS):
            style = self._elements.get(style_id or "")
            if style is None:
                return
            yield style
            style_id = _value(style, "basedOn")


def is_on(switch: etree._Element | None) -> bool:
    """Say whether an element such as ``w:vanish`` switches its property on."""
    return switch is not None and (attribute(switch, "val") or "1").lower() not in _OFF


def _heading_level_of(chain: list[etree._Element], names: list[str]) -> int | None:
    """Return the level that the first style says which says any.

    Word keeps the names of its own styles in English, whatever language it speaks.
    """
    for style, name in zip(chain, names, strict=True):
        if (outline := _value(child(style, "pPr"), "outlineLvl")) is not None:
            return _heading_level(outline)
        if name == "title":
            return TITLE_LEVEL
        if name.startswith("heading "):
            level = whole_number(name.removeprefix("heading "), 0)
            if 1 <= level <= _BODY_LEVEL:
                return level
    return None


def _heading_level(outline: str) -> int | None:
    level = whole_number(outline, _BODY_LEVEL)
    return level + 1 if 0 <= level < _BODY_LEVEL else None


def _numbering_of(chain: list[etree._Element]) -> NumberingRef | None:
    for style in chain:
        number_id, level = _numbering_in(child(style, "pPr"))
        if number_id is not None:
            return NumberingRef(number_id, level, attribute(style, "styleId"))
    return None


def _numbering_in(properties: etree._Element | None) -> tuple[str | None, int | None]:
    numbering = child(properties, "numPr")
    level = _value(numbering, "ilvl")
    return _value(numbering, "numId"), None if level is None else whole_number(level, 0)


def _value(parent: etree._Element | None, name: str) -> str | None:
    """Return the value that the element ``name`` under ``parent`` states, if it does."""
    found = child(parent, name)
    return attribute(found, "val") if found is not None else None
