"""A score means the same for every question: it has fixed bounds and never rewards less."""

from hypothesis import given
from hypothesis import strategies as st

from briefqa.retrieval.fusion import fuse, lexical_share

_SHARES = st.floats(0, 1)
_COSINES = st.floats(-1.001, 1.001)
_BM25 = st.floats(0, 1e6)
_WEIGHTS = st.dictionaries(st.text(max_size=4), st.floats(0, 20), max_size=6)


@given(_COSINES, _SHARES)
def test_fused_score_stays_between_zero_and_one(cosine: float, share: float) -> None:
    """A threshold, and the reader, rely on the scale; rounding may push a cosine past 1."""
    assert 0 <= fuse(cosine, share) <= 1


@given(_COSINES, _COSINES, _SHARES, _SHARES)
def test_better_on_both_sides_never_scores_worse(
    cosine: float, other_cosine: float, share: float, other_share: float
) -> None:
    """A passage nearer in meaning and in words must not fall behind for it."""
    worst = fuse(min(cosine, other_cosine), min(share, other_share))

    assert worst <= fuse(max(cosine, other_cosine), max(share, other_share))


def test_each_side_alone_counts() -> None:
    """Words found nowhere near in meaning, and meaning without a shared word, both help."""
    assert fuse(0, 0) == 0
    assert fuse(1, 1) == 1
    assert 0 < fuse(0.5, 0) < fuse(0.5, 0.5)
    assert 0 < fuse(0, 0.5) < fuse(0.5, 0.5)


@given(_BM25, _WEIGHTS)
def test_lexical_share_stays_between_zero_and_one(bm25: float, weights: dict[str, float]) -> None:
    """Whatever BM25 gives, also to a question without a single term."""
    assert 0 <= lexical_share(bm25, weights) <= 1


@given(_BM25, _BM25, _WEIGHTS)
def test_more_bm25_never_means_a_smaller_share(
    bm25: float, other: float, weights: dict[str, float]
) -> None:
    """Scaling must keep the order that BM25 gave."""
    low, high = sorted([bm25, other])

    assert lexical_share(low, weights) <= lexical_share(high, weights)


@given(_BM25, _WEIGHTS, st.floats(0, 20))
def test_a_word_that_nothing_holds_lowers_the_share(
    bm25: float, weights: dict[str, float], weight: float
) -> None:
    """A question of which half is nowhere in the documents is answered by half at most."""
    longer = {**weights, "a word that no other can equal": weight}

    assert lexical_share(bm25, longer) <= lexical_share(bm25, weights) or not any(weights.values())
