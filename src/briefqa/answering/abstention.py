"""How likely it is that the documents answer a question at all."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from briefqa.answering.sentences import ScoredSentence, coverage
from briefqa.datatypes import Hit
from briefqa.protocols import LexicalIndex


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer being there; each in [0, 1], none relative to other questions.

    ``closeness`` is the best cosine of any passage, ``likeness`` how close the best
    sentence comes, ``coverage`` the share of the question's words, by weight, that a
    single passage holds, and ``match`` the best fused score.
    """

    closeness: float
    likeness: float
    coverage: float
    match: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model of `Evidence`, and the probability below which to decline."""

    weights: tuple[float, float, float, float]
    bias: float
    threshold: float


# Fitted by benchmarks/fit_abstention.py, which prints these numbers and what they do.
CALIBRATION = Calibration(weights=(2.08, 5.98, 0.98, 2.56), bias=-6.87, threshold=0.33)


def gather_evidence(
    hits: Sequence[Hit],
    sentences: Sequence[ScoredSentence],
    weights: Mapping[str, float],
    words: LexicalIndex,
) -> Evidence:
    """Measure what ``hits`` and their ``sentences`` hold for a question of ``weights``."""
    return Evidence(
        closeness=min(1.0, max(0.0, *(hit.scores["dense"] for hit in hits), 0.0)),
        likeness=max((sentence.closeness for sentence in sentences), default=0.0),
        coverage=max((coverage(h.chunk.embedded_text, weights, words) for h in hits), default=0.0),
        # A reranker's scores are of another scale than the fused ones this was fitted on.
        match=max((hit.scores.get("fused", hit.score) for hit in hits), default=0.0),
    )


def confidence(evidence: Evidence, calibration: Calibration = CALIBRATION) -> float:
    """Return the estimated probability, in [0, 1], that the documents answer."""
    terms = zip(calibration.weights, astuple(evidence), strict=True)
    return 1 / (1 + math.exp(-calibration.bias - sum(w * x for w, x in terms)))
