"""Milvus keeps what every vector store and every lexical index promise.

The promises are those of the other suites. A collection takes a good part of a second to
make, so each is held to a few cases in place of a hundred.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract import test_lexical_indexes as lexical
from tests.contract import test_vector_stores as dense

pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")

from tests.milvus import CollectionVectorBackend, CollectionWordsBackend, lite_server

from briefqa.backends.milvus.server import MilvusServer
from briefqa.protocols import LexicalIndex

_FEW = settings(max_examples=4, deadline=None)


def promised(test: Callable[..., None]) -> Callable[..., None]:
    """Return what a test of another suite does for one case of Hypothesis's."""
    inner: Callable[..., None] = test.hypothesis.inner_test  # type: ignore[attr-defined] # Hypothesis puts it there
    return inner


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """Milvus in this process."""
    with lite_server(tmp_path_factory.mktemp("milvus") / "lite.db") as server:
        yield server


@pytest.fixture(scope="module")
def backend(milvus: MilvusServer) -> CollectionVectorBackend:
    """Collections of vectors."""
    return CollectionVectorBackend(milvus)


@pytest.fixture(scope="module")
def index_of(milvus: MilvusServer) -> Callable[[list[str]], LexicalIndex]:
    """Return what indexes texts under the ids "0", "1", ..."""
    return CollectionWordsBackend(milvus).index


@pytest.mark.parametrize(("count", "k"), [(0, 5), (1, 1), (60, 0), (60, 7), (60, 80)])
def test_search_agrees_with_exact_inner_products(
    backend: CollectionVectorBackend, count: int, k: int
) -> None:
    """Ids and similarities both match a plain matrix product."""
    promise = promised(dense.test_search_agrees_with_exact_inner_products)

    promise(backend, (count, 24), 5, k, count + k)


@pytest.mark.parametrize(("distinct", "copies", "k"), [(1, 40, 7), (4, 20, 25), (3, 1, 9)])
def test_equals_come_in_the_order_added(
    backend: CollectionVectorBackend, distinct: int, copies: int, k: int
) -> None:
    """Repeated paragraphs are common; which of them is shown must not be chance."""
    promised(dense.test_equals_come_in_the_order_added)(backend, distinct, copies, k)


@_FEW
@given(k=st.integers(0, 80), seed=st.integers(0, 1000), data=st.data())
def test_a_search_among_some_is_the_ranking_without_the_others(
    backend: CollectionVectorBackend, k: int, seed: int, data: st.DataObject
) -> None:
    """The best that a filter allows, not what it leaves of the best; and with the same scores."""
    promise = promised(dense.test_a_search_among_some_is_the_ranking_without_the_others)

    promise(backend, (30, 2), k, seed, data)


def test_a_selection_of_what_is_not_there_is_a_mistake(
    backend: CollectionVectorBackend, index_of: Callable[[list[str]], LexicalIndex]
) -> None:
    """It comes from another index, and would name the wrong chunks of this one."""
    dense.test_a_selection_of_what_is_not_there_is_a_mistake(backend)
    lexical.test_a_selection_of_what_is_not_there_is_a_mistake(index_of)


def test_a_store_is_reopened(backend: CollectionVectorBackend) -> None:
    """What was indexed is what is searched, by another process."""
    promised(dense.test_a_store_comes_back_from_its_folder)(backend, 25, 1)


def test_questions_asked_together_get_what_each_gets_alone(
    backend: CollectionVectorBackend,
) -> None:
    """Evaluation asks in batches; its figures must hold for single questions."""
    dense.test_questions_asked_together_get_what_each_gets_alone(backend)


def test_wrong_vectors_are_refused(backend: CollectionVectorBackend) -> None:
    """A question of another length would be answered with scores that mean nothing."""
    store = backend.create(8)

    for rows in (np.ones((2, 8), dtype=np.float32), np.eye(2, 7, dtype=np.float32)):
        with pytest.raises(ValueError, match="vectors"):
            store.search(rows, 1)
    with pytest.raises(ValueError, match="negative"):
        store.search(np.eye(1, 8, dtype=np.float32), -1)
    assert store.vectors([]).shape == (0, 8)


@_FEW
@given(
    texts=st.lists(
        st.lists(st.sampled_from(lexical.WORDS), min_size=1, max_size=40).map(" ".join),
        min_size=1,
        max_size=12,
    ),
    question=st.lists(st.sampled_from(lexical.WORDS), min_size=1, max_size=5).map(" ".join),
)
def test_scores_are_bm25(
    index_of: Callable[[list[str]], LexicalIndex], texts: list[str], question: str
) -> None:
    """Lexical scores feed the confidence, so they must be what their name says."""
    promised(lexical.test_scores_are_bm25)(index_of, texts, question)


@_FEW
@given(
    texts=st.lists(lexical.HOSTILE, max_size=6), question=lexical.HOSTILE, k=st.integers(0, 10**12)
)
def test_any_text_is_a_valid_question(
    index_of: Callable[[list[str]], LexicalIndex], texts: list[str], question: str, k: int
) -> None:
    """Brackets and quotes are text to us, never the syntax of a query."""
    promised(lexical.test_any_text_is_a_valid_question)(index_of, texts, question, k)


@pytest.mark.parametrize(
    "promise",
    [
        lexical.test_equals_come_in_the_order_added,
        lexical.test_a_word_asked_twice_counts_once,
        lexical.test_words_are_found_whatever_their_form,
        lexical.test_terms_are_the_words_of_the_index,
        lexical.test_a_question_of_small_words_still_finds_them,
        lexical.test_a_word_is_kept_up_to_its_longest,
    ],
)
def test_words_are_searched_as_promised(
    index_of: Callable[[list[str]], LexicalIndex],
    promise: Callable[[Callable[[list[str]], LexicalIndex]], None],
) -> None:
    """A question must find the same wherever the index lies."""
    promise(index_of)


def test_words_are_scored_as_the_local_index_scores_them(
    index_of: Callable[[list[str]], LexicalIndex], tmp_path: Path
) -> None:
    """Long chunks too, whose lengths the local index rounds; else answers would differ."""
    from briefqa.backends.tantivy import TantivyBackend  # noqa: PLC0415 - only this compares
    from briefqa.datatypes import ChunkId  # noqa: PLC0415
    from briefqa.protocols import DocumentWords  # noqa: PLC0415

    texts = [
        " ".join(lexical.WORDS[(place * step) % 10] for step in range(1, 3 + 7 * place))
        for place in range(60)
    ]
    chunks = [(ChunkId(str(place)), text) for place, text in enumerate(texts)]
    TantivyBackend().build(tmp_path, [DocumentWords([each], language="en") for each in chunks])
    local, stored = TantivyBackend().open(tmp_path), index_of(texts)

    for question in ("salt", "canal bee court", "moon lamp silt ship corn fern"):
        expected, found = local.search(question, 60), stored.search(question, 60)
        assert dict(found) == pytest.approx(dict(expected), abs=1.01e-4)
