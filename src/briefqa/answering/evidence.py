"""What speaks for the documents answering a question, and what against it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from briefqa.answering.contrary import is_denial, is_opposed, may_deny
from briefqa.answering.extracting import Kind, ScoredSentence, read_question
from briefqa.answering.naming import asked_words, lacked
from briefqa.datatypes import Chunk, Hit, Span
from briefqa.protocols import LexicalIndex
from briefqa.retrieval import held_terms, idf

EVIDENCE_VERSION = 2
"""Another whenever a number of `Evidence` means something else than before."""

# Asked for one of these, a sentence without one cannot be the answer. Of the other kinds that
# cannot be told so surely: on the development sets it cost more than it gained.
_TELLING = {Kind.NUMBER, Kind.AMOUNT, Kind.DATE}
# When things *do* happen may be no date: when the pastry is blind baked.
_OF_HABIT = re.compile(r"\bwhen (?:do|does|is|are)\b", re.IGNORECASE)

_BEFORE = 2
"""Sentences before one that may name what it only calls *it*."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence that the documents answer; each in [0, 1], none relative to other questions.

    The first two speak for it. ``closeness`` is the best cosine of any passage, and
    ``likeness`` how close the best sentence comes that may hold what is asked for: a date for
    *when*, a number for *how many*.

    The others speak against it. ``missing`` is how rare the rarest name or number of the
    question is that the best sentence lacks, and that neither its title nor what stands before
    it supplies. ``opposed`` is 1 where that sentence has the opposite of a word of the
    question, and ``undenied`` where the question denies something and the sentence does not.
    """

    closeness: float
    likeness: float
    missing: float
    opposed: float
    undenied: float


FEATURES = tuple(each.name for each in fields(Evidence))
"""Names of the numbers, in order."""


def gather_evidence(
    question: str,
    hits: Sequence[Hit],
    ranked: Sequence[ScoredSentence],
    weights: Mapping[str, float],
    words: LexicalIndex,
) -> Evidence:
    """Measure what ``hits`` hold for a question.

    Args:
        question: What is asked.
        hits: The best passages.
        ranked: Their sentences, the best first.
        weights: Of the question's terms, without those that only frame it.
        words: Those of the index.
    """
    tells = read_question(question).kind in _TELLING and not _OF_HABIT.search(question)
    fitting = [each for each in ranked if not tells or each.fits != 0]
    best = ranked[0] if ranked else None
    return Evidence(
        closeness=min(1.0, max(0.0, *(hit.scores["dense"] for hit in hits), 0.0)),
        likeness=max((each.closeness for each in fitting), default=0.0),
        missing=_missing(question, best, weights, words) if best else 0.0,
        opposed=float(best is not None and is_opposed(question, best.text)),
        undenied=float(best is not None and is_denial(question) and not may_deny(best.text)),
    )


def _missing(
    question: str, best: ScoredSentence, weights: Mapping[str, float], words: LexicalIndex
) -> float:
    held = held_terms(_in_context(best.hit.chunk, best.span), words)
    named = [word for word in asked_words(question, weights, words) if word.is_named]
    rarest = max((word.weight for word in lacked(named, held)), default=0.0)
    return min(1.0, rarest / idf(0, len(words)))


def _in_context(chunk: Chunk, span: Span) -> str:
    """Return title and headings of ``chunk``, the sentence at ``span`` and those before it."""
    prefix = chunk.embedded_text[: chunk.text_start]
    before = [each.start for each in chunk.sentences if each.start <= span.start]
    start = before[-1 - _BEFORE :][0] if before else span.start
    return prefix + "\n" + chunk.text[start - chunk.span.start : span.end - chunk.span.start]
