"""What is FAISS's own about its store."""

from io import BytesIO

import faiss
import numpy as np
import pytest

from briefqa.backends.faiss import FaissBackend
from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError


def rows_of(count: int) -> np.ndarray:
    """Return ``count`` directions of width 16."""
    rows = np.random.default_rng(count).normal(size=(count, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def test_bytes_with_another_number_of_vectors_are_damage() -> None:
    """Ids are kept apart from vectors; one missing would shift every citation."""
    store = FaissBackend().create(16)
    store.add([ChunkId("a"), ChunkId("b")], rows_of(2))

    stream = BytesIO()
    store.write(stream)

    with pytest.raises(IndexDamagedError, match="there are 2, expected 3"):
        FaissBackend().load(stream.getvalue(), [ChunkId("a"), ChunkId("b"), ChunkId("c")])


@pytest.mark.parametrize("data", [b"", b"no store", b"\0" * 400], ids=["empty", "text", "zeros"])
def test_bytes_that_faiss_cannot_read_are_damage(data: bytes) -> None:
    """FAISS's own error names a line of its source, which helps nobody."""
    with pytest.raises(IndexDamagedError, match="FAISS cannot read them"):
        FaissBackend().load(data, [])


def test_an_index_of_another_kind_is_damage() -> None:
    """With distances for similarities, the farthest passage would come first."""
    index = faiss.IndexFlatL2(16)
    index.add(rows_of(1))

    with pytest.raises(IndexDamagedError, match="IndexFlat"):
        FaissBackend().load(faiss.serialize_index(index).tobytes(), [ChunkId("a")])


def test_a_search_leaves_one_thread_to_the_model() -> None:
    """FAISS's threads spin on after a search and take the cores from onnxruntime."""
    store = FaissBackend().create(16)
    store.add([ChunkId(str(each)) for each in range(100)], rows_of(100))
    faiss.omp_set_num_threads(2)

    store.search(rows_of(1), 5)

    assert faiss.omp_get_max_threads() == 1


def test_a_negative_number_of_hits_is_a_mistake() -> None:
    """A slice by a negative number would quietly return nearly everything."""
    with pytest.raises(ValueError, match="k is -1"):
        FaissBackend().create(16).search(rows_of(1), -1)
