"""Which chunk has which number, as the catalogue of a generation says."""

from collections.abc import Callable, Sequence
from typing import Any

from briefqa.datatypes import ChunkId
from briefqa.indexing.recent import Recent

# A question asks for some hundred, and for each of them twice.
_KEPT = 8192


class CatalogueNumbers:
    """Looks up chunks and their places; a million ids in memory would take a second to read.

    The last few thousand are kept at hand. Safe to use from several threads.
    """

    # Any, because the schema, not Python, types what SQLite returns.
    def __init__(self, rows_of: Callable[[str, Sequence[Any]], list[Any]], count: int) -> None:
        """Look up in a catalogue.

        Args:
            rows_of: Runs a statement that ends in the name of a column on its database, for the
                rows in which the column is one of the values.
            count: How many chunks there are.
        """
        self._rows_of = rows_of
        self._count = count
        self._ids = Recent[int, ChunkId](_KEPT)
        self._places = Recent[ChunkId, int](_KEPT)

    def __len__(self) -> int:
        return self._count

    def ids(self, positions: Sequence[int], /) -> list[ChunkId]:
        """Return the chunks at these places."""
        return self._ids.of(positions, self._ids_at)

    def positions(self, ids: Sequence[ChunkId], /) -> list[int]:
        """Return the places of these chunks; `KeyError` if there is no such chunk."""
        return self._places.of(ids, self._places_of)

    def _ids_at(self, positions: Sequence[int]) -> dict[int, ChunkId]:
        rows = self._rows_of("SELECT position, chunk_id FROM chunks WHERE position", positions)
        # Vectors and tokens are asked for by id as soon as these have been found.
        self._places.keep({chunk_id: place for place, chunk_id in rows})
        return dict(rows)

    def _places_of(self, ids: Sequence[ChunkId]) -> dict[ChunkId, int]:
        return dict(self._rows_of("SELECT chunk_id, position FROM chunks WHERE chunk_id", ids))
