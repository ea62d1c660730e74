"""What the styles of an OpenDocument text say: titles, hidden text, the markers of lists."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from briefqa.documents.list_markers import BULLET, written_number
from briefqa.documents.xml import attribute, child, local_name, whole_number

_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_MOST_STEPS = 20
_LEVELS = 10


@dataclass(frozen=True, slots=True)
class LevelStyle:
    """How the numbers of one level are written; ``form`` is None for bullets, "" for nothing."""

    form: str | None
    prefix: str = ""
    suffix: str = ""
    start: int = 1
    shown_levels: int = 1


_BULLETS = LevelStyle(None)


@dataclass(slots=True)
class Counter:
    """How far the numbers of one list have come, by level from 1."""

    levels: dict[int, LevelStyle]
    counts: dict[int, int] = field(default_factory=dict)

    def next_marker(self, level: int, *, start: int | None = None) -> str:
        """Count one more at ``level`` and return its marker, "" if it shows none."""
        style = self.levels.get(level, _BULLETS)
        if start is not None:
            self.counts[level] = start
        else:
            self.counts[level] = self.counts.get(level, style.start - 1) + 1
        for below in [at for at in self.counts if at > level]:
            del self.counts[below]
        if style.form is None:
            return BULLET
        if not style.form:
            return ""
        numbers = [
            written_number(self.counts.setdefault(at, shown.start), _FORMS.get(shown.form, ""))
            for at in range(max(level - style.shown_levels + 1, 1), level + 1)
            if (shown := self.levels.get(at, _BULLETS)).form
        ]
        return " ".join(f"{style.prefix}{'.'.join(numbers)}{style.suffix}".split())


class OdtStyles:
    """The styles of a document, those of its own and those that programs make on the way."""

    def __init__(self, *roots: etree._Element | None) -> None:
        self._styles: dict[tuple[str, str], etree._Element] = {}
        self._lists: dict[str, dict[int, LevelStyle]] = {}
        self.outline: dict[int, LevelStyle] = {}
        for root in roots:
            for group in root if root is not None else ():
                if local_name(group) in {"styles", "automatic-styles"}:
                    self._add(group)

    def _add(self, group: etree._Element) -> None:
        for style in group:
            kind, name = local_name(style), attribute(style, "name") or ""
            if kind == "style":
                self._styles[attribute(style, "family") or "", name] = style
            elif kind == "list-style":
                self._lists[name] = _levels(style)
            elif kind == "outline-style":
                self.outline = _levels(style)

    def counter(self, list_style: str | None) -> Counter:
        """Return a new counter for a list of that style."""
        return Counter(self._lists.get(list_style or "", {}))

    def names(self, family: str, style: str | None) -> list[str]:
        """Return the names of a style and those it is based on, in lower case."""
        found = list(self._chain(family, style))
        stated = [attribute(s, "display-name") or attribute(s, "name") for s in found]
        # The last may be based on one that the file does not hold.
        stated.append(attribute(found[-1], "parent-style-name") if found else style)
        return [name.replace("_20_", " ").lower() for name in stated if name]

    def is_hidden(self, family: str, style: str | None) -> bool:
        """Say whether text of that style is hidden."""
        for found in self._chain(family, style):
            properties = child(found, "text-properties")
            display = attribute(properties, "display") if properties is not None else None
            if display is not None:
                return display == "none"
        return False

    def list_style(self, style: str | None) -> str | None:
        """Return the list style that a paragraph style brings along, "" if it wants none."""
        named = (attribute(found, "list-style-name") for found in self._chain("paragraph", style))
        return next((name for name in named if name is not None), None)

    def _chain(self, family: str, style: str | None) -> Iterator[etree._Element]:
        for _ in range(_MOST_STEPS):
            found = self._styles.get((family, style or ""))
            if found is None:
                return
            yield found
            style = attribute(found, "parent-style-name")


def _levels(style: etree._Element) -> dict[int, LevelStyle]:
    return {
        min(whole_number(attribute(level, "level"), 1), _LEVELS): _level(level) for level in style
    }


def _level(level: etree._Element) -> LevelStyle:
    if local_name(level) in {"list-level-style-bullet", "list-level-style-image"}:
        return _BULLETS
    return LevelStyle(
        form=attribute(level, "num-format") or "",
        prefix=attribute(level, "num-prefix") or "",
        suffix=attribute(level, "num-suffix") or "",
        start=whole_number(attribute(level, "start-value"), 1),
        shown_levels=whole_number(attribute(level, "display-levels"), 1),
    )
