"""Confidence is a probability, and rests on evidence alone."""

from dataclasses import astuple, replace
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.small_index import passage, small_index

from briefqa.answering.abstention import (
    CALIBRATION,
    LEAST_RISK,
    MOST_RISK,
    Calibration,
    confidence,
    logistic,
    threshold_for,
)
from briefqa.answering.evidence import FEATURES, Evidence
from briefqa.answering.evidence import gather_evidence as gather
from briefqa.answering.extracting import content_weights, score_sentences
from briefqa.backends.hashing import HashEmbedder
from briefqa.errors import LimitError
from briefqa.retrieval import embed_question, find_hits, term_weights

_SHARES = st.floats(0, 1)
_EVIDENCE = st.builds(Evidence, *(_SHARES for _ in FEATURES))
_RISKS = st.floats(LEAST_RISK, MOST_RISK)
_FOR = Evidence(closeness=1, likeness=1, missing=0, opposed=0, undenied=0)
_AGAINST = Evidence(closeness=0, likeness=0, missing=1, opposed=1, undenied=1)


@st.composite
def _calibrations(draw: st.DrawFn) -> Calibration:
    """Any numbers that a fit may give: weights of either sign, and a falling curve of risks."""
    weights = draw(st.tuples(*(st.floats(-20, 20) for _ in FEATURES)))
    risks = sorted(draw(st.sets(st.floats(0.01, 0.9), max_size=8)))
    falling = sorted(draw(st.lists(_SHARES, min_size=len(risks), max_size=len(risks))))[::-1]
    return Calibration(
        weights, draw(st.floats(-20, 20)), draw(_SHARES), tuple(zip(risks, falling, strict=True))
    )


@given(_EVIDENCE, _calibrations())
def test_confidence_is_a_probability(evidence: Evidence, calibration: Calibration) -> None:
    """Whatever the numbers of the fit are."""
    assert 0 <= confidence(evidence, calibration) <= 1


@given(st.floats(allow_nan=False))
def test_the_logistic_function_stays_within_its_bounds(log_odds: float) -> None:
    """However large the odds: the exponential of a large number is an error in Python."""
    assert 0 <= logistic(log_odds) <= 1


@given(_EVIDENCE, st.sampled_from(FEATURES), _SHARES, _calibrations())
def test_confidence_follows_the_sign_of_each_weight(
    evidence: Evidence, feature: str, other: float, calibration: Calibration
) -> None:
    """More of what speaks for an answer never means less confidence, and the reverse."""
    low, high = sorted((getattr(evidence, feature), other))
    less = confidence(replace(evidence, **{feature: low}), calibration)
    more = confidence(replace(evidence, **{feature: high}), calibration)

    weight = calibration.weights[FEATURES.index(feature)]

    assert less <= more if weight >= 0 else less >= more


def test_the_shipped_weights_count_evidence_on_its_own_side() -> None:
    """What speaks against an answer must not raise its chance, whatever the data did."""
    for_it, against = CALIBRATION.weights[:2], CALIBRATION.weights[2:]

    assert min(for_it) > 0
    assert max(against) < 0
    assert confidence(_AGAINST) < CALIBRATION.threshold <= confidence(_FOR)


def test_bias_and_weights_are_those_of_a_logistic_model() -> None:
    """Whoever reads the numbers must be able to work them out on paper."""
    even = Calibration(weights=(2.0, 6.0, -4.0, 0.0, 0.0), bias=-2.0, threshold=0.5)
    half = Evidence(0.5, 0.5, 0.5, 0, 0)

    assert confidence(half, even) == 0.5
    assert round(confidence(Evidence(0, 0, 1, 0, 0), even), 4) == 0.0025
    assert round(confidence(Evidence(1, 0, 0, 0, 0), replace(even, bias=0)), 4) == 0.8808


@given(_RISKS, _RISKS, _calibrations())
@example(0.5, 0.75, replace(CALIBRATION, risks=((0.5, 0.03359383178927811),)))
def test_a_smaller_risk_never_answers_more(
    one: float, other: float, calibration: Calibration
) -> None:
    """Between the risks measured, below them and above."""
    less, more = sorted((one, other))

    assert threshold_for(less, calibration) >= threshold_for(more, calibration)


@given(_calibrations())
def test_risks_that_were_measured_have_the_thresholds_that_were_measured(
    calibration: Calibration,
) -> None:
    """The lines between them go through the points."""
    assume(calibration.risks)

    for risk, threshold in calibration.risks:
        assert threshold_for(risk, calibration) == pytest.approx(threshold, abs=1e-9)


def test_no_risk_in_particular_leaves_the_threshold_of_the_calibration() -> None:
    """As before there were risks."""
    assert threshold_for(None) == CALIBRATION.threshold


def test_below_the_smallest_risk_measured_the_threshold_nears_certainty() -> None:
    """Nothing was measured there, so nothing is promised: hardly anything is answered."""
    calibration = Calibration((0.0,) * len(FEATURES), 0.0, 0.5, risks=((0.2, 0.6),))

    assert threshold_for(0.1, calibration) == pytest.approx(0.8)
    assert threshold_for(LEAST_RISK, calibration) > 0.99
    assert threshold_for(0.9, calibration) == 0.6


@pytest.mark.parametrize("risk", [0, 1, -0.1, 1.5, float("nan"), float("inf")])
def test_a_risk_out_of_bounds_is_refused(risk: float) -> None:
    """At 0 nothing could ever be answered, and at 1 nothing would be promised."""
    with pytest.raises(LimitError, match="risk"):
        threshold_for(risk)


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
        return gather(question, hits, ranked, weights, index.words)

    near = evidence("the grid needs ten gigawatts of power")
    far = evidence("yeast and sourdough recipes in Zambia")
    opposed = evidence("Which dam in the south is not old?")
    undated = evidence("When did a dam in the north get old?")

    assert near.closeness > 0.99
    assert near.likeness > 0.99
    assert near.missing == near.opposed == near.undenied == 0
    assert max(far.closeness, far.likeness) < 0.3
    assert far.missing == 1
    assert (opposed.opposed, opposed.undenied) == (1, 1)
    assert undated.likeness < undated.closeness
    assert all(0 <= value <= 1 for value in astuple(opposed))
    assert gather("Why?", [], [], {}, index.words) == Evidence(0, 0, 0, 0, 0)
