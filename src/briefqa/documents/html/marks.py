"""The words of a line on the way, and the small things among them: notes, raised figures."""

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

_NOTE = re.compile(
    r"\[?\s*(?:(?:footnote|note|n|nb|fn)?\.?\s*[0-9]{1,4}|[a-z]{1,3}|[*†‡§¶]{1,3})\s*\]?",
    re.IGNORECASE,
)
_NOTE_IN_BRACKETS = re.compile(r"\[(?:(?:footnote|note|nb)\s*)?[0-9]{1,4}\]", re.IGNORECASE)
_WAY_BACK = re.compile(r"[\s↩↑⤴^\ufe0e\ufe0f]+")
_RAISED = str.maketrans("0123456789+-\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_FIGURES = re.compile("[+\N{MINUS SIGN}-]?[0-9]{1,4}")
_DISPLAY_STYLE = re.compile(r"\{\\(?:display|text)style (.*)\}", re.DOTALL)
_ORDINAL = re.compile(r"st|nd|rd|th|er|re|e|o|a|ème|tm|sm|mc", re.IGNORECASE)
_LONGEST_POWER = 12
_LONGEST_MARK = 16
_LONGEST_FORMULA = 2_000


@dataclass(slots=True)
class _Mark:
    """An element within a line whose words may not be text, or not as they stand."""

    tag: str
    start: int
    links: int
    is_note: bool


class Line:
    """The words of a block that is not complete yet."""

    def __init__(self) -> None:
        self.length = 0
        self._words: list[str] = []
        self._breaks = 0
        self._mark: _Mark | None = None
        self._fragment_links = 0

    def add(self, text: str) -> None:
        """Append text as it stands in the source."""
        self._words.append(text)
        self.length += len(text)
        if self._breaks and not text.isspace():
            self._breaks = 0

    def add_break(self) -> int:
        """Append a line break; return how many there have been since the last word."""
        self._breaks += 1
        self._words.append("\n")
        return self._breaks

    def end_line(self) -> None:
        """Append a line break unless there is one."""
        if self._words and not self._words[-1].endswith("\n"):
            self._words.append("\n")

    def taken(self) -> str:
        """Return all words so far, and forget them."""
        text = "".join(self._words)
        self._words.clear()
        self.length = self._breaks = 0
        self._mark = None
        return text

    def open_sup(self) -> None:
        """Enter raised text."""
        if self._mark is not None:
            self._mark.is_note = True
        self._open("sup", is_note=False)

    def open_link(self, element: LexborNode) -> None:
        """Enter a link; one into a page may be the mark of a note."""
        attributes = element.attributes
        if "#" in (attributes.get("href") or ""):
            self._fragment_links += 1
            kinds = f"{attributes.get('role')} {attributes.get('epub:type')}"
            self._open("a", is_note="noteref" in kinds)

    def _open(self, tag: str, *, is_note: bool) -> None:
        if self._mark is None:
            self._mark = _Mark(tag, len(self._words), self._fragment_links, is_note)

    def close(self, tag: str) -> None:
        """Leave raised text or a link: take out the mark of a note, and raise what is raised."""
        mark = self._mark
        if mark is None or mark.tag != tag:
            return
        self._mark = None
        written = "".join(self._words[mark.start :]).strip()
        is_linked = self._fragment_links > mark.links
        is_note = is_note_mark(written, is_certain=mark.is_note or is_linked)
        if (tag == "a" and (is_note or is_way_back(written))) or (is_linked and is_note):
            del self._words[mark.start :]
        elif tag == "sup":
            before = self._words[mark.start - 1] if mark.start else ""
            self._words[mark.start :] = [as_raised(written, before)]


def is_note_mark(text: str, *, is_certain: bool) -> bool:
    """Say whether ``text``, which links to some place, is nothing but the mark of a note."""
    if len(text) > _LONGEST_MARK:
        return False
    return (_NOTE if is_certain else _NOTE_IN_BRACKETS).fullmatch(text) is not None


def is_way_back(text: str) -> bool:
    """Say whether ``text`` only points from a note back to its mark."""
    return 0 < len(text) <= _LONGEST_MARK and _WAY_BACK.fullmatch(text) is not None


def as_raised(text: str, before: str) -> str:
    """Return a raised ``text`` so that it does not run into the word ``before`` it: 10⁶, 2^n."""
    if _FIGURES.fullmatch(text):
        return text.translate(_RAISED)
    if not (before[-1:].isalnum() or before.endswith(")")) or _ORDINAL.fullmatch(text):
        return text
    if len(text) > _LONGEST_POWER or not text[:1].isalnum():
        return text
    return f"^{text}" if text.isalnum() else f"^({text})"


def formula(element: LexborNode) -> str | None:
    """Return the text that a formula itself offers in place of its parts."""
    written = (element.attributes.get("alttext") or "").strip()
    if not written or len(written) > _LONGEST_FORMULA:
        return None
    found = _DISPLAY_STYLE.fullmatch(written)
    return found[1].strip() if found else written
