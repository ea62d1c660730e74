"""Cuts what a model writes into sentences, as soon as each is whole."""

import re

LONGEST = 2_000
"""Code points after which a sentence is cut, ended or not."""

_THINKING, _THOUGHT = "<think>", "</think>"
_ABBREVIATIONS = frozenset(
    str.split(
        "mr mrs ms dr prof rev hon sr jr st gen col sgt sen rep gov e.g i.e eg ie cf al vs etc "
        "no nos fig figs eq sec ch vol ed eds pp p approx ca c dept est inc ltd co corp jan feb "
        "mar apr jun jul aug sep sept oct nov dec u.s u.k e.u u.n"
    )
)
# The end of a sentence: its mark, what closes it, the keys it cites; then a space, and what
# comes next, which is seen before the end is believed.
_END = re.compile(
    r"[.!?…][\"'”’*_]*(?:\s?[\[【][^\[\]【】\n]{0,80}[\]】][.,;]?)*[\"'”’*_]*"
    r"(?=[^\S\n]+[^\s\[【])"
    r"|[。！？][”’」』]*(?:[\[【][^\[\]【】\n]{0,80}[\]】])*(?=[^\s\[【”’」』])"  # noqa: RUF001
)
_WORD_BEFORE = re.compile(r"([^\W\d_](?:[\w.]*\w)?)$")
_FENCE = re.compile(r"^\s*(?:```|~~~).*$")
_RULE = re.compile(r"^[\s*_#>|=-]*$")


class SentenceSplitter:
    """Takes the pieces of a text as they come, and gives its sentences.

    However the text is cut into pieces, the sentences are the same. A line's end is a
    sentence's end; the lines of fences are left out, and so is what a model thinks first.
    """

    def __init__(self) -> None:
        self._held = ""
        self._is_thinking: bool | None = None

    def feed(self, piece: str) -> list[str]:
        """Return the sentences that are whole now."""
        self._held += piece
        if not self._has_thought():
            return []
        found: list[str] = []
        while (end := _end_in(self._held)) is not None:
            found.append(self._held[:end])
            self._held = self._held[end:]
        return [line for line in map(_line, found) if line]

    def finish(self) -> list[str]:
        """Return what is left, its last sentence included; nothing more is fed."""
        # Nothing can follow any more, so that what was waited for is settled.
        found = self.feed("\n")
        self._held = ""
        return found

    def _has_thought(self) -> bool:
        """Say whether the answer itself has begun; what comes before it is dropped."""
        if self._is_thinking is None:
            begun = self._held.lstrip()
            if len(begun) < len(_THINKING) and _THINKING.startswith(begun):
                return False
            self._is_thinking = begun.startswith(_THINKING)
        if self._is_thinking:
            _, mark, rest = self._held.partition(_THOUGHT)
            self._held = rest if mark else self._held[-len(_THOUGHT) :]
            self._is_thinking = not mark
        return not self._is_thinking


def _end_in(text: str) -> int | None:
    """Return where the first sentence of ``text`` ends, if that is settled."""
    line, newline, _ = text[: LONGEST + 1].partition("\n")
    for match in _END.finditer(line[:LONGEST]):
        if not _is_inside(line, match.start(), match.end()):
            return match.end()
    if newline and len(line) <= LONGEST:
        return len(line) + 1
    return LONGEST if len(text) > LONGEST else None


def _is_inside(line: str, mark: int, end: int) -> bool:
    """Say whether the full stop at ``mark`` ends no sentence: an abbreviation, an initial."""
    if line[mark] != ".":
        return False
    if line[end:].lstrip()[:1].islower():
        return True
    before = _WORD_BEFORE.search(line[:mark])
    if before is None:
        # "1. The first": the number of an item.
        return line[:mark].strip().isdigit()
    word = before.group(1).lower()
    return len(word) == 1 or word in _ABBREVIATIONS


def _line(sentence: str) -> str:
    """Return a sentence without the space around it; nothing if it is a fence or a rule."""
    if _FENCE.match(sentence) or _RULE.match(sentence):
        return ""
    return " ".join(sentence.split())
