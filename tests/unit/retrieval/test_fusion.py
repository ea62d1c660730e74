"""A score means the same for every question: it has fixed bounds and never rewards less."""

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.retrieval.fusion import (
    FOREIGN,
    WEIGHTS,
    Scores,
    Weights,
    feedback,
    fuse,
    lexical_shares,
    weights_for,
    with_feedback,
)

_SHARES = st.floats(0, 1, width=32)
_COSINES = st.floats(-1.001, 1.001)
_BM25 = st.floats(0, 1e6)
_IDF = st.just(0.0) | st.floats(1e-6, 20)
_TERMS = st.dictionaries(st.text(max_size=4), _IDF, max_size=6)
_WEIGHTS = st.sampled_from(
    [
        weights_for(is_foreign=is_foreign, has_tokens=has_tokens)
        for is_foreign in (False, True)
        for has_tokens in (False, True)
    ]
)


def _scores(*values: float) -> Scores:
    return np.array(values, dtype=np.float32)


def _share(bm25: float, terms: dict[str, float]) -> float:
    return float(lexical_shares(_scores(bm25), terms)[0])


_STAGES = st.tuples(_COSINES, _SHARES, _SHARES, _SHARES)


def _fused(stages: Sequence[float], weights: Weights = WEIGHTS) -> float:
    dense, lexical, late, sentence = map(_scores, stages)
    return float(fuse(dense, lexical, late, sentence, weights)[0])


@given(_STAGES, _WEIGHTS)
def test_fused_score_stays_between_zero_and_one(
    stages: tuple[float, float, float, float], weights: Weights
) -> None:
    """A threshold, and the reader, rely on the scale; rounding may push a cosine past 1."""
    assert 0 <= _fused(stages, weights) <= 1


@given(_STAGES, _STAGES, _WEIGHTS)
def test_better_on_every_side_never_scores_worse(
    one: tuple[float, ...], other: tuple[float, ...], weights: Weights
) -> None:
    """A passage nearer in meaning and in words must not fall behind for it."""
    pairs = list(zip(one, other, strict=True))

    worst, best = (_fused(list(map(pick, pairs)), weights) for pick in (min, max))

    assert worst <= best


def test_each_stage_alone_counts() -> None:
    """Words found nowhere near in meaning, and meaning without a shared word, both help."""
    assert _fused((0, 0, 0, 0)) == 0
    assert _fused((1, 1, 1, 1)) == pytest.approx(1)
    alone = [tuple(float(at == stage) for at in range(4)) for stage in range(4)]
    assert all(0 < _fused(stages) < 1 for stages in alone)


@pytest.mark.parametrize("is_foreign", [False, True])
def test_weights_are_shares_with_tokens_and_without(*, is_foreign: bool) -> None:
    """An index without tokens keeps the scale of scores, and what the others are worth."""
    whole = weights_for(is_foreign=is_foreign, has_tokens=True)
    rest = weights_for(is_foreign=is_foreign, has_tokens=False)

    for weights in (whole, rest):
        assert sum(astuple(weights)) == pytest.approx(1)
    assert rest.late == rest.sentence == 0
    assert rest.dense * whole.lexical == pytest.approx(whole.dense * rest.lexical)


def test_words_count_for_more_in_a_language_that_the_model_does_not_know() -> None:
    """Its vectors of such a text are little more than noise."""
    assert FOREIGN.lexical > WEIGHTS.lexical


@given(_BM25, _TERMS)
def test_lexical_share_stays_between_zero_and_one(bm25: float, terms: dict[str, float]) -> None:
    """Whatever BM25 gives, also to a question without a single term."""
    assert 0 <= _share(bm25, terms) <= 1


@given(_BM25, _BM25, _TERMS)
def test_more_bm25_never_means_a_smaller_share(
    bm25: float, other: float, terms: dict[str, float]
) -> None:
    """Scaling must keep the order that BM25 gave."""
    low, high = sorted([bm25, other])

    assert _share(low, terms) <= _share(high, terms)


@given(_BM25, _TERMS, _IDF)
def test_a_word_that_nothing_holds_lowers_the_share(
    bm25: float, terms: dict[str, float], weight: float
) -> None:
    """A question of which half is nowhere in the documents is answered by half at most."""
    longer = {**terms, "a word that no other can equal": weight}

    assert _share(bm25, longer) <= _share(bm25, terms) or not any(terms.values())


@given(st.lists(_SHARES, min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_feedback_never_exceeds_the_best_score(fused: list[float], seed: int) -> None:
    """Where nothing fits the question, being like the least bad is worth next to nothing."""
    generator = np.random.default_rng(seed)
    rows = generator.standard_normal((len(fused), 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)

    found = feedback(_scores(*fused), rows)
    combined = with_feedback(_scores(*fused), found)

    assert np.all((found >= 0) & (found <= max(fused)))
    assert np.all((combined >= 0) & (combined <= 1))
    assert np.all(combined <= max(fused) * (1 + 1e-6))
