"""What every vector store promises, against a plain matrix product."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count as count_from
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.backends.faiss import FaissBackend, NumberedChunks
from briefqa.datatypes import ChunkId
from briefqa.indexing.blocks import CheckedFiles
from briefqa.protocols import Selection, VectorBackend, Vectors, VectorStore

_TOLERANCE = 1e-5


class Stores(Protocol):
    """Makes stores of one kind."""

    def create(self, dim: int) -> VectorStore:
        """Return an empty store."""
        ...

    def again(self, store: VectorStore, ids: Sequence[ChunkId]) -> VectorStore:
        """Finish the store made last, and reopen it."""
        ...


@dataclass
class Place:
    """A kind of store, and where its stores are written."""

    kind: VectorBackend
    folder: Path
    made: Iterator[int] = field(default_factory=count_from)

    def create(self, dim: int) -> VectorStore:
        """Return an empty store in a folder of its own."""
        self.last = self.folder / str(next(self.made))
        return self.kind.create(self.last, dim)

    def again(self, store: VectorStore, ids: Sequence[ChunkId]) -> VectorStore:
        """Finish the store made last, and reopen it."""
        store.finish(0.98, lambda _: None)
        return self.kind.load(self.last, NumberedChunks(ids), CheckedFiles(self.last, {}))


_KINDS: dict[str, Callable[[], VectorBackend]] = {
    "exact": FaissBackend,
    # Every store that is reopened has lists.
    "lists": partial(FaissBackend, beyond=0),
}


@pytest.fixture(scope="module", params=_KINDS)
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """Every kind of vector store."""
    return Place(_KINDS[request.param](), tmp_path_factory.mktemp("stores"))


def unit_rows(count: int, dim: int, *, seed: int) -> Vectors:
    """Return ``count`` random directions."""
    rows = np.random.default_rng(seed).normal(size=(count, dim))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def named(count: int) -> list[ChunkId]:
    """Return ``count`` ids whose order as text is not the order added."""
    return [ChunkId(f"{(7 * each) % 1009}-{each}") for each in range(count)]


@given(
    shape=st.tuples(st.integers(0, 60), st.integers(1, 40)),
    queries=st.integers(0, 30),
    k=st.integers(0, 80),
    seed=st.integers(0, 2**32 - 1),
)
def test_search_agrees_with_exact_inner_products(
    backend: Stores, shape: tuple[int, int], queries: int, k: int, seed: int
) -> None:
    """Ids and similarities both match a plain matrix product."""
    count, dim = shape
    rows, asked = unit_rows(count, dim, seed=seed), unit_rows(queries, dim, seed=seed + 1)
    ids = named(count)
    store = backend.create(dim)
    store.add(ids, rows)

    found = backend.again(store, ids).search(asked, k)

    assert len(found) == queries
    for query, hits in zip(asked, found, strict=True):
        exact = dict(zip(ids, rows.astype(np.float64) @ query, strict=True))
        best = sorted(exact.values(), reverse=True)[:k]
        np.testing.assert_allclose([score for _, score in hits], best, atol=_TOLERANCE)
        np.testing.assert_allclose([exact[name] for name, _ in hits], best, atol=_TOLERANCE)
        assert len({name for name, _ in hits}) == len(hits) == min(k, count)


@given(distinct=st.integers(1, 4), copies=st.integers(1, 40), k=st.integers(1, 60))
def test_equals_come_in_the_order_added(
    backend: Stores, distinct: int, copies: int, k: int
) -> None:
    """Repeated paragraphs are common; which of them is shown must not be chance."""
    rows = np.tile(unit_rows(distinct, 24, seed=5), (copies, 1))
    query = unit_rows(1, 24, seed=6)
    ids = named(len(rows))
    store = backend.create(24)
    store.add(ids, rows)
    store = backend.again(store, ids)

    (hits,) = store.search(query, k)

    places = [ids.index(name) for name, _ in hits]
    assert len(places) == min(k, len(rows))
    exact = (rows[:distinct].astype(np.float64) @ query[0]).tolist()
    assert places == sorted(places, key=lambda place: (-exact[place % distinct], place))
    for first in range(distinct):
        # Lists may miss a vector, but then all its equals with it.
        equals = [place for place in places if place % distinct == first]
        assert equals == list(range(first, len(rows), distinct))[: len(equals)]


def selected(positions: Iterable[int]) -> Selection:
    """Hold a search to these positions."""
    return Selection(np.array(sorted(positions), dtype=np.int64))


@given(
    shape=st.tuples(st.integers(0, 60), st.integers(1, 3)),
    k=st.integers(0, 80),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_a_search_among_some_is_the_ranking_without_the_others(
    backend: Stores, shape: tuple[int, int], k: int, seed: int, data: st.DataObject
) -> None:
    """The best that a filter allows, not what it leaves of the best; and with the same scores."""
    count, copies = shape
    rows = np.tile(unit_rows(count, 12, seed=seed), (copies, 1))
    ids = named(len(rows))
    store = backend.create(12)
    store.add(ids, rows)
    store = backend.again(store, ids)
    query = unit_rows(1, 12, seed=seed + 1)
    some = data.draw(st.sets(st.integers(0, max(0, len(ids) - 1)))) if ids else set()
    allowed = {ids[position] for position in some}

    (everything,) = store.search(query, len(ids))
    for positions, kept in ((some, allowed), (range(len(ids)), set(ids)), ((), set())):
        (found,) = store.search(query, k, among=selected(positions))

        assert found == [hit for hit in everything if hit[0] in kept][:k]


def test_a_selection_of_what_is_not_there_is_a_mistake(backend: Stores) -> None:
    """It comes from another index, and would name the wrong chunks of this one."""
    store = backend.create(4)
    store.add([ChunkId("a")], unit_rows(1, 4, seed=1))

    with pytest.raises(ValueError, match="position 1 is selected of 1 chunks"):
        store.search(unit_rows(1, 4, seed=2), 1, among=selected([1]))


@given(count=st.integers(0, 40), seed=st.integers(0, 1000))
def test_a_store_comes_back_from_its_folder(backend: Stores, count: int, seed: int) -> None:
    """What was indexed is what is searched, in a later process."""
    rows, ids = unit_rows(count, 12, seed=seed), named(count)
    store = backend.create(12)
    store.add(ids[: count // 2], rows[: count // 2])
    store.add(ids[count // 2 :], rows[count // 2 :])

    queries = unit_rows(3, 12, seed=seed + 1)
    before = store.search(queries, 7)

    again = backend.again(store, ids)

    assert len(again) == count
    assert again.search(queries, 7) == before
    np.testing.assert_array_equal(again.vectors(ids[::-1]), rows[::-1])


def test_questions_asked_together_get_what_each_gets_alone(backend: Stores) -> None:
    """Evaluation asks in batches; its figures must hold for single questions."""
    store = backend.create(64)
    store.add(named(500), unit_rows(500, 64, seed=1))
    store = backend.again(store, named(500))
    queries = unit_rows(50, 64, seed=2)

    together = store.search(queries, 10)

    assert together == [store.search(query[None], 10)[0] for query in queries]


def test_vectors_of_nothing_have_the_right_width(backend: Stores) -> None:
    """Callers stack and multiply what they get."""
    assert backend.create(9).vectors([]).shape == (0, 9)


@pytest.mark.parametrize(
    "rows",
    [
        np.ones((2, 8), dtype=np.float32),
        np.zeros((2, 8), dtype=np.float32),
        np.full((2, 8), np.nan, dtype=np.float32),
        np.eye(2, 8, dtype=np.float64),
        np.eye(2, 7, dtype=np.float32),
        np.eye(3, 8, dtype=np.float32),
        np.eye(1, 8, dtype=np.float32)[0],
    ],
    ids=["long", "zero", "nan", "float64", "narrow", "one too many", "flat"],
)
def test_wrong_vectors_are_refused(backend: Stores, rows: Vectors) -> None:
    """A vector that is not of unit length would outrank all others unnoticed."""
    store = backend.create(8)

    with pytest.raises(ValueError, match=r"vectors"):
        store.add([ChunkId("a"), ChunkId("b")], rows)

    assert len(store) == 0


def test_an_id_is_taken_once(backend: Stores) -> None:
    """Two vectors under one id would make the second unreachable."""
    store = backend.create(4)
    store.add([ChunkId("a")], unit_rows(1, 4, seed=1))

    with pytest.raises(ValueError, match="new"):
        store.add([ChunkId("b"), ChunkId("a")], unit_rows(2, 4, seed=2))
    with pytest.raises(ValueError, match="new"):
        store.add([ChunkId("b"), ChunkId("b")], unit_rows(2, 4, seed=2))

    assert len(store) == 1
    with pytest.raises(ValueError, match="'z'"):
        store.vectors([ChunkId("z")])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_told(backend: Place) -> None:
    """A store that is only half there must not be published."""
    store = backend.create(12)
    rows = backend.last / "rows.bin"
    rows.unlink()
    rows.symlink_to("/dev/full")

    with pytest.raises(OSError, match="space"):
        store.add(named(40), unit_rows(40, 12, seed=3))
