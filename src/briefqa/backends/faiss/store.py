"""Unit vectors in a file of their own, compared one by one, or by way of lists."""

# ruff: noqa: PLC0415 - FAISS is slow to import, and to bring a small index in step takes none of it

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from briefqa.backends.faiss.numbering import NumberedChunks
from briefqa.datatypes import ChunkId
from briefqa.protocols import (
    ChunkNumbers,
    ProgressListener,
    ReadFiles,
    Selection,
    Vectors,
)

if TYPE_CHECKING:
    import faiss

    from briefqa.backends.faiss.lists import Lists

ROWS = "rows.bin"
LISTS = "lists.bin"
ABOUT = "about.json"
BEYOND = 150_000
"""With more vectors than this, comparing all takes longer than a question's other steps."""

# How far two float32 sums of the same products may lie apart, and then some.
_ROUNDING = 1e-5
_NORM_TOLERANCE = 1e-3
_SPARE = 16
_FLOAT = np.dtype("<f4")
# Up to so many selected vectors are compared one by one, however many there are.
_FEW = 5_000


@dataclass(frozen=True, slots=True)
class _Scope:
    """How many vectors a search may find, and what keeps it from finding others."""

    count: int
    among: Selection | None
    only: "faiss.IDSelector | None"


class FaissStore:
    """Unit vectors in a file; any number of threads may search it.

    To be compared with all of them, the file is mapped. Where lists give candidates, their
    rows alone are read: mapped, they would stay in the memory of this process.
    """

    def __init__(  # noqa: PLR0913 - what it is and how it is read
        self,
        folder: Path,
        dim: int,
        chunks: ChunkNumbers,
        *,
        beyond: int = BEYOND,
        files: ReadFiles | None = None,
        lists: "Lists | None" = None,
    ) -> None:
        """Search a store; without ``files``, one that this process has just written."""
        self._path = folder / ROWS
        self._dim = dim
        self._chunks = chunks
        self._beyond = beyond
        self._files = files
        self._lists = lists
        # At once: the file may be gone when it is needed.
        self._mapped = self._map() if lists is None else None

    def __len__(self) -> int:
        return len(self._chunks)

    def add(self, ids: Sequence[ChunkId], rows: Vectors, /) -> None:
        """Add one vector a chunk.

        Raises:
            OSError: If the disk refuses.
            ValueError: If an id is not new, or the rows are not unit vectors of float32.
        """
        self._check(rows)
        if len(ids) != len(rows):
            msg = f"{len(ids)} ids for {len(rows)} vectors"
            raise ValueError(msg)
        if not isinstance(self._chunks, NumberedChunks):
            msg = "a store that was reopened is complete"
            raise TypeError(msg)
        self._chunks.add(ids)
        with self._path.open("ab") as stream:
            stream.write(np.ascontiguousarray(rows, dtype=_FLOAT).data)
        self._mapped = None

    def search(
        self, queries: Vectors, k: int, /, *, among: Selection | None = None
    ) -> list[list[tuple[ChunkId, float]]]:
        """Return up to ``k`` (id, similarity) a query, best first; equals in the order added.

        With ``among`` they are the best of these, with the same similarities as without.

        Raises:
            ValueError: If ``k`` is negative, the queries are not unit vectors of float32, or
                ``among`` selects what is not there.
        """
        self._check(queries)
        if k < 0:
            msg = f"k is {k}, but must not be negative"
            raise ValueError(msg)
        scope = self._scope(among)
        k = min(k, scope.count)
        if not k:
            return [[] for _ in queries]
        return [self._nearest(query, k, scope) for query in np.ascontiguousarray(queries)]

    def vectors(self, ids: Sequence[ChunkId], /) -> Vectors:
        """Return the stored vectors of ``ids``, shape (len(ids), dim).

        Raises:
            ValueError: If an id is not in the store.
        """
        try:
            positions = self._chunks.positions(ids)
        except KeyError as error:
            msg = f"no vector of chunk {error.args[0]!r} in the store"
            raise ValueError(msg) from error
        return self._rows(np.array(positions, dtype=np.int64))

    def finish(self, recall: float, on_progress: ProgressListener, /) -> None:
        """Write all that ``load`` needs; with many vectors that is also the lists of them.

        Args:
            recall: Share of the ten nearest that lists are to find; 1 means no lists.
            on_progress: Told of stage "vectors" while lists are made.

        Raises:
            OSError: If the disk refuses.
            ValueError: If ``recall`` is not above 0, and at most 1.
        """
        if not 0 < recall <= 1:
            msg = f"recall is {recall}, but must be above 0 and at most 1"
            raise ValueError(msg)
        reached = None
        if len(self) > self._beyond and recall < 1:
            from briefqa.backends.faiss.lists import build_lists

            path = self._path.with_name(LISTS)
            reached = build_lists(self._all(), path, recall=recall, on_progress=on_progress)
        record = {
            "vectors": len(self),
            "dim": self._dim,
            "lists": reached.to_record() if reached else None,
        }
        self._path.with_name(ABOUT).write_text(json.dumps(record, indent=1, sort_keys=True))

    def _map(self) -> Vectors:
        if not len(self):
            # Nothing cannot be mapped.
            return np.empty((0, self._dim), dtype=np.float32)
        return np.memmap(self._path, dtype=_FLOAT, mode="r", shape=(len(self), self._dim))

    def _scope(self, among: Selection | None) -> _Scope:
        """Return what holds a search to ``among``: a bit a vector, quick for few and for many."""
        if among is None:
            return _Scope(len(self), None, None)
        import faiss

        among.check_within(len(self))
        is_among = np.zeros(len(self), dtype=np.uint8)
        is_among[among.positions] = 1
        bits = np.packbits(is_among, bitorder="little")
        # The stub knows the form of C++, which does not keep the bits alive.
        only = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg,arg-type]
        return _Scope(len(among), among, only)

    def _nearest(
        self, query: NDArray[np.float32], k: int, scope: _Scope
    ) -> list[tuple[ChunkId, float]]:
        positions = self._candidates(query, k, scope)
        # FAISS sums in an order that depends on a row's place, so equal vectors can differ
        # in the last digit. Summed alike, they tie, and their order is the one added.
        scores = (self._rows(positions).astype(np.float64) * query).sum(axis=1)
        order = np.lexsort((positions, -scores))[:k]
        ids = self._chunks.ids(positions[order].tolist())
        return list(zip(ids, scores[order].tolist(), strict=True))

    def _candidates(self, query: NDArray[np.float32], k: int, scope: _Scope) -> NDArray[np.int64]:
        """Return positions that may belong to the best ``k``: every one, but for lists."""
        if self._lists is None:
            return _compared(query, self._all(), k, scope.count, scope.only)
        if scope.among is not None and scope.count <= _FEW:
            chosen = scope.among.positions
            return chosen[_compared(query, self._rows(chosen), k, scope.count, None)]
        return _listed(self._lists, query, k, scope, len(self))

    def _all(self) -> Vectors:
        """Return every row, mapped."""
        if self._mapped is None:
            self._mapped = self._map()
        if self._files is not None:
            self._files.check(self._path, 0, self._mapped.nbytes)
        return self._mapped

    def _rows(self, positions: NDArray[np.int64]) -> Vectors:
        if self._lists is None or self._files is None:
            return np.asarray(self._all()[positions])
        rows = np.empty((len(positions), self._dim), dtype=_FLOAT)
        self._files.read(self._path, _parts(positions, rows))
        return rows

    def _check(self, rows: Vectors) -> None:
        if rows.ndim != 2 or rows.shape[1] != self._dim:  # noqa: PLR2004 - rows and columns
            msg = f"vectors have shape {rows.shape}, expected (n, {self._dim})"
            raise ValueError(msg)
        if rows.dtype != np.float32:
            msg = f"vectors are {rows.dtype}, expected float32"
            raise ValueError(msg)
        norms = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        # Written so that a NaN fails too.
        if not bool(np.all(np.abs(norms - 1.0) <= _NORM_TOLERANCE)):
            msg = "vectors must have unit L2 norm"
            raise ValueError(msg)


def _parts(positions: NDArray[np.int64], rows: Vectors) -> Iterator[tuple[int, memoryview]]:
    """Yield where in the file each run of positions begins, and the rows that it fills."""
    starts = np.flatnonzero(np.diff(positions, prepend=-2) != 1).tolist()
    width = rows.shape[1] * _FLOAT.itemsize
    for start, end in pairwise([*starts, len(positions)]):
        yield int(positions[start]) * width, rows[start:end].data


def _compared(
    query: NDArray[np.float32], rows: Vectors, k: int, most: int, only: "faiss.IDSelector | None"
) -> NDArray[np.int64]:
    """Return every position of ``rows`` that may belong to the best ``k``."""
    import faiss

    # One question is compared in one thread: others would spin on afterwards, and take the
    # cores from the model.
    faiss.omp_set_num_threads(1)
    query = np.ascontiguousarray(query)
    count = min(most, k + _SPARE)
    while True:
        scores = np.empty(count, dtype=np.float32)
        positions = np.empty(count, dtype=np.int64)
        faiss.knn_inner_product(
            faiss.swig_ptr(query),
            faiss.swig_ptr(rows),
            rows.shape[1],
            1,
            len(rows),
            count,
            faiss.swig_ptr(scores),
            faiss.swig_ptr(positions),
            only,
        )
        if count == most or scores[k - 1] - scores[-1] > _ROUNDING:
            # -1 stands for "none", and must never be taken as the last vector.
            return positions[positions >= 0]
        count = min(most, count * 2)


def _listed(
    lists: "Lists", query: NDArray[np.float32], k: int, scope: _Scope, total: int
) -> NDArray[np.int64]:
    """Return positions that lists give, ``k`` at least if so many may be found."""
    from briefqa.backends.faiss.lists import candidate_count

    # Where a filter leaves one in ten, the nearest that it leaves lie farther out.
    probes = min(len(lists), -(-lists.probes * total // scope.count))
    count = min(scope.count, candidate_count(k))
    while True:
        scores, found = lists.candidates(query, count, probes, scope.only)
        if len(found) < k and probes < len(lists):
            probes = min(len(lists), probes * 2)
        elif len(found) < count or count == scope.count or scores[k - 1] - scores[-1] > _ROUNDING:
            return found
        else:
            count = min(scope.count, count * 2)
