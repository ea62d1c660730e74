"""The scores of the stages become one that means the same for every question."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
"""Shape (candidates,)."""

FEEDBACK = 0.75
"""What likeness to the best candidates counts for, beside 1 for likeness to the question."""

_FEEDBACK_FROM = 2
_BM25_K1 = 1.2


@dataclass(frozen=True, slots=True)
class Weights:
    """What each stage counts for; together 1."""

    dense: float
    lexical: float
    late: float
    sentence: float


# Fitted by benchmarks/fit_retrieval.py, which prints what they do.
WEIGHTS = Weights(dense=0.2, lexical=0.25, late=0.35, sentence=0.2)
"""For a language that the model was made for."""

FOREIGN = Weights(dense=0.0, lexical=0.75, late=0.15, sentence=0.1)
"""For any other: a model that does not know a language still knows names and numbers in it."""


def weights_for(*, is_foreign: bool, has_tokens: bool) -> Weights:
    """Return the weights for a question; without tokens the others share what is left."""
    weights = FOREIGN if is_foreign else WEIGHTS
    if has_tokens:
        return weights
    rest = weights.dense + weights.lexical
    return Weights(weights.dense / rest, weights.lexical / rest, 0.0, 0.0)


def lexical_shares(bm25: Scores, weights: Mapping[str, float]) -> Scores:
    """Return ``bm25`` as shares, in [0, 1], of the most that a question can score.

    A term repeated without end in an endlessly short chunk would score
    ``(k1 + 1) * idf``. Dividing by the sum of these, and not by the best score
    found, keeps an off-topic question's scores low.
    """
    attainable = np.float32((_BM25_K1 + 1) * sum(weights.values()))
    if attainable <= 0:
        return np.zeros_like(bm25)
    shares: Scores = np.divide(np.minimum(bm25, attainable), attainable, dtype=np.float32)
    return shares


def fuse(
    dense: Scores, lexical: Scores, late: Scores, sentence: Scores, weights: Weights
) -> Scores:
    """Return convex combinations, in [0, 1], of cosines, lexical shares and late interaction.

    The last is that of whole chunks, and of the sentence of each that comes nearest.

    Source: Bruch, Gai and Ingber, An Analysis of Fusion Functions for Hybrid
    Retrieval (2023): a convex combination of scores with fixed bounds beats
    reciprocal rank fusion.
    """
    fused: Scores = (
        np.float32(weights.dense) * np.clip(dense, 0, 1)
        + np.float32(weights.lexical) * lexical
        + np.float32(weights.late) * late
        + np.float32(weights.sentence) * sentence
    )
    # Rounded, the weights may add up to a little more than 1.
    return np.minimum(fused, np.float32(1))


def feedback(fused: Scores, vectors: NDArray[np.float32]) -> Scores:
    """Return how like each candidate is to the best ones, in [0, 1].

    The mean over the two best of their own score times the cosine: where nothing fits
    the question, likeness to the least bad is worth little.

    Source: Rocchio, Relevance Feedback in Information Retrieval (1971), without the
    user: the best candidates are taken for relevant.

    Args:
        fused: What `fuse` returned.
        vectors: Those of the candidates, shape (candidates, dim).
    """
    best = np.argsort(-fused, kind="stable")[:_FEEDBACK_FROM]
    # Not a matrix product, whose sums depend on how many rows there are and on their places.
    cosines = (vectors[:, np.newaxis] * vectors[best]).sum(axis=2)
    found: Scores = (np.clip(cosines, 0, 1) * fused[best]).sum(axis=1) / np.float32(len(best))
    return found


def with_feedback(fused: Scores, likeness: Scores) -> Scores:
    """Return what `fuse` and `feedback` gave as one score, in [0, 1]."""
    share = np.float32(FEEDBACK / (1 + FEEDBACK))
    combined: Scores = np.minimum((1 - share) * fused + share * likeness, np.float32(1))
    return combined
