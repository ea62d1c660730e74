"""Says how hits came by their scores and ranks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from briefqa.datatypes import ChunkId, Condition, SearchResult
from briefqa.protocols import Embedder, LexicalIndex, Selection
from briefqa.retrieval.asking import Asked, embed_question
from briefqa.retrieval.fusion import FEEDBACK, Weights, lexical_shares
from briefqa.retrieval.search import MOST_HITS, Ranking, SearchableIndex, rank, without_repeats
from briefqa.retrieval.terms import idf, in_header_words, term_weights

DECIMALS = 6
"""To how many places contributions are given."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word that was looked up for a question, as the index sees it: lower case, stemmed.

    ``weight`` is its inverse document frequency, and ``document_frequency`` how many
    chunks hold it. One that ``is_added`` is not of the question, but what a header
    says for it.
    """

    term: str
    weight: float
    document_frequency: int
    is_added: bool


@dataclass(frozen=True, slots=True)
class StageScore:
    """What a stage gave a candidate, and what that came to.

    ``value`` is what the stage gave; ``rank`` is 1 and how many candidates were given
    more. ``counted`` is what counts of it, in [0, 1]: of BM25 the share of the most
    that the question could score. ``contribution`` is ``weight * counted``, rounded
    so that those of all stages add up to the score as it is shown.
    """

    stage: str
    value: float
    rank: int
    counted: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Reranked:
    """The score that a reranker gave a hit, and the rank that the hit had before."""

    score: float
    rank_before: int


@dataclass(frozen=True, slots=True)
class HitExplanation:
    """How one hit came by its score.

    ``score`` is what the ``stages`` add up to, and ``rank`` its place among all
    candidates, with the repeats that are shown under other hits. ``terms`` are those
    that the chunk holds. ``reranked`` is None where no reranker read it.
    """

    score: float
    rank: int
    stages: tuple[StageScore, ...]
    terms: tuple[Term, ...]
    reranked: Reranked | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a question was read, and how each hit came by its score, in their order.

    ``language`` is an ISO 639-1 code, empty if unknown. ``weights`` are what each
    stage counted for, together 1; ``candidates`` says how many chunks were scored.
    """

    language: str
    weights: Mapping[str, float]
    candidates: int
    terms: tuple[Term, ...]
    hits: tuple[HitExplanation, ...]


class ExplainableIndex(SearchableIndex, Protocol):
    """The parts of an opened index that it takes to explain a search."""

    def searched(self, conditions: Sequence[Condition], /) -> Selection | None:
        """Return the chunks that a search under ``conditions`` is held to; None for all."""
        ...


def explain(result: SearchResult, index: ExplainableIndex, embedder: Embedder) -> Explanation:
    """Return how the passages of ``result`` came by their scores and ranks.

    Args:
        result: What was found, reranked or not.
        index: Where it was found.
        embedder: The model that the index was built with.
    """
    asked = embed_question(result.question, embedder, index.words)
    among = index.searched(result.conditions)
    ranking = rank(asked, index, among=among)
    places = {chunk.chunk_id: place for place, chunk in enumerate(ranking.order, 1)}
    former = {hit.chunk.chunk_id: hit.rank for hit in without_repeats(ranking, index, MOST_HITS)}
    stages = stage_scores(asked, index.words, ranking)
    terms = terms_of(asked.text, index.words)
    explained: list[HitExplanation] = []
    for passage in result.passages:
        hit, chunk_id = passage.hit, passage.hit.chunk.chunk_id
        held = set(index.words.terms(hit.chunk.embedded_text))
        explained.append(
            HitExplanation(
                score=ranking.scores[chunk_id]["score"],
                rank=places[chunk_id],
                stages=stages[chunk_id],
                terms=tuple(each for each in terms if each.term in held),
                reranked=Reranked(hit.scores["rerank"], former[chunk_id])
                if "rerank" in hit.scores
                else None,
            )
        )
    return Explanation(
        language=index.words.language(asked.text),
        weights=stage_weights(ranking.weights),
        candidates=len(ranking.order),
        terms=terms,
        hits=tuple(explained),
    )


def terms_of(question: str, words: LexicalIndex) -> tuple[Term, ...]:
    """Return the terms that a search for ``question`` looks up, its own ones first."""
    own = term_weights(question, words)
    looked_up = dict.fromkeys([*own, *words.terms(in_header_words(question))])
    frequencies = {term: words.document_frequency(term) for term in looked_up}
    return tuple(
        Term(term, idf(frequency, len(words)), frequency, is_added=term not in own)
        for term, frequency in frequencies.items()
    )


def stage_weights(weights: Weights) -> dict[str, float]:
    """Return what each stage counts for in the end, by its name; together 1."""
    share = FEEDBACK / (1 + FEEDBACK)
    found = {
        "dense": weights.dense,
        "lexical": weights.lexical,
        "late": weights.late,
        "sentence": weights.sentence,
    }
    if not weights.late:
        # There are no tokens to compare: these stages did not run.
        del found["late"], found["sentence"]
    return {stage: (1 - share) * weight for stage, weight in found.items()} | {"feedback": share}


def stage_scores(
    asked: Asked, words: LexicalIndex, ranking: Ranking
) -> dict[ChunkId, tuple[StageScore, ...]]:
    """Return what every stage gave each candidate, and what that came to."""
    weights = stage_weights(ranking.weights)
    values = {
        stage: np.array([each[stage] for each in ranking.scores.values()], dtype=np.float32)
        for stage in weights
    }
    counted = {
        **values,
        "dense": np.clip(values["dense"], 0, 1),
        "lexical": lexical_shares(values["lexical"], term_weights(asked.text, words)),
    }
    ranks = {stage: 1 + (all_ > all_[:, np.newaxis]).sum(axis=1) for stage, all_ in values.items()}
    found: dict[ChunkId, tuple[StageScore, ...]] = {}
    for at, (chunk_id, scores) in enumerate(ranking.scores.items()):
        parts = [weight * float(counted[stage][at]) for stage, weight in weights.items()]
        found[chunk_id] = tuple(
            StageScore(
                stage=stage,
                value=float(values[stage][at]),
                rank=int(ranks[stage][at]),
                counted=float(counted[stage][at]),
                weight=weight,
                contribution=part,
            )
            for (stage, weight), part in zip(
                weights.items(), apportioned(parts, scores["score"]), strict=True
            )
        )
    return found


def apportioned(parts: Sequence[float], total: float, decimals: int = DECIMALS) -> list[float]:
    """Return ``parts`` rounded so that they add up to their ``total`` as it is rounded.

    Each differs from its part by less than one in the last place, and none that is 0
    changes.

    Source: the method of largest remainders (Hamilton), as seats are given to parties.

    Args:
        parts: None of them negative.
        total: What they add up to, but for the rounding of floats.
        decimals: How many places are kept.
    """
    scale = 10**decimals
    scaled = [part * scale for part in parts]
    units = [math.floor(part) for part in scaled]
    by_remainder = sorted(range(len(parts)), key=lambda at: units[at] - scaled[at])
    for at in by_remainder[: max(0, round(total * scale) - sum(units))]:
        units[at] += 1
    return [unit / scale for unit in units]
