"""Which words of the passages bear out a sentence, and how far they do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from briefqa.answering.extracting.leaning import leans
from briefqa.answering.generating.clauses import two_clauses
from briefqa.answering.generating.relations import unsaid_relation
from briefqa.answering.generating.ties import loose_words
from briefqa.answering.grounding import Claim, ClaimKind, Judgement, judge_sentence
from briefqa.answering.grounding.claims import judgement_of
from briefqa.answering.grounding.words import tokens_of
from briefqa.datatypes import Chunk, Hit, Span, Verdict

_MOST_SENTENCES = 3
"""Of a passage that a quote may run over."""

_JUDGED = 6
"""Stretches of a group of passages that are judged, those that share most with the sentence."""

_PAIRED = 3
_LEAST_SHARED = 0.3
_COULD_SUPPORT = 0.6
"""Share of a sentence's words below which a stretch cannot bear it out."""

_JUDGED_IN_ANY_CASE = 2
_LONGEST_QUOTE = 2_000
_ORDER = (Verdict.SUPPORTED, Verdict.PARTLY, Verdict.CONTRADICTED, Verdict.UNSUPPORTED)

Stretch = tuple[Chunk, Span]


@dataclass(frozen=True, slots=True)
class Support:
    """The words that bear on a sentence most, and the judgement by them.

    There are no ``stretches`` where no passage has anything to do with it.
    """

    stretches: tuple[Stretch, ...]
    judgement: Judgement

    @property
    def rank(self) -> int:
        """How good the verdict is; less is better."""
        return _ORDER.index(self.judgement.verdict)


@dataclass(frozen=True, slots=True)
class _Candidate:
    stretch: Stretch
    text: str
    shared: frozenset[str]
    share: float


def find_support(sentence: str, cited: Sequence[Hit], others: Sequence[Hit]) -> Support:
    """Return what bears out ``sentence`` best, in the fewest words.

    What it cites is looked at first. If that does not support it but another passage does, the
    other is given: the citation was wrong and the sentence right. Two stretches are put
    together where the sentence is two in one, and each of them bears out one: all words of
    *Ada Holm keeps the bees* may stand in two places, of which neither says it.

    Args:
        sentence: Without the marks of its citations.
        cited: The passages it cites.
        others: The other passages that the model was given.
    """
    best = Support((), judge_sentence(sentence, []))
    for group in (cited, others):
        found = _best_of(sentence, group)
        if found.rank < best.rank:
            best = found
        if best.judgement.verdict is Verdict.SUPPORTED:
            break
    return best


def nearest_in(sentence: str, hits: Sequence[Hit]) -> tuple[Stretch, ...]:
    """Return the stretch of ``hits`` that shares most with ``sentence``, if any shares a word."""
    candidates = _candidates(sentence, hits)
    return (candidates[0].stretch,) if candidates and candidates[0].share > 0 else ()


def _best_of(sentence: str, hits: Sequence[Hit]) -> Support:
    candidates = [each for each in _candidates(sentence, hits) if each.share >= _LEAST_SHARED]
    candidates = candidates[:_JUDGED]
    judged: list[Support] = []
    for place, each in enumerate(candidates):
        if each.share < _COULD_SUPPORT and place >= _JUDGED_IN_ANY_CASE:
            break
        found = Support((each.stretch,), _judged(sentence, each.text))
        if found.judgement.verdict is Verdict.SUPPORTED:
            return found
        judged.append(found)
    clauses = list(two_clauses(sentence))
    for pair in _pairs(candidates) if clauses else ():
        stretches = tuple(each.stretch for each in pair)
        found = Support(stretches, judge_sentence(sentence, [each.text for each in pair]))
        if found.judgement.verdict is Verdict.SUPPORTED and _is_each_borne_out(clauses, pair):
            return found
    if not judged:
        return Support((), judge_sentence(sentence, []))
    # Of stretches that go against it or beyond it, the one that has most to do with it counts.
    partly = [each for each in judged if each.judgement.verdict is Verdict.PARTLY]
    return partly[0] if partly else judged[0]


def _judged(sentence: str, quote: str) -> Judgement:
    """Judge by the words, and by who is said to do what where all words are held."""
    judgement = judge_sentence(sentence, [quote])
    if judgement.verdict is not Verdict.SUPPORTED:
        return judgement
    unsaid = unsaid_relation(sentence, [quote]) or loose_words(sentence, [quote])
    if unsaid is None:
        return judgement
    claim = Claim(ClaimKind.WORDING, unsaid, None, Verdict.PARTLY)
    return judgement_of((*judgement.claims, claim))


def _pairs(candidates: Sequence[_Candidate]) -> Iterator[tuple[_Candidate, _Candidate]]:
    """Yield pairs of stretches that lie apart and say more together, the best first."""
    for at, one in enumerate(candidates[:_PAIRED]):
        for other in candidates[at + 1 :]:
            # Shares are of the same words, so that counts tell them as well.
            both = len(one.shared | other.shared)
            is_enough = both * max(one.share, 1e-9) >= _COULD_SUPPORT * len(one.shared)
            if both > len(one.shared) and is_enough and not _overlap(one.stretch, other.stretch):
                yield one, other


def _is_each_borne_out(
    clauses: Sequence[tuple[str, str]], pair: tuple[_Candidate, _Candidate]
) -> bool:
    """Say whether one of the pair alone bears out one clause, and the other the other."""
    return any(
        all(
            _judged(clause, each.text).verdict is Verdict.SUPPORTED
            for clause, each in zip(both, in_order, strict=True)
        )
        for both in clauses
        for in_order in (pair, pair[::-1])
    )


def _overlap(one: Stretch, other: Stretch) -> bool:
    (chunk, span), (other_chunk, other_span) = one, other
    is_same = chunk.doc_id == other_chunk.doc_id
    return is_same and span.start < other_span.end and other_span.start < span.end


def _candidates(sentence: str, hits: Sequence[Hit]) -> list[_Candidate]:
    """Return every run of up to three sentences, those that share most with ``sentence`` first.

    A run goes on only with a sentence that leans on the one before, or is an item of its list:
    else what is said of one thing would bear out the same of another. Of runs that share as
    much, the shorter comes first, then the one of the better passage.
    """
    words = _words(sentence)
    found: list[tuple[tuple[float, int, int, int], _Candidate]] = []
    for rank, hit in enumerate(hits):
        chunk = hit.chunk
        spans = chunk.sentences or (chunk.span,)
        held = [_words(_text_in(chunk, span)) & words for span in spans]
        for start in range(len(spans)):
            shared: frozenset[str] = frozenset()
            for end in range(start, min(start + _MOST_SENTENCES, len(spans))):
                if end > start and not _goes_on(chunk, spans[end - 1], spans[end]):
                    break
                gained = held[end] - shared
                shared |= gained
                if end > start and not gained:
                    # A longer quote that says no more of it is none the better.
                    continue
                span = Span(spans[start].start, spans[end].end)
                if len(span) > _LONGEST_QUOTE:
                    break
                share = len(shared) / len(words) if words else 0.0
                candidate = _Candidate((chunk, span), _text_in(chunk, span), shared, share)
                found.append(((-share, end - start, rank, span.start), candidate))
    return [candidate for _, candidate in sorted(found, key=lambda each: each[0])]


def _goes_on(chunk: Chunk, before: Span, after: Span) -> bool:
    """Say whether the sentence ``after`` goes on with what the one ``before`` speaks of."""
    return _text_in(chunk, before).rstrip().endswith(":") or leans(_text_in(chunk, after).lstrip())


@lru_cache(1_024)
def _words(text: str) -> frozenset[str]:
    # The passages are the same for every sentence of an answer.
    return frozenset(token.key for token in tokens_of(text) if token.key)


def _text_in(chunk: Chunk, span: Span) -> str:
    return chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]
