"""What every reranker promises."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefqa.backends.onnx import OnnxReranker
from briefqa.backends.sentence_transformers.reranker import SentenceTransformersReranker
from briefqa.protocols import Reranker

pytestmark = pytest.mark.model

# The fixture gives the same reranker to each example, and keeps nothing of it.
_FEW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# Everything a file or a request can hold: lone surrogates, controls, marks, planes.
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\ud800\udfff\x00\u200d\u0301\u202e\ufeff\U0001f469\n\t İﬁß[SEP]人"),
    ),
    max_size=60,
)

QUESTION = "When was the canal closed?"
PASSAGES = [
    "It was closed in 1911.",
    "Bees find their way home.",
    "",
    "It was closed in 1911, and opened again in the spring of the year after that one.",
    "42",
    "Les abeilles retrouvent leur chemin.",
]


def test_scores_are_float32_between_zero_and_one(reranker: Reranker) -> None:
    """A score stands beside others that lie in [0, 1], and is shown as they are."""
    scores = reranker.score(QUESTION, PASSAGES)

    assert scores.dtype == np.float32
    assert scores.shape == (len(PASSAGES),)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert len({round(float(score), 4) for score in scores}) == len(PASSAGES)


def test_no_passages_give_no_scores(reranker: Reranker) -> None:
    """A filter may leave nothing to rerank."""
    scores = reranker.score(QUESTION, [])

    assert scores.shape == (0,)
    assert scores.dtype == np.float32


def test_a_score_does_not_depend_on_what_else_is_scored(reranker: Reranker) -> None:
    """It must mean the same however many candidates there are, and in whatever order."""
    same_length = [PASSAGES[0].replace("1911", year) for year in ("1812", "1640", "1066", "1911")]
    alone = [float(reranker.score(QUESTION, [passage])[0]) for passage in PASSAGES]

    together = reranker.score(QUESTION, PASSAGES)
    backwards = reranker.score(QUESTION, PASSAGES[::-1])[::-1]
    among_equals = reranker.score(QUESTION, same_length)[3]

    # To the last bit where nothing is padded.
    tolerance = 1e-5 if isinstance(reranker, SentenceTransformersReranker) else 0
    np.testing.assert_allclose(together, alone, rtol=0, atol=tolerance)
    np.testing.assert_allclose(backwards, alone, rtol=0, atol=tolerance)
    np.testing.assert_allclose(among_equals, alone[0], rtol=0, atol=tolerance)


def test_the_same_pair_gives_the_same_score(reranker: Reranker) -> None:
    """The same question must not be answered in another order the next time."""
    first, second = reranker.score(QUESTION, PASSAGES), reranker.score(QUESTION, PASSAGES)

    np.testing.assert_array_equal(first, second)


def test_question_and_passage_are_told_apart(reranker: Reranker) -> None:
    """A model that was given both as one text would rank by something else."""
    one_way = reranker.score(PASSAGES[0], [PASSAGES[1]])
    other_way = reranker.score(PASSAGES[1], [PASSAGES[0]])

    assert not np.allclose(one_way, other_way, atol=1e-4)


def test_a_passage_beyond_the_window_loses_its_tail(reranker: Reranker) -> None:
    """The question must stay whole, and what fits of the passage must count."""
    fits = "spring " * 8

    cut, other_tail, other_head = (
        float(reranker.score("Why?", [text])[0])
        for text in (fits + "a" * 99, fits + "b" * 99, "autumn " + fits)
    )

    assert cut == pytest.approx(other_tail, abs=1e-6)
    assert cut != pytest.approx(other_head, abs=1e-4)


@_FEW
@given(question=HOSTILE, passages=st.lists(HOSTILE, max_size=4))
def test_hostile_text_is_scored(reranker: Reranker, question: str, passages: list[str]) -> None:
    """One strange passage must not stop a question, nor a strange question a server."""
    scores = reranker.score(question, passages)

    assert scores.shape == (len(passages),)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_reranker_id_names_plug_in_argument_and_fingerprint(reranker: Reranker) -> None:
    """Its export is found by this string, and thrown away when it changes."""
    spec, _, fingerprint = reranker.reranker_id.rpartition("@")

    assert ":" in spec
    assert fingerprint


@_FEW
@given(question=HOSTILE, passages=st.lists(HOSTILE, min_size=1, max_size=4))
def test_the_export_equals_its_reference_on_any_pair(
    exported_reranker: OnnxReranker,
    reference_reranker: SentenceTransformersReranker,
    question: str,
    passages: list[str],
) -> None:
    """Answers must not change because a faster library runs the model."""
    np.testing.assert_allclose(
        exported_reranker.score(question, passages),
        reference_reranker.score(question, passages),
        atol=1e-4,
    )
    assert exported_reranker.reranker_id == reference_reranker.reranker_id


@pytest.mark.parametrize("question_words", [1, 6, 40])
@pytest.mark.parametrize("passage_words", [1, 6, 40])
def test_pairs_are_cut_as_the_library_cuts_them(
    exported_reranker: OnnxReranker,
    reference_reranker: SentenceTransformersReranker,
    question_words: int,
    passage_words: int,
) -> None:
    """Of a question and a passage that are both too long, each loses a part."""
    question = " ".join(f"q{number}" for number in range(question_words))
    passage = " ".join(f"p{number}" for number in range(passage_words))

    np.testing.assert_allclose(
        exported_reranker.score(question, [passage]),
        reference_reranker.score(question, [passage]),
        atol=1e-4,
    )
