"""Unit vectors in a file of their own, compared one by one, or by way of lists."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from briefqa.backends.faiss.lists import Lists, build_lists, candidate_count
from briefqa.datatypes import ChunkId
from briefqa.protocols import BlockCheck, ProgressListener, Selection, Vectors

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
_FEW = 20_000


@dataclass(frozen=True, slots=True)
class Form:
    """When a store gets lists, and what share of the nearest they are to find."""

    recall: float
    beyond: int


@dataclass(frozen=True, slots=True)
class _Scope:
    """How many vectors a search may find, and what keeps it from finding others."""

    count: int
    among: Selection | None
    only: faiss.IDSelector | None


def _trusted(path: Path, start: int, end: int, /) -> None:
    """Take what this process has just written for what it is."""


class FaissStore:
    """Unit vectors in a mapped file; any number of threads may search it."""

    def __init__(  # noqa: PLR0913 - what it is and how it is read
        self,
        folder: Path,
        dim: int,
        ids: Sequence[ChunkId],
        *,
        form: Form,
        check: BlockCheck = _trusted,
        lists: Lists | None = None,
    ) -> None:
        self._folder = folder
        self._dim = dim
        self._ids = list(ids)
        self._places: dict[ChunkId, int] | None = None
        self._form = form
        self._check_block = check
        self._lists = lists
        self._mapped = self._map()

    @property
    def _positions(self) -> dict[ChunkId, int]:
        # A question needs none of these, and a million take a second.
        if self._places is None:
            self._places = {chunk_id: place for place, chunk_id in enumerate(self._ids)}
        return self._places

    def __len__(self) -> int:
        return len(self._ids)

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
        if len(set(ids)) != len(ids) or not self._positions.keys().isdisjoint(ids):
            msg = "every id must be new"
            raise ValueError(msg)
        with (self._folder / ROWS).open("ab") as stream:
            stream.write(np.ascontiguousarray(rows, dtype=_FLOAT).data)
        places = self._positions
        for chunk_id in ids:
            places[chunk_id] = len(self._ids)
            self._ids.append(chunk_id)
        self._lists = None
        self._mapped = self._map()

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

    def finish(self, on_progress: ProgressListener, /) -> None:
        """Write all that ``load`` needs; with many vectors that is also the lists of them.

        Raises:
            OSError: If the disk refuses.
        """
        reached = None
        if len(self) > self._form.beyond and self._form.recall < 1:
            path = self._folder / LISTS
            reached = build_lists(
                self._mapped, path, recall=self._form.recall, on_progress=on_progress
            )
        record = {
            "vectors": len(self),
            "dim": self._dim,
            "lists": reached.to_record() if reached else None,
        }
        (self._folder / ABOUT).write_text(json.dumps(record, indent=1, sort_keys=True))

    def _map(self) -> Vectors:
        if not self._ids:
            # Nothing cannot be mapped.
            return np.empty((0, self._dim), dtype=np.float32)
        shape = (len(self._ids), self._dim)
        return np.memmap(self._folder / ROWS, dtype=_FLOAT, mode="r", shape=shape)

    def _scope(self, among: Selection | None) -> _Scope:
        """Return what holds a search to ``among``: a bit a vector, quick for few and for many."""
        if among is None:
            return _Scope(len(self), None, None)
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
        return [(self._ids[positions[each]], float(scores[each])) for each in order]

    def _candidates(self, query: NDArray[np.float32], k: int, scope: _Scope) -> NDArray[np.int64]:
        """Return positions that may belong to the best ``k``: every one, but for lists."""
        if self._lists is None:
            self._check_block(self._folder / ROWS, 0, self._mapped.nbytes)
            return _compared(query, self._mapped, k, scope.count, scope.only)
        if scope.among is not None and scope.count <= _FEW:
            chosen = scope.among.positions
            return chosen[_compared(query, self._rows(chosen), k, scope.count, None)]
        return _listed(self._lists, query, k, scope, len(self))

    def _rows(self, positions: NDArray[np.int64]) -> Vectors:
        width = self._dim * _FLOAT.itemsize
        path = self._folder / ROWS
        for position in positions.tolist():
            self._check_block(path, position * width, (position + 1) * width)
        rows: Vectors = np.asarray(self._mapped[positions])
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


def _compared(
    query: NDArray[np.float32], rows: Vectors, k: int, most: int, only: faiss.IDSelector | None
) -> NDArray[np.int64]:
    """Return every position of ``rows`` that may belong to the best ``k``."""
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
    lists: Lists, query: NDArray[np.float32], k: int, scope: _Scope, total: int
) -> NDArray[np.int64]:
    """Return positions that lists give, ``k`` at least if so many may be found."""
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
