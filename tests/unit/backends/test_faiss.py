"""What is FAISS's own about its store."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.backends.faiss import FaissBackend, FaissStore, NumberedChunks
from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.indexing.blocks import CheckedFiles
from briefqa.indexing.manifest import FileEntry
from briefqa.protocols import Progress, Selection, Vectors


def rows_of(count: int, dim: int = 16) -> Vectors:
    """Return ``count`` directions."""
    rows = np.random.default_rng(count).normal(size=(count, dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def named(count: int) -> list[ChunkId]:
    """Return ``count`` ids."""
    return [ChunkId(str(each)) for each in range(count)]


def reopened(folder: Path, count: int, backend: FaissBackend | None = None) -> FaissStore:
    """Reopen a store of ``count`` vectors."""
    chunks = NumberedChunks(named(count))
    return (backend or FaissBackend()).load(folder, chunks, CheckedFiles(folder, {}))


def built(folder: Path, rows: Vectors, *, beyond: int = 10**6, recall: float = 0.98) -> FaissStore:
    """Write a store of ``rows`` and reopen it."""
    backend = FaissBackend(beyond=beyond)
    store = backend.create(folder, rows.shape[1])
    store.add(named(len(rows)), rows)
    store.finish(recall, lambda _: None)
    return reopened(folder, len(rows), backend)


def test_another_number_of_vectors_is_damage(tmp_path: Path) -> None:
    """Ids are kept apart from vectors; one missing would shift every citation."""
    built(tmp_path / "v", rows_of(2))

    with pytest.raises(IndexDamagedError, match="there are 2 vectors, expected 3"):
        reopened(tmp_path / "v", 3)


@pytest.mark.parametrize("name", ["rows.bin", "lists.bin", "about.json"])
@pytest.mark.parametrize("data", [None, b"", b"no store", b"\0" * 4000, b"[]"])
def test_a_file_that_is_another_is_damage(tmp_path: Path, name: str, data: bytes | None) -> None:
    """FAISS's own error names a line of its source, which helps nobody."""
    built(tmp_path / "v", rows_of(50), beyond=1)
    if data is None:
        (tmp_path / "v" / name).unlink()
    else:
        (tmp_path / "v" / name).write_bytes(data)

    with pytest.raises(IndexDamagedError):
        reopened(tmp_path / "v", 50)


def test_an_index_of_another_kind_is_damage(tmp_path: Path) -> None:
    """With distances for similarities, the farthest passage would come first."""
    built(tmp_path / "v", rows_of(50), beyond=1)
    index = faiss.IndexFlatL2(16)
    index.add(rows_of(50))
    faiss.write_index(index, str(tmp_path / "v" / "lists.bin"))

    with pytest.raises(IndexDamagedError, match="IndexFlat"):
        reopened(tmp_path / "v", 50)


@pytest.mark.parametrize("beyond", [10, 1000])
def test_a_search_leaves_one_thread_to_the_model(tmp_path: Path, beyond: int) -> None:
    """FAISS's threads spin on after a search and take the cores from onnxruntime."""
    store = built(tmp_path / "v", rows_of(100), beyond=beyond)
    faiss.omp_set_num_threads(2)

    store.search(rows_of(1), 5)

    assert faiss.omp_get_max_threads() == 1


def test_a_negative_number_of_hits_is_a_mistake(tmp_path: Path) -> None:
    """A slice by a negative number would quietly return nearly everything."""
    with pytest.raises(ValueError, match="k is -1"):
        built(tmp_path / "v", rows_of(3)).search(rows_of(1), -1)


@pytest.mark.parametrize("recall", [0.0, -1.0, 1.5, float("nan")])
def test_a_share_that_is_none_is_a_mistake(tmp_path: Path, recall: float) -> None:
    """It would be reached by nothing, or by anything."""
    with pytest.raises(ValueError, match="recall"):
        FaissBackend().create(tmp_path / "v", 4).finish(recall, lambda _: None)


@pytest.mark.parametrize(
    ("count", "recall", "has_lists"), [(50, 0.98, False), (51, 0.98, True), (51, 1.0, False)]
)
def test_only_a_large_store_has_lists(
    tmp_path: Path, count: int, recall: float, *, has_lists: bool
) -> None:
    """Below, comparing all is quicker and finds all; whoever wants all gets all."""
    built(tmp_path / "v", rows_of(count), beyond=50, recall=recall)

    assert (tmp_path / "v" / "lists.bin").exists() == has_lists


_MANY = 4000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> FaissStore:
    """A store with some sixty lists, of which few are looked into."""
    folder = tmp_path_factory.mktemp("large") / "v"
    store = built(folder, rows_of(_MANY), beyond=1, recall=0.7)
    about = json.loads((folder / "about.json").read_bytes())
    assert about["lists"]["probes"] < about["lists"]["lists"]
    return store


@given(data=st.data(), k=st.integers(1, 60), seed=st.integers(0, 1000))
def test_a_small_selection_is_searched_exactly(
    large: FaissStore, data: st.DataObject, k: int, seed: int
) -> None:
    """A filter must never lose what comparing all that it leaves would find."""
    some = data.draw(st.sets(st.integers(0, _MANY - 1), min_size=1, max_size=300))
    positions = np.array(sorted(some), dtype=np.int64)
    query = rows_of(1000 + seed)[:1]

    (hits,) = large.search(query, k, among=Selection(positions))

    scores = rows_of(_MANY)[positions].astype(np.float64) @ query[0]
    order = np.lexsort((positions, -scores))[:k]
    assert [int(name) for name, _ in hits] == positions[order].tolist()
    np.testing.assert_allclose([score for _, score in hits], scores[order], atol=1e-6)


@given(share=st.floats(0, 1), k=st.integers(1, 5000), seed=st.integers(0, 1000))
def test_a_large_selection_gives_as_many_hits_as_it_has(
    large: FaissStore, share: float, k: int, seed: int
) -> None:
    """Lists that were not looked into must not make a page of results short."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("briefqa.backends.faiss.store._FEW", 0)
        chosen = np.flatnonzero(np.random.default_rng(seed).random(_MANY) < share)
        query = rows_of(1000 + seed)[:1]

        (hits,) = large.search(query, k, among=Selection(chosen.astype(np.int64)))

    assert len({name for name, _ in hits}) == len(hits) == min(k, len(chosen))
    assert {int(name) for name, _ in hits} <= set(chosen.tolist())
    exact = rows_of(_MANY).astype(np.float64) @ query[0]
    scores = [score for _, score in hits]
    np.testing.assert_allclose(scores, [exact[int(name)] for name, _ in hits], atol=1e-6)
    assert scores == sorted(scores, reverse=True)


def test_lists_find_the_share_that_was_wished(tmp_path: Path) -> None:
    """What the index states was reached is what other questions find, or nearly."""
    rows = rows_of(_MANY)
    store = built(tmp_path / "v", rows, beyond=1, recall=0.9)
    queries = rows_of(200)

    found = store.search(queries, 10)

    best = np.argsort(-(queries @ rows.T), axis=1)[:, :10]
    shares = [
        len({int(name) for name, _ in hits} & set(row)) / 10
        for hits, row in zip(found, best.tolist(), strict=True)
    ]
    reached = json.loads((tmp_path / "v" / "about.json").read_bytes())["lists"]
    assert reached["recall"] >= reached["wished"] == 0.9
    assert np.mean(shares) >= 0.87


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_equal_vectors_give_equal_bytes_on_any_number_of_threads(
    tmp_path: Path, threads: int
) -> None:
    """Two machines must not come to different indexes, nor one machine twice."""
    made: list[dict[str, str]] = []
    for count, name in ((threads, "v"), (1, "w")):
        faiss.omp_set_num_threads(count)
        built(tmp_path / name, rows_of(3000, 48), beyond=1)
        files = sorted((tmp_path / name).iterdir())
        made.append({path.name: sha256(path.read_bytes()).hexdigest() for path in files})

    assert list(made[0]) == ["about.json", "lists.bin", "rows.bin"]
    assert made[0] == made[1]


@pytest.mark.parametrize("kinds", [1, 2, _MANY])
def test_lists_are_written_as_faiss_writes_them(tmp_path: Path, kinds: int) -> None:
    """They are written piece by piece, into a form that is FAISS's own."""
    rows = rows_of(kinds)[np.arange(_MANY) % kinds]
    built(tmp_path / "v", rows, beyond=1)
    written = (tmp_path / "v" / "lists.bin").read_bytes()
    index = faiss.read_index(str(tmp_path / "v" / "lists.bin"))

    index.reset()
    index.add(rows)

    assert faiss.serialize_index(index).tobytes() == written


class NotingFiles(CheckedFiles):
    """Files, and a record of which parts were asked for."""

    def __init__(self, folder: Path, files: Mapping[str, FileEntry]) -> None:
        super().__init__(folder, files)
        self.checked: dict[str, list[tuple[int, int]]] = {}

    def check(self, path: Path, start: int, end: int, /) -> None:
        """Note what is asked about."""
        self.checked.setdefault(path.name, []).append((start, end))

    def read(self, path: Path, parts: Iterable[tuple[int, memoryview]], /) -> None:
        """Note what is read."""
        wanted = list(parts)
        ends = [(start, start + memory.nbytes) for start, memory in wanted]
        self.checked.setdefault(path.name, []).extend(ends)
        super().read(path, wanted)


def test_every_part_is_checked_before_it_is_used(tmp_path: Path) -> None:
    """Whatever is in the file counts only once it is known to be what was written."""
    built(tmp_path / "v", rows_of(_MANY), beyond=1, recall=0.7)
    files = NotingFiles(tmp_path / "v", {})
    store = FaissBackend().load(tmp_path / "v", NumberedChunks(named(_MANY)), files)
    opening = files.checked.pop("lists.bin")
    (hits,) = store.search(rows_of(1), 5)

    assert [start for start, _ in opening] == [0]
    assert len(files.checked["lists.bin"]) > 1
    read = {place for start, end in files.checked["rows.bin"] for place in range(start, end, 64)}
    assert {int(name) * 64 for name, _ in hits} <= read


def test_building_lists_shows_progress(tmp_path: Path) -> None:
    """A million vectors take a minute."""
    told: list[Progress] = []
    store = FaissBackend(beyond=1).create(tmp_path / "v", 16)
    store.add(named(100), rows_of(100))

    store.finish(0.98, told.append)

    assert [(each.stage, each.done, each.total) for each in told] == [
        ("vectors", 0, 100),
        ("vectors", 100, 100),
    ]
