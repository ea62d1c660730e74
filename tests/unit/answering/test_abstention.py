"""Confidence is a probability, and rests on evidence alone."""

from dataclasses import astuple, replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.small_index import passage, small_index

from briefqa.answering.abstention import CALIBRATION, Calibration, Evidence, confidence
from briefqa.answering.abstention import gather_evidence as gather
from briefqa.answering.sentences import content_weights, score_sentences
from briefqa.backends.hashing import HashEmbedder
from briefqa.retrieval import embed_question, find_hits, term_weights

_SHARES = st.floats(0, 1)
_EVIDENCE = st.builds(Evidence, _SHARES, _SHARES, _SHARES, _SHARES)
_WEIGHTS = st.floats(0, 20)
_CALIBRATIONS = st.builds(
    Calibration,
    st.tuples(_WEIGHTS, _WEIGHTS, _WEIGHTS, _WEIGHTS),
    st.floats(-20, 20),
    _SHARES,
)


@given(_EVIDENCE)
def test_confidence_is_a_probability(evidence: Evidence) -> None:
    """As it is fitted, whatever the numbers of the fit are."""
    assert 0 <= confidence(evidence) <= 1


@given(_EVIDENCE, _EVIDENCE, _CALIBRATIONS)
def test_more_evidence_never_means_less_confidence(
    evidence: Evidence, other: Evidence, calibration: Calibration
) -> None:
    """With weights that count evidence in favour, as every sensible fit gives."""
    pairs = [sorted(pair) for pair in zip(astuple(evidence), astuple(other), strict=True)]
    less, more = Evidence(*(low for low, _ in pairs)), Evidence(*(high for _, high in pairs))

    assert confidence(less, calibration) <= confidence(more, calibration)


def test_the_fit_separates_everything_from_nothing() -> None:
    """Perfect evidence is answered and none is declined, or the numbers were swapped."""
    nothing, everything = Evidence(0, 0, 0, 0), Evidence(1, 1, 1, 1)

    assert confidence(nothing) < CALIBRATION.threshold <= confidence(everything)


def test_bias_and_weights_are_those_of_a_logistic_model() -> None:
    """The fit is made with another library: both must mean the same by these numbers."""
    even = Calibration(weights=(2.0, 3.0, 1.0, 6.0), bias=-6.0, threshold=0.5)

    assert confidence(Evidence(0.5, 0.5, 0.5, 0.5), even) == 0.5
    assert round(confidence(Evidence(0, 0, 0, 0), even), 4) == 0.0025
    assert round(confidence(Evidence(1, 0, 0, 0), replace(even, bias=0)), 4) == 0.8808


def test_evidence_is_absolute(tmp_path: Path) -> None:
    """It is near its bounds for a question that is answered and for one that is not."""
    embedder = HashEmbedder()
    chunks = [
        passage("a", 0, "The grid needs ten gigawatts of power."),
        passage("b", 0, "A dam in the north is old."),
    ]
    index = small_index(chunks, embedder, tmp_path)

    def evidence(question: str) -> Evidence:
        asked = embed_question(question, embedder)
        hits = find_hits(asked, index, k=5)
        weights = content_weights(term_weights(question, index.words), index.words)
        ranked = score_sentences(asked, hits, weights, index, embedder)
        return gather(hits, ranked, weights, index.words)

    near = evidence("the grid needs ten gigawatts of power")
    far = evidence("yeast and sourdough recipes")

    assert near.closeness > 0.99
    assert near.likeness > 0.99
    assert near.coverage == 1
    assert near.match > 0.5
    assert max(astuple(far)) < 0.3
    assert far.coverage == 0
    assert gather([], [], {}, index.words) == Evidence(0, 0, 0, 0)
