"""Which of the scored sentences are quoted, and in which order."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from briefqa.answering.extracting.asking import Form, Request
from briefqa.answering.extracting.leaning import leans
from briefqa.answering.extracting.scoring import ScoredSentence, text_in
from briefqa.datatypes import Chunk, DocId, Hit, Span
from briefqa.retrieval.repeats import repeated_in, shingles

_MOST_BY_FORM: Mapping[Form, int] = {Form.SEVERAL: 5, Form.LIST: 5}
_MOST = 3
_NEAR_BEST = 0.83
_NEAR_ENOUGH_TO_LIST = 0.75
_NEAR_BEST_ELSEWHERE = 0.7
"""As near to the best must come what another document says, where several are asked for."""
_MOST_BEFORE = 2
"""Sentences quoted before one that leans on them, these leaning on each other."""
_LONGEST_BEFORE = 400
"""Code points that they may have together, if they are more than one."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A span chosen for an answer, and the hit it comes from."""

    hit: Hit
    span: Span


@dataclass(slots=True)
class _Chosen:
    """The quotes so far, and the words that they say."""

    quotes: list[Quote] = field(default_factory=list)
    said: list[frozenset[Hashable]] = field(default_factory=list)

    def add(self, sentence: ScoredSentence) -> None:
        """Add a sentence, with those that it leans on, unless it was said already."""
        words = shingles(sentence.text)
        if repeated_in(words, self.said) is not None or self._is_quoted(sentence):
            return
        before = [span for span in _before(sentence) if not self._has(sentence.hit.chunk, span)]
        start = before[0].start if before else sentence.span.start
        self.quotes.append(Quote(sentence.hit, Span(start, sentence.span.end)))
        self.said += [words, *(shingles(text_in(sentence.hit.chunk, span)) for span in before)]

    def _is_quoted(self, sentence: ScoredSentence) -> bool:
        return self._has(sentence.hit.chunk, sentence.span)

    def _has(self, chunk: Chunk, span: Span) -> bool:
        return any(
            quote.hit.chunk.doc_id == chunk.doc_id
            and quote.span.start < span.end
            and span.start < quote.span.end
            for quote in self.quotes
        )


def choose_quotes(ranked: Sequence[ScoredSentence], request: Request) -> list[Quote]:
    """Choose what to quote, in an order that reads well.

    The best sentence leads; the others follow if they come near it and say
    something else, those of one document together and as they stand there. A
    sentence that leans on the one before is quoted with it.

    There are at most three quotes, and five where several documents are asked for, or a list.

    Args:
        ranked: The sentences of the best hits, best first.
        request: What the question asks for.
    """
    if not ranked:
        return []
    chosen = _Chosen()
    most = _MOST_BY_FORM.get(request.form, _MOST)
    for sentence in _candidates(ranked, request):
        if len(chosen.quotes) == most:
            break
        chosen.add(sentence)
    return _as_read(chosen.quotes)


def _candidates(ranked: Sequence[ScoredSentence], request: Request) -> Iterator[ScoredSentence]:
    """Yield the sentences that come near the best, the best first."""
    best = ranked[0]
    if request.form is Form.SEVERAL:
        # What each document says best, before what any says second best.
        yield from _best_of_each(ranked)
    near = _NEAR_ENOUGH_TO_LIST if request.form is Form.LIST else _NEAR_BEST
    for sentence in ranked:
        if sentence is best or sentence.score >= near * best.score:
            yield sentence


def _best_of_each(ranked: Sequence[ScoredSentence]) -> Iterator[ScoredSentence]:
    seen: set[DocId] = set()
    for sentence in ranked:
        doc_id = sentence.hit.chunk.doc_id
        if doc_id in seen:
            continue
        seen.add(doc_id)
        if sentence.score >= _NEAR_BEST_ELSEWHERE * ranked[0].score:
            yield sentence


def _before(sentence: ScoredSentence) -> list[Span]:
    """Return the sentences that ``sentence`` leans on, in order: one, or a few that are short."""
    if sentence.leans_on is None:
        return []
    spans = sentence.hit.chunk.sentences
    at = spans.index(sentence.leans_on)
    before = [spans[at]]
    while (
        at
        and len(before) < _MOST_BEFORE
        and leans(text_in(sentence.hit.chunk, spans[at]))
        and sentence.span.start - spans[at - 1].start <= _LONGEST_BEFORE
    ):
        at -= 1
        before.insert(0, spans[at])
    return before


def _as_read(quotes: Sequence[Quote]) -> list[Quote]:
    """Order all but the first by document, and within one as they stand there."""
    order = list(dict.fromkeys(quote.hit.chunk.doc_id for quote in quotes))
    rest = sorted(quotes[1:], key=lambda q: (order.index(q.hit.chunk.doc_id), q.span))
    return [*quotes[:1], *rest]
