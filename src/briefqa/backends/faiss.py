"""Exact nearest neighbours with FAISS."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import faiss
import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.protocols import Selection, Vectors

# How far two float32 sums of the same products may lie apart, and then some.
_ROUNDING = 1e-5
_NORM_TOLERANCE = 1e-3
_SPARE = 16
_NAME = "vectors"
_PIECE = 1 << 20

# Below this many multiplications one thread answers in a few milliseconds. More would
# spin on after the search and take the cores from the model: with FAISS's default, a
# question and its search among 20,000 vectors took 24 ms instead of 6 (two cores).
_SINGLE_THREADED = 100_000_000


@dataclass(frozen=True, slots=True)
class _Scope:
    """How many vectors a search may find, and what keeps it from finding others."""

    count: int
    only: faiss.SearchParameters | None


class FaissStore:
    """Unit vectors in memory, compared one by one: exact, and fast to some 200,000."""

    def __init__(self, index: faiss.IndexFlat, ids: Sequence[ChunkId]) -> None:
        self._index = index
        self._ids = list(ids)
        self._positions = {chunk_id: position for position, chunk_id in enumerate(self._ids)}

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: Sequence[ChunkId], rows: Vectors, /) -> None:
        """Add one vector a chunk.

        Raises:
            ValueError: If an id is not new, or the rows are not unit vectors of float32.
        """
        self._check(rows)
        if len(ids) != len(rows):
            msg = f"{len(ids)} ids for {len(rows)} vectors"
            raise ValueError(msg)
        if len(set(ids)) != len(ids) or not self._positions.keys().isdisjoint(ids):
            msg = "every id must be new"
            raise ValueError(msg)
        self._index.add(np.ascontiguousarray(rows))
        for chunk_id in ids:
            self._positions[chunk_id] = len(self._ids)
            self._ids.append(chunk_id)

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
            positions = [self._positions[chunk_id] for chunk_id in ids]
        except KeyError as error:
            msg = f"no vector of chunk {error.args[0]!r} in the store"
            raise ValueError(msg) from error
        return self._rows(np.array(positions, dtype=np.int64))

    def write(self, stream: BinaryIO, /) -> None:
        """Write the vectors, without their ids, as FAISS serialises them.

        Raises:
            OSError: If the stream cannot be written; FAISS's own writer would not say so.
        """
        # Piece by piece: a copy in memory would take as much again as the vectors.
        writer = faiss.PyCallbackIOWriter(stream.write, _PIECE)  # type: ignore[attr-defined] # the stub lacks it
        faiss.write_index(self._index, writer)

    def _scope(self, among: Selection | None) -> _Scope:
        """Return what holds a search to ``among``: a bit a vector, quick for few and for many."""
        if among is None:
            return _Scope(len(self), None)
        among.check_within(len(self))
        is_among = np.zeros(len(self), dtype=np.uint8)
        is_among[among.positions] = 1
        bits = np.packbits(is_among, bitorder="little")
        only = faiss.SearchParameters()
        # The stub knows the form of C++, which does not keep the bits alive.
        only.sel = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg,arg-type]
        return _Scope(len(among), only)

    def _nearest(
        self, query: NDArray[np.float32], k: int, scope: _Scope
    ) -> list[tuple[ChunkId, float]]:
        positions = self._candidates(query, k, scope)
        # FAISS sums in an order that depends on a row's place, so equal vectors can differ
        # in the last digit. Summed alike, they tie, and their order is the one added.
        scores = (self._rows(positions).astype(np.float64) * query).sum(axis=1)
        order = np.lexsort((positions, -scores))[:k]
        return [(self._ids[positions[each]], float(scores[each])) for each in order]

    def _candidates(self, query: NDArray[np.float32], k: int, scope: _Scope) -> NDArray[np.int64]:
        """Return every position that may belong to the best ``k``."""
        size = len(self) * self._index.d
        faiss.omp_set_num_threads(1 if size < _SINGLE_THREADED else os.cpu_count() or 1)
        count = min(scope.count, k + _SPARE)
        while True:
            scores, positions = self._index.search(query[None], count, params=scope.only)
            # -1 stands for "none", and must never be taken as the last vector.
            found: NDArray[np.int64] = positions[0][positions[0] >= 0]
            is_cut_clear = scores[0][k - 1] - scores[0][-1] > _ROUNDING
            if count == scope.count or is_cut_clear:
                return found
            count = min(scope.count, count * 2)

    def _rows(self, positions: NDArray[np.int64]) -> Vectors:
        if not len(positions):
            return np.empty((0, self._index.d), dtype=np.float32)
        rows: Vectors = self._index.reconstruct_batch(positions)
        return rows

    def _check(self, rows: Vectors) -> None:
        if rows.ndim != 2 or rows.shape[1] != self._index.d:  # noqa: PLR2004 - rows and columns
            msg = f"vectors have shape {rows.shape}, expected (n, {self._index.d})"
            raise ValueError(msg)
        if rows.dtype != np.float32:
            msg = f"vectors are {rows.dtype}, expected float32"
            raise ValueError(msg)
        norms = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        # Written so that a NaN fails too.
        if not bool(np.all(np.abs(norms - 1.0) <= _NORM_TOLERANCE)):
            msg = "vectors must have unit L2 norm"
            raise ValueError(msg)


class FaissBackend:
    """Makes and reopens exact FAISS stores."""

    def create(self, dim: int, /, *, capacity: int = 0) -> FaissStore:
        """Return an empty store for vectors of width ``dim``, with room for ``capacity``."""
        index = faiss.IndexFlatIP(dim)
        # Emptied, it keeps its room; growing by doubling, it would come to take twice as much.
        index.codes.resize(capacity * index.code_size)
        index.codes.resize(0)
        return FaissStore(index, [])

    def load(self, data: bytes, ids: Sequence[ChunkId], /) -> FaissStore:
        """Reopen what ``write`` wrote; ``ids`` are in the order added.

        Check the data's hash first: FAISS reads most damaged files without complaint.

        Raises:
            IndexDamagedError: If the data is not a store of ``len(ids)`` vectors.
        """
        try:
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError as error:
            first_line = str(error).splitlines()[0]
            raise IndexDamagedError(_NAME, f"FAISS cannot read them: {first_line}") from error
        if (
            not isinstance(index, faiss.IndexFlat)
            or index.metric_type != faiss.METRIC_INNER_PRODUCT
        ):
            raise IndexDamagedError(_NAME, f"they are a {type(index).__name__}")
        if index.ntotal != len(ids):
            detail = f"there are {index.ntotal}, expected {len(ids)}"
            raise IndexDamagedError(_NAME, detail)
        return FaissStore(index, ids)
