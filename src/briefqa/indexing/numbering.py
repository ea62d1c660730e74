"""Which chunk has which number, as the catalogue of a generation says."""

from collections.abc import Callable, Sequence
from typing import Any

from briefqa.datatypes import ChunkId

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
        self._ids: dict[int, ChunkId] = {}
        self._places: dict[ChunkId, int] = {}

    def __len__(self) -> int:
        return self._count

    def ids(self, positions: Sequence[int], /) -> list[ChunkId]:
        """Return the chunks at these places."""
        known = self._ids
        missing = [place for place in positions if place not in known]
        if missing:
            known.update(self._found("position", missing))
        return [known[place] for place in positions]

    def positions(self, ids: Sequence[ChunkId], /) -> list[int]:
        """Return the places of these chunks; `KeyError` if there is no such chunk."""
        known = self._places
        missing = [chunk_id for chunk_id in ids if chunk_id not in known]
        if missing:
            found = self._found("chunk_id", missing)
            known.update((chunk_id, place) for place, chunk_id in found.items())
        return [known[chunk_id] for chunk_id in ids]

    def _found(self, column: str, values: Sequence[int | ChunkId]) -> dict[int, ChunkId]:
        statement = f"SELECT position, chunk_id FROM chunks WHERE {column}"  # noqa: S608 - ours
        found: dict[int, ChunkId] = dict(self._rows_of(statement, values))
        if len(self._ids) > _KEPT:
            # Not emptied: another thread may just be looking up what it made sure of.
            self._ids, self._places = {}, {}
        self._ids.update(found)
        self._places.update((chunk_id, place) for place, chunk_id in found.items())
        return found
