"""Finds where documents differ on what an answer says, so that it says both."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from briefqa.answering.extracting import Quote, ScoredSentence
from briefqa.answering.grounding.claims import ClaimKind
from briefqa.answering.grounding.differing import Attested, Difference, find_differences
from briefqa.answering.grounding.matters import is_linking
from briefqa.answering.grounding.statements import Statement, read_statement
from briefqa.answering.grounding.words import TokenKind, stem, tokens_of
from briefqa.datatypes import Chunk, ChunkId, Citation, Disagreement, DocId, Document, Span

_SHARED = 0.4
"""Share of the words of the shorter of two sentences without which they need not be read."""
_LONGEST = 600
"""Code points of a sentence that is compared."""
_MOST_SIDES = 3
_GENERIC = frozenset(
    stem(word)
    for word in str.split(
        "summary introduction overview minutes notes note update updated revised revision annual "
        "press release policy draft final version edition new latest background index contents "
        "abstract executive memo memorandum newsletter"
    )
)
"""Words of a title that name no subject."""
_VERBS = frozenset(
    str.split("is are was were be been has have had will would can could may might must should")
)


class SourcedIndex(Protocol):
    """The parts of an opened index that it takes to tell documents apart."""

    def chunks(self, ids: Sequence[ChunkId], /) -> list[Chunk]:
        """Return the chunks of ``ids``, in that order."""
        ...

    def document(self, doc_id: DocId, /) -> Document:
        """Return a document with its canonical text."""
        ...


@dataclass(frozen=True, slots=True)
class Side:
    """What one document says: a span of it to be quoted, and the words in which it differs.

    ``dated`` is the ISO date of the document, None if it states none.
    """

    chunk: Chunk
    span: Span
    said: str
    dated: str | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """What different documents say differently of one matter, the newest side first."""

    about: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A span to be quoted in an answer; ``dated`` if another document differs from it."""

    chunk: Chunk
    span: Span
    dated: str | None = None


def find_disputes(
    quotes: Sequence[Quote], ranked: Sequence[Quote | ScoredSentence], index: SourcedIndex
) -> list[Dispute]:
    """Return where other documents differ from what is quoted.

    What they say is looked for among the sentences ranked, and in the chunks that were not
    shown because they nearly repeat another: a revised document repeats all but a number.

    Args:
        quotes: What the answer is to quote, in order.
        ranked: The sentences of the best hits, best first.
        index: Where they come from.
    """
    parts = [Part(quote.hit.chunk, quote.span) for quote in quotes]
    return _disputes(parts, _other_voices(quotes, ranked, index), index)


def disagreements_among(
    citations: Sequence[Citation], index: SourcedIndex
) -> tuple[Disagreement, ...]:
    """Return where the documents differ that an answer cites, whoever wrote it."""
    chunks = index.chunks([each.chunk_id for each in citations])
    parts = [Part(chunk, each.span) for chunk, each in zip(chunks, citations, strict=True)]
    numbers = {(each.document.doc_id, each.span): each.number for each in citations}
    return tuple(
        Disagreement(
            dispute.about,
            tuple(numbers[side.chunk.doc_id, side.span] for side in dispute.sides),
            tuple(side.said for side in dispute.sides),
        )
        for dispute in _disputes(parts, (), index)
    )


def in_order(quotes: Sequence[Quote], disputes: Sequence[Dispute]) -> list[Part]:
    """Return what to quote: both sides of a dispute together, the newest first, where one stood."""
    found: dict[tuple[DocId, Span], Part] = {}
    for quote in quotes:
        here = [
            Part(side.chunk, side.span, side.dated)
            for dispute in disputes
            if any(_is_at(quote, side) for side in dispute.sides)
            for side in dispute.sides
        ]
        for part in here or [Part(quote.hit.chunk, quote.span)]:
            found.setdefault((part.chunk.doc_id, part.span), part)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Voice:
    """One sentence of a document."""

    chunk: Chunk
    span: Span

    @property
    def text(self) -> str:
        start = self.chunk.span.start
        text = self.chunk.text[self.span.start - start : self.span.end - start]
        return " ".join(text.split())


class _Reading:
    """Reads each sentence and document once, and no sentence that need not be."""

    def __init__(self, index: SourcedIndex) -> None:
        self._index = index
        self._words: dict[_Voice, frozenset[str]] = {}
        self._attested: dict[_Voice, Attested] = {}

    def differences(self, one: _Voice, other: _Voice) -> tuple[Difference, ...]:
        ours, theirs = self._words_of(one), self._words_of(other)
        if len(ours & theirs) < _SHARED * min(len(ours), len(theirs)):
            return ()
        if max(len(one.text), len(other.text)) > _LONGEST:
            return ()
        return find_differences(self.attested(one), self.attested(other))

    def attested(self, voice: _Voice) -> Attested:
        if voice not in self._attested:
            info = self._index.document(voice.chunk.doc_id).info
            subject = frozenset(
                token.key
                for token in tokens_of(info.title)
                if token.is_content and token.kind is TokenKind.WORD and token.key not in _GENERIC
            )
            statement = read_statement(voice.text)
            self._attested[voice] = Attested(statement, info.metadata.published, subject)
        return self._attested[voice]

    def _words_of(self, voice: _Voice) -> frozenset[str]:
        if voice not in self._words:
            self._words[voice] = frozenset(voice.text.casefold().split())
        return self._words[voice]


def _disputes(
    parts: Sequence[Part], candidates: Iterable[_Voice], index: SourcedIndex
) -> list[Dispute]:
    """Return where other parts, or the candidates, differ from what stands in a part."""
    reading = _Reading(index)
    ours = [voice for part in parts for voice in _voices(part.chunk, part.span)]
    others = list(dict.fromkeys([*ours, *candidates]))
    disputes: list[Dispute] = []
    settled: set[_Voice] = set()
    for voice in ours:
        if voice in settled:
            continue
        differing = [
            (other, found)
            for other in others
            if other.chunk.doc_id != voice.chunk.doc_id and other not in settled
            if (found := reading.differences(voice, other))
        ]
        if differing:
            settled |= {voice, *(other for other, _ in differing)}
            disputes.append(_dispute(voice, differing, parts, reading))
    return disputes


def _voices(chunk: Chunk, within: Span) -> Iterator[_Voice]:
    """Yield the sentences of ``chunk`` inside a span."""
    for span in chunk.sentences:
        if within.start <= span.start and span.end <= within.end:
            yield _Voice(chunk, span)


def _other_voices(
    quotes: Sequence[Quote], ranked: Sequence[Quote | ScoredSentence], index: SourcedIndex
) -> Iterator[_Voice]:
    """Yield sentences that may differ from the quotes, the best first."""
    hits = list({each.hit.rank: each.hit for each in (*quotes, *ranked)}.values())
    if len({hit.chunk.doc_id for hit in hits}) > 1:
        yield from (_Voice(each.hit.chunk, each.span) for each in ranked)
    for hit in hits:
        for chunk in index.chunks(hit.duplicates):
            if chunk.doc_id != hit.chunk.doc_id:
                yield from _voices(chunk, chunk.span)


def _dispute(
    voice: _Voice,
    differing: Sequence[tuple[_Voice, tuple[Difference, ...]]],
    parts: Sequence[Part],
    reading: _Reading,
) -> Dispute:
    """Return what ``voice`` and those that differ from it say, one side for each thing said."""
    own = _side(voice, [each.ours for each in differing[0][1]], parts, reading)
    others: dict[str, Side] = {}
    for other, found in differing:
        side = _side(other, [each.theirs for each in found], parts, reading)
        if side.said not in others or _age(side) < _age(others[side.said]):
            others[side.said] = side
    newest = sorted(others.values(), key=_age)[: _MOST_SIDES - 1]
    difference = differing[0][1][0]
    about = _about(reading.attested(voice).statement, difference.our_place, difference.kind)
    return Dispute(about, tuple(sorted([own, *newest], key=_age)))


def _side(voice: _Voice, said: Sequence[str], parts: Sequence[Part], reading: _Reading) -> Side:
    """Return what a document says, with the part that it is said in, if it is in one."""
    span = next((part.span for part in parts if _is_in(voice, part)), voice.span)
    return Side(voice.chunk, span, ", ".join(said), reading.attested(voice).published)


def _is_in(voice: _Voice, part: Part) -> bool:
    is_within = part.span.start <= voice.span.start and voice.span.end <= part.span.end
    return is_within and part.chunk.doc_id == voice.chunk.doc_id


def _age(side: Side) -> tuple[bool, list[int], DocId, Span]:
    """Return what sorts the newest side first, and one without a date last."""
    turned = [-int(part) for part in side.dated.split("-")] if side.dated else []
    return side.dated is None, turned, side.chunk.doc_id, side.span


def _is_at(quote: Quote, side: Side) -> bool:
    return (quote.hit.chunk.doc_id, quote.span) == (side.chunk.doc_id, side.span)


def _about(statement: Statement, place: tuple[int, int], kind: ClaimKind) -> str:
    """Return the words of a statement that name what it is about, without those at ``place``."""
    start, end = place
    opening = _clause_start(statement, start)
    before = _trimmed(statement, opening, start)
    after = _trimmed(statement, end, _clause_end(statement, end))
    if before and kind not in {ClaimKind.NEGATION, ClaimKind.DIRECTION}:
        # What a figure is of stands before the verb.
        verbs = [at for at in range(opening, start) if statement.tokens[at].lower in _VERBS]
        return (_trimmed(statement, opening, verbs[-1]) if verbs else before) or before
    return " … ".join(part for part in (before, after) if part) or statement.text


def _clause_start(statement: Statement, at: int) -> int:
    start = at
    while start and statement.tokens[start - 1].clause == statement.tokens[at - 1].clause:
        start -= 1
    return start


def _clause_end(statement: Statement, at: int) -> int:
    tokens, end = statement.tokens, at
    while end < len(tokens) and tokens[end].clause == tokens[at - 1].clause:
        end += 1
    return end


def _trimmed(statement: Statement, start: int, end: int) -> str:
    """Return the words of tokens [start, end) without what at either end says nothing."""
    while start < end and not statement.tokens[start].is_content:
        start += 1
    while start < end and (
        not statement.tokens[end - 1].is_content or is_linking(statement, end - 1)
    ):
        end -= 1
    return statement.said(start, end) if start < end else ""
