"""Reads rows of the two collections of a generation, as many as there are."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from briefqa.assembly.milvus.rows import TERM
from briefqa.backends.milvus.expressions import any_of
from briefqa.backends.milvus.layout import DATA, DOCUMENT, KEY, NUMBER, PIECE, TEXT, joined
from briefqa.backends.milvus.server import MOST_ROWS, SETTLED, MilvusServer, Row, damaged

_IDS_AT_ONCE = 200
# Of 15,000 characters each.
_KEYS_AT_ONCE = 100

Read = TypeVar("Read")


class Collections:
    """Reads rows of the two collections of a generation."""

    def __init__(
        self, server: MilvusServer, chunks: str, records: str, consistency: str = SETTLED
    ) -> None:
        self.server = server
        self.chunk_collection, self.record_collection = chunks, records
        self.consistency = consistency

    def chunk_rows(self, where: str, fields: Sequence[str]) -> list[Row]:
        """Return the chunks of which ``where`` is true."""
        return self.server.query(self.chunk_collection, where, fields, consistency=self.consistency)

    def records(self, where: str, fields: Sequence[str]) -> list[Row]:
        """Return the records of which ``where`` is true."""
        return self.server.query(
            self.record_collection, where, fields, consistency=self.consistency
        )

    def text_of(self, kind: str, name: str = "") -> str:
        """Return one text.

        Raises:
            IndexDamagedError: If there is none.
        """
        found = self.texts(kind, [name]).get(name)
        if found is None:
            detail = f"holds no {kind} {name!r}"
            raise self.damaged(detail)
        return found

    def texts(self, kind: str, names: Sequence[str]) -> dict[str, str]:
        """Return the texts of a kind that there are, by name, however long they are.

        Raises:
            IndexDamagedError: If a piece of one is missing.
        """
        firsts = self._of_keys([f"{kind}:{name}:0" for name in names])
        keys = {
            name: [f"{kind}:{name}:{piece}" for piece in range(int(first[NUMBER]))]
            for name in names
            if (first := firsts.get(f"{kind}:{name}:0")) is not None
        }
        wanted = [key for each in keys.values() for key in each[1:]]
        rows = firsts | self._of_keys(wanted)
        for key in wanted:
            if key not in rows:
                detail = f"holds no {key}"
                raise self.damaged(detail)
        return {name: joined(rows[key] for key in each) for name, each in keys.items()}

    def _of_keys(self, keys: Sequence[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            part = keys[start : start + _KEYS_AT_ONCE]
            rows = self.records(any_of(KEY, part), (KEY, PIECE, NUMBER, DATA))
            found |= {str(row[KEY]): row for row in rows}
        return found

    def all_records(self, where: str, fields: Sequence[str], documents: int) -> Iterator[Row]:
        """Yield all records of documents of which ``where`` is true, however many."""
        parts = [(0, documents)]
        while parts:
            first, end = parts.pop()
            within = f"{DOCUMENT} >= {first} and {DOCUMENT} < {end}"
            rows = self.records(f"({where}) and {within}", fields)
            if len(rows) < MOST_ROWS or end - first <= 1:
                yield from rows
            else:
                # Milvus gives no more at once.
                middle = (first + end) // 2
                parts += [(middle, end), (first, middle)]

    def damaged(self, detail: str) -> Exception:
        """Return the error of a generation that is not whole."""
        return damaged(self.server.address, f"{self.record_collection}: {detail}")

    def read(self, reading: Callable[[], Read]) -> Read:
        """Return what ``reading`` makes of rows.

        Raises:
            IndexDamagedError: If they are not what was written.
        """
        try:
            return reading()
        except (ValueError, TypeError, KeyError) as error:
            detail = f"holds what cannot be read: {error}"
            raise self.damaged(detail) from error


def term_lookup(collections: Collections) -> Callable[[Sequence[str]], dict[str, tuple[int, int]]]:
    """Return what gives, for terms, their dimension and how many chunks hold each."""

    def look_up(terms: Sequence[str]) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        for start in range(0, len(terms), _IDS_AT_ONCE):
            keys = [f"{TERM}:{term}" for term in terms[start : start + _IDS_AT_ONCE]]
            rows = collections.records(any_of(KEY, keys), (TEXT, DOCUMENT, NUMBER))
            found |= {row[TEXT]: (int(row[DOCUMENT]), int(row[NUMBER])) for row in rows}
        return found

    return look_up
