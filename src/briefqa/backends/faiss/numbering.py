"""Which chunk has which number, while a store is written."""

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import ChunkId


class NumberedChunks:
    """Ids of chunks held in memory, in the order in which they are added.

    There may be millions: they stand as bytes in a row, and are found by way of their hashes,
    which are kept in sorted runs. Each run is less than half as long as the one before.
    """

    def __init__(self, ids: Iterable[ChunkId] = ()) -> None:
        self._data = bytearray()
        self._ends = array("q", [0])
        self._runs: list[_Run] = []
        self.add(list(ids))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def ids(self, positions: Sequence[int], /) -> list[ChunkId]:
        """Return the chunks at these places."""
        return [self._id(place) for place in positions]

    def positions(self, ids: Sequence[ChunkId], /) -> list[int]:
        """Return the places of these chunks; `KeyError` if there is no such chunk."""
        found = self._found(ids)
        for number, chunk_id in enumerate(ids):
            if number not in found:
                raise KeyError(chunk_id)
        return [found[number] for number in range(len(ids))]

    def add(self, ids: Sequence[ChunkId], /) -> None:
        """Add ids, every one of which must be new.

        Raises:
            ValueError: If one is not.
        """
        if len(set(ids)) != len(ids) or self._found(ids):
            msg = "every id must be new"
            raise ValueError(msg)
        if not ids:
            return
        first = len(self)
        for chunk_id in ids:
            self._data += chunk_id.encode()
            self._ends.append(len(self._data))
        run = _Run.of(_hashes(ids), np.arange(first, len(self)))
        while self._runs and len(self._runs[-1].hashes) <= 2 * len(run.hashes):
            last = self._runs.pop()
            run = _Run.of(
                np.concatenate((last.hashes, run.hashes)),
                np.concatenate((last.places, run.places)),
            )
        self._runs.append(run)

    def _id(self, place: int) -> ChunkId:
        place = range(len(self))[place]
        return ChunkId(self._data[self._ends[place] : self._ends[place + 1]].decode())

    def _found(self, ids: Sequence[ChunkId]) -> dict[int, int]:
        """Return the places of those of ``ids`` that there are, by their numbers among ``ids``."""
        hashes = _hashes(ids)
        found: dict[int, int] = {}
        for run in self._runs:
            at = np.searchsorted(run.hashes, hashes)
            while True:
                # Another id may have the same hash.
                within = np.minimum(at, len(run.hashes) - 1)
                alike = np.flatnonzero((at == within) & (run.hashes[within] == hashes)).tolist()
                if not alike:
                    break
                for number in alike:
                    place = int(run.places[at[number]])
                    if self._id(place) == ids[number]:
                        found[number] = place
                at += 1
        return found


class _Run:
    """Hashes of ids, which ascend, and the places of these ids; shape (n,) both."""

    def __init__(self, hashes: NDArray[np.int64], places: NDArray[np.int64]) -> None:
        self.hashes = hashes
        self.places = places

    @classmethod
    def of(cls, hashes: NDArray[np.int64], places: NDArray[np.int64]) -> "_Run":
        order = np.argsort(hashes, kind="stable")
        return cls(hashes[order], places[order])


def _hashes(ids: Sequence[ChunkId]) -> NDArray[np.int64]:
    return np.fromiter(map(hash, ids), dtype=np.int64, count=len(ids))
