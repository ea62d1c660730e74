"""The text of a chat message: sentences with ``[n]``, then the sources in Markdown.

Many frontends render Markdown and nothing else, so what makes up an answer is all there.
Documents do not get to add to it: an image or HTML in a quote is shown as it is written.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from briefqa.datatypes import Answer, AnswerSentence, Citation, Passage, Place
from briefqa.wire import WireObject, href_to

SOURCES: Final = "Sources:"
"""Stands above the sources, which are taken off an answer that comes back as history."""

_MOST_QUOTED = 300
# What precedes may have made it harmless already, or be about to undo our own escape.
_IMAGE_OR_TAG = re.compile(r"(?<!\\)((?:\\\\)*)(!(?=\[)|<(?=[A-Za-z/!?]))")
_LINK_SYNTAX = re.compile(r"([\\`*\[\]<])")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a message cites: ``[number]`` stands from start to end, in code points."""

    number: int
    start: int
    end: int


class MessageText:
    """Puts a message together, piece by piece.

    Streamed and whole messages are made by it alike. Links begin with ``base_url``, such
    as ``http://127.0.0.1:8321``.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._said: list[AnswerSentence] = []
        self._pieces: list[str] = []
        self._length = 0
        self._marks: list[Mark] = []

    def __str__(self) -> str:
        return "".join(self._pieces)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Each place where a sentence cites, in order."""
        return tuple(self._marks)

    def add_sentence(self, sentence: AnswerSentence) -> str:
        """Add a sentence, and return the piece of text that this is."""
        piece = " " if self._said else ""
        piece += without_images_and_tags(sentence.text)
        piece += f" ({sentence.dated})" if sentence.dated else ""
        piece += " " if sentence.citations else ""
        for number in sentence.citations:
            start = self._length + len(piece)
            piece += f"[{number}]"
            self._marks.append(Mark(number, start, self._length + len(piece)))
        self._said.append(sentence)
        return self._add(piece)

    def add_rest(self, answer: Answer, *, with_sources: bool = True) -> str:
        """Add what follows the sentences said so far, and return the piece of text that this is.

        Args:
            answer: The answer as a whole.
            with_sources: Whether to list the sources.
        """
        before = len(self._pieces)
        for sentence in answer.sentences[len(self._said) :]:
            self.add_sentence(sentence)
        if not answer.answered:
            self._add(_declined(answer, self._base_url))
        if answer.fault is not None:
            self._add(f"\n\n(The language model failed: {answer.fault.detail})")
        if with_sources and answer.citations:
            self._add(f"\n\n{SOURCES}\n\n{_listed_sources(answer.citations, self._base_url)}")
        return "".join(self._pieces[before:])

    def _add(self, piece: str) -> str:
        self._pieces.append(piece)
        self._length += len(piece)
        return piece


def without_images_and_tags(text: str) -> str:
    """Return ``text`` such that Markdown loads no image of it and sees no HTML in it."""
    return _IMAGE_OR_TAG.sub(r"\1\\\2", text)


def url_of(found: Citation | Passage, base_url: str) -> str:
    """Return where a citation or a passage can be opened."""
    return base_url + href_to(found.document, found.span)


def url_citation(answer: Answer, mark: Mark, base_url: str) -> WireObject:
    """Return what the mark at some place of a message stands for."""
    cited = next(each for each in answer.citations if each.number == mark.number)
    return {
        "url": url_of(cited, base_url),
        "title": cited.document.title,
        "start_index": mark.start,
        "end_index": mark.end,
    }


def place_name(place: Place) -> str:
    """Return where in its source something stands, such as "page 3"; empty if unknown."""
    return "" if place.number is None else f"{place.unit.value} {place.number}"


def _listed_sources(citations: Sequence[Citation], base_url: str) -> str:
    return "\n".join(
        f"- [{each.number}] {_linked(each, base_url)}: “{_shown(each.quote)}”" for each in citations
    )


def _declined(answer: Answer, base_url: str) -> str:
    text = f"The documents do not answer this. {answer.reason or ''}".strip()
    nearest = "\n".join(
        f"{each.hit.rank}. {_linked(each, base_url)}: “{_shown(each.text)}”"
        for each in answer.passages
    )
    return f"{text}\n\nNearest passages:\n\n{nearest}" if nearest else text


def _linked(found: Citation | Passage, base_url: str) -> str:
    title = _LINK_SYNTAX.sub(r"\\\1", " ".join(found.document.title.split()))
    details = (found.document.metadata.published or "", place_name(found.place))
    return ", ".join(filter(None, (f"[{title}]({url_of(found, base_url)})", *details)))


def _shown(quote: str) -> str:
    text = " ".join(quote.split())
    if len(text) > _MOST_QUOTED:
        text = text[: _MOST_QUOTED - 1].rstrip() + "…"
    return without_images_and_tags(text)
