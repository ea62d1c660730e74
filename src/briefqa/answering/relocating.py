"""Finds where the words of a quote stand once the text that it was taken from has changed.

This is the one place where text is searched for. Everywhere else offsets are
carried from the first cut, for a sentence that stands in a text twice would be
cited at the wrong place. Here the text that they count in is gone, and the words
are all that is left to go by. What is found is claimed anew: that these words
stand there now, not that this is where the old ones went.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from briefqa.datatypes import Span

_WORD = re.compile(r"\S+")


def folded(text: str) -> str:
    """Return ``text`` with each run of white space as one space, and none at its ends."""
    return " ".join(text.split())


class FoldedText:
    """A text to find quotes in whatever the white space between their words.

    Takes time in proportion to the text, whatever the quote.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = text.split()

    def may_hold(self, quote: str) -> bool:
        """Tell whether every word of ``quote`` but the outer two is one of the text's.

        Cheaper than to look for the quote, which stands nowhere in the text otherwise.
        """
        return self._held.issuperset(quote.split()[1:-1])

    def nearest(self, quote: str, offset: int) -> Span | None:
        """Return where the words of ``quote`` start nearest to ``offset``; the earlier of two.

        Words are matched whole: the quote does not stand where its first or last
        word is part of a longer one.

        Args:
            quote: What to find; none is found of white space alone.
            offset: In code points of the text; may lie outside it.
        """
        words = folded(quote)
        if not words or words not in self._folded:
            return None
        at = self._into_folded(offset)
        places = (self._first_before(words, at), self._first_from(words, at))
        found = [self._back(place, len(words)) for place in places if place is not None]
        return min(found, key=lambda span: (abs(span.start - offset), span.start), default=None)

    @cached_property
    def _held(self) -> frozenset[str]:
        return frozenset(self._words)

    @cached_property
    def _folded(self) -> str:
        return " ".join(self._words)

    @cached_property
    def _starts(self) -> Sequence[int]:
        """Where each word starts in the text."""
        return [match.start() for match in _WORD.finditer(self._text)]

    @cached_property
    def _folded_starts(self) -> Sequence[int]:
        """Where each word starts in the folded text."""
        return list(accumulate((len(word) + 1 for word in self._words), initial=0))[:-1]

    def _first_from(self, words: str, at: int) -> int | None:
        while (at := self._folded.find(words, at)) >= 0:
            if self._is_whole(at, len(words)):
                return at
            at += 1
        return None

    def _first_before(self, words: str, at: int) -> int | None:
        while at > 0 and (at := self._folded.rfind(words, 0, at - 1 + len(words))) >= 0:
            if self._is_whole(at, len(words)):
                return at
        return None

    def _is_whole(self, at: int, size: int) -> bool:
        return not (_is_inside_word(self._folded, at) or _is_inside_word(self._folded, at + size))

    def _into_folded(self, offset: int) -> int:
        word = bisect_right(self._starts, offset) - 1
        if word < 0:
            return 0
        return self._folded_starts[word] + min(offset - self._starts[word], len(self._words[word]))

    def _back(self, at: int, size: int) -> Span:
        # Neither end is a space: only words are looked for.
        return Span(self._offset(at), self._offset(at + size - 1) + 1)

    def _offset(self, at: int) -> int:
        word = bisect_right(self._folded_starts, at) - 1
        return self._starts[word] + at - self._folded_starts[word]


def _is_inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and _binds(text[at - 1]) and _binds(text[at])


def _binds(character: str) -> bool:
    # Letters without case are those of scripts that are written without spaces, and some more.
    return character.isdecimal() or character.lower() != character.upper()
