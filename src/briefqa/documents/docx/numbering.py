"""The markers of Word's lists, which its files do not hold but tell how to count."""

from dataclasses import dataclass, replace

from lxml import etree

from briefqa.documents.docx.styles import NumberingRef, Styles
from briefqa.documents.list_markers import BULLET, written_number
from briefqa.documents.xml import attribute, child, local_name, whole_number

_LEVELS = 9
_MOST_STEPS = 5


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    format: str
    pattern: str
    restart: int | None
    is_legal: bool
    style: str | None


class Numbering:
    """The lists of a document; it counts along as their paragraphs are met in order."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        self._styles = styles
        self._abstract: dict[str, etree._Element] = {}
        self._numbers: dict[str, etree._Element] = {}
        for element in root if root is not None else ():
            if local_name(element) == "abstractNum":
                self._abstract[attribute(element, "abstractNumId") or ""] = element
            elif local_name(element) == "num":
                self._numbers[attribute(element, "numId") or ""] = element
        self._levels: dict[str, tuple[str, dict[int, _Level]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._restarting: set[tuple[str, int]] = set()

    def marker(self, ref: NumberingRef | None) -> str | None:
        """Return the marker of the next paragraph in that list, "" if the list shows none.

        None for a paragraph that is in no list.
        """
        if ref is None or ref.number_id not in self._numbers:
            return None
        abstract_id, levels = self._levels_of(ref.number_id)
        level = ref.level
        if ref.style_id is not None and level is None:
            # A style has no level of its own: the list says which of its levels the style has.
            level = next((at for at, found in levels.items() if found.style == ref.style_id), None)
        level = min(max(level or 0, 0), _LEVELS - 1)
        if level not in levels:
            return BULLET
        counts = self._count(ref.number_id, abstract_id, level, levels)
        return _shown(level, counts, levels)

    def _count(
        self, number_id: str, abstract_id: str, level: int, levels: dict[int, _Level]
    ) -> dict[int, int]:
        """Count one more at ``level``; lists made from one template count on together."""
        counts = self._counts.setdefault(abstract_id, {})
        restarts = (number_id, level) in self._restarting
        self._restarting.discard((number_id, level))
        if restarts or level not in counts:
            counts[level] = levels[level].start
        else:
            counts[level] += 1
        for above in range(level):
            counts.setdefault(above, levels[above].start if above in levels else 1)
        for below in [at for at in counts if at > level]:
            restart = levels[below].restart if below in levels else None
            # "Restart after level n" counts levels from 1, and 0 means never.
            if restart is None or level < restart:
                del counts[below]
        return counts

    def _levels_of(self, number_id: str) -> tuple[str, dict[int, _Level]]:
        if number_id not in self._levels:
            abstract_id = self._abstract_of(number_id)
            levels = _read_levels(self._abstract.get(abstract_id))
            for override in self._numbers[number_id]:
                at = whole_number(attribute(override, "ilvl"), 0)
                if (own := child(override, "lvl")) is not None:
                    levels[at] = _read_level(own)
                if at in levels and (start := child(override, "startOverride")) is not None:
                    value = whole_number(attribute(start, "val"), 1)
                    levels[at] = replace(levels[at], start=value)
                    self._restarting.add((number_id, at))
            self._levels[number_id] = abstract_id, levels
        return self._levels[number_id]

    def _abstract_of(self, number_id: str) -> str:
        """Return the id of the template behind a list, through numbering styles if need be."""
        abstract_id = ""
        for _ in range(_MOST_STEPS):
            named = child(self._numbers.get(number_id), "abstractNumId")
            abstract_id = (attribute(named, "val") if named is not None else None) or ""
            link = child(self._abstract.get(abstract_id), "numStyleLink")
            linked = self._styles.numbering_of_style(
                attribute(link, "val") if link is not None else None
            )
            if linked is None or linked not in self._numbers:
                break
            number_id = linked
        return abstract_id


def _read_levels(abstract: etree._Element | None) -> dict[int, _Level]:
    return {
        whole_number(attribute(level, "ilvl"), 0): _read_level(level)
        for level in (abstract if abstract is not None else ())
        if local_name(level) == "lvl"
    }


def _read_level(level: etree._Element) -> _Level:
    def value(name: str) -> str | None:
        found = child(level, name)
        return attribute(found, "val") if found is not None else None

    restart = value("lvlRestart")
    return _Level(
        start=whole_number(value("start"), 1),
        format=value("numFmt") or "decimal",
        pattern=value("lvlText") or "",
        restart=None if restart is None else whole_number(restart, 0),
        is_legal=child(level, "isLgl") is not None,
        style=value("pStyle"),
    )


def _shown(level: int, counts: dict[int, int], levels: dict[int, _Level]) -> str:
    own = levels[level]
    if own.format == "bullet":
        return BULLET
    if own.format == "none" and "%" not in own.pattern:
        return own.pattern.strip()
    marker = own.pattern
    for at in range(_LEVELS):
        if f"%{at + 1}" in marker and at <= level:
            form = levels[at].format if at in levels else "decimal"
            written = written_number(counts.get(at, 1), "decimal" if own.is_legal else form)
            marker = marker.replace(f"%{at + 1}", written)
    return " ".join(marker.split())
