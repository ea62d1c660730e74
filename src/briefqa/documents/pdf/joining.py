"""Lines become text again: what a line end cut in two is put together."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from briefqa.documents.pdf.cleaning import is_cjk

BROKEN = "\x02"
"""Stands in unfinished text for a hyphen at a line end that may be part of the word."""

_HYPHENS = "-\xad\u2010"
_WORD = re.compile(r"\w+(?:[-\u2010]\w+)*")
_LAST_WORD = re.compile(r"\w+(?:[-\u2010]\w+)*$")
_ADDRESS = re.compile(r"(?:://|www\.|@)\S*$")
_LONGEST_WORD = 100
# What these begin keeps its hyphen, whatever it is.
_PREFIXES = {"self", "quasi"}
_SENTENCE_END = re.compile(
    r"[.!?:;…。！？：；؟۔][\"'”’»)\]」』）]*(?:\s?\d{1,3})?$"  # noqa: RUF001 - these marks are meant
)


def ends_sentence(text: str) -> bool:
    """Say whether ``text`` ends as a sentence does, a footnote's number after it or not."""
    return _SENTENCE_END.search(text[-20:]) is not None


def join(text: str, following: str) -> str:
    """Return ``text`` and the line ``following`` it as one, unfinished where it is unclear."""
    if not text or not following:
        return text + following
    last, first = text[-1], following[0]
    before = text[-2] if len(text) > 1 else " "
    if last in _HYPHENS and before.isalnum() and first.isalnum():
        if first.isupper() or first.isdigit() or _ADDRESS.search(text[-_LONGEST_WORD:]):
            return text + following
        return text[:-1] + BROKEN + following
    runs_on = last in "—/" or (last == "–" and first.isdigit())
    if runs_on and not before.isspace() and first.isalnum():
        return text + following
    if is_cjk(last) and is_cjk(first):
        return text + following
    return f"{text} {following}"


@dataclass(frozen=True, slots=True)
class Mended:
    """Finished text, and where hyphens of the unfinished text fell away."""

    text: str
    dropped: tuple[int, ...] = ()

    def moved(self, offset: int) -> int:
        """Return where ``offset`` of the unfinished text has moved to."""
        return offset - bisect_left(self.dropped, offset)


class Mender:
    """Decides about hyphens at line ends by how the same document writes the word elsewhere.

    A hyphen stays after a capital or a digit (``AI-based``), in a word that has
    another, and where the word is written with it more often than without.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        wanted: set[str] = set()
        for text in texts:
            for at in _breaks(text):
                left, right = _halves(text, at)
                wanted |= {left + right, f"{left}-{right}"}
        self._seen: Counter[str] = Counter()
        for text in texts if wanted else ():
            self._seen.update(
                word
                for found in _WORD.finditer(text.lower())
                if (word := found[0].replace("\u2010", "-")) in wanted
            )

    def mend(self, text: str) -> Mended:
        """Return ``text`` with every hyphen decided on."""
        breaks = _breaks(text)
        if not breaks:
            return Mended(text)
        dropped = tuple(at for at in breaks if not self._keeps(text, at))
        kept = set(breaks) - set(dropped)
        parts = (
            "-" if at in kept else "" if character == BROKEN else character
            for at, character in enumerate(text)
        )
        return Mended("".join(parts), dropped)

    def _keeps(self, text: str, at: int) -> bool:
        if not text[at - 1].isalpha() or text[at - 1].isupper():
            return True
        left, right = _halves(text, at)
        if "-" in left or left in _PREFIXES:
            return True
        return self._seen[f"{left}-{right}"] > self._seen[left + right]


def _breaks(text: str) -> list[int]:
    return [found.start() for found in re.finditer(BROKEN, text)]


def _halves(text: str, at: int) -> tuple[str, str]:
    """Return the parts of the word around the hyphen at ``at``, in small letters."""
    left = _LAST_WORD.search(text[max(0, at - _LONGEST_WORD) : at])
    right = _WORD.match(text, at + 1)
    return (
        left[0].lower().replace("\u2010", "-") if left else "",
        right[0].lower().replace("\u2010", "-") if right else "",
    )
