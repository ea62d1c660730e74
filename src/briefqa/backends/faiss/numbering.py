"""Which chunk has which number, while a store is written."""

from collections.abc import Iterable, Sequence

from briefqa.datatypes import ChunkId


class NumberedChunks:
    """Ids of chunks held in memory, in the order in which they are added."""

    def __init__(self, ids: Iterable[ChunkId] = ()) -> None:
        self._ids = list(ids)
        self._places = {chunk_id: place for place, chunk_id in enumerate(self._ids)}

    def __len__(self) -> int:
        return len(self._ids)

    def ids(self, positions: Sequence[int], /) -> list[ChunkId]:
        """Return the chunks at these places."""
        return [self._ids[place] for place in positions]

    def positions(self, ids: Sequence[ChunkId], /) -> list[int]:
        """Return the places of these chunks; `KeyError` if there is no such chunk."""
        return [self._places[chunk_id] for chunk_id in ids]

    def add(self, ids: Sequence[ChunkId], /) -> None:
        """Add ids, every one of which must be new.

        Raises:
            ValueError: If one is not.
        """
        if len(set(ids)) != len(ids) or not self._places.keys().isdisjoint(ids):
            msg = "every id must be new"
            raise ValueError(msg)
        self._places |= zip(ids, range(len(self), len(self) + len(ids)), strict=True)
        self._ids += ids
