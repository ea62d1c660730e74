"""The state of each document, before a change and after it; on the disk, for there may be millions.

A database beside what is staged. It is thrown away with it, and nothing in it has to be safe.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from briefqa.datatypes import DocId
from briefqa.indexing.manifest import Fingerprint

_COLUMNS = "doc_id, source, file_sha256, text_sha256, metadata_sha256"
_TABLE = """
CREATE TABLE {name} (
    doc_id TEXT PRIMARY KEY, source TEXT NOT NULL, file_sha256 TEXT NOT NULL,
    text_sha256 TEXT NOT NULL, metadata_sha256 TEXT NOT NULL, is_read INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
"""
_SCHEMA = f"""
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;
PRAGMA cache_size=-8000;
{_TABLE.format(name="before")}
{_TABLE.format(name="wanted")}
CREATE INDEX before_by_source ON before (source);
"""
# Not the file: a new line in a file of records changes no other record.
_IS_CHANGED = """(before.source, before.text_sha256, before.metadata_sha256)
    <> (wanted.source, wanted.text_sha256, wanted.metadata_sha256)"""


class Fingerprints:
    """The documents that an index is to hold, and those that it held before.

    For one thread. Each method raises sqlite3.OperationalError where the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        """Begin with none, in the new file ``path``."""
        self._database = sqlite3.connect(path.absolute().as_uri(), uri=True)
        self._database.executescript(_SCHEMA)
        self._count = 0

    def __len__(self) -> int:
        """Return how many documents the index is to hold."""
        return self._count

    def __iter__(self) -> Iterator[Fingerprint]:
        """Yield the documents that the index is to hold, sorted by id."""
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM wanted ORDER BY doc_id")  # noqa: S608 - ours
        return (Fingerprint(*row) for row in rows)

    def add_before(self, fingerprints: Iterable[Fingerprint]) -> None:
        """Add documents that the index holds now."""
        rows = ((*_values(each), 0) for each in fingerprints)
        self._database.executemany("INSERT INTO before VALUES (?, ?, ?, ?, ?, ?)", rows)

    def sources_before(self) -> list[str]:
        """Return the sources of the documents that the index holds now, sorted."""
        rows = self._database.execute("SELECT DISTINCT source FROM before ORDER BY source")
        return [source for (source,) in rows]

    def before_of(self, source: str) -> Iterator[Fingerprint]:
        """Yield the documents of ``source`` that the index holds now, sorted by id."""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM before WHERE source = ? ORDER BY doc_id",  # noqa: S608 - ours
            (source,),
        )
        return (Fingerprint(*row) for row in rows)

    def add(self, fingerprint: Fingerprint, *, is_read: bool) -> str | None:
        """Add a document that the index is to hold, one just read or one kept as it is.

        Returns:
            The source of the one that has its id already, if there is one; it stays.
        """
        added = self._database.execute(
            "INSERT OR IGNORE INTO wanted VALUES (?, ?, ?, ?, ?, ?)",
            (*_values(fingerprint), is_read),
        )
        if added.rowcount:
            self._count += 1
            return None
        [(first,)] = self._database.execute(
            "SELECT source FROM wanted WHERE doc_id = ?", (fingerprint.doc_id,)
        )
        return str(first)

    def origins(self) -> Iterator[tuple[DocId, bool]]:
        """Yield each document that the index is to hold, and whether it was read; sorted by id."""
        rows = self._database.execute("SELECT doc_id, is_read FROM wanted ORDER BY doc_id")
        return ((doc_id, bool(is_read)) for doc_id, is_read in rows)

    def added(self) -> tuple[DocId, ...]:
        """Return the documents that the index does not hold now, sorted."""
        return self._ids("wanted WHERE doc_id NOT IN (SELECT doc_id FROM before)")

    def removed(self) -> tuple[DocId, ...]:
        """Return the documents that the index holds now but is not to, sorted."""
        return self._ids("before WHERE doc_id NOT IN (SELECT doc_id FROM wanted)")

    def changed(self) -> tuple[DocId, ...]:
        """Return the documents whose source, text or metadata are to become others, sorted."""
        return self._ids(f"wanted JOIN before USING (doc_id) WHERE {_IS_CHANGED}")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _ids(self, found: str) -> tuple[DocId, ...]:
        statement = f"SELECT doc_id FROM {found} ORDER BY doc_id"  # noqa: S608 - ours
        return tuple(doc_id for (doc_id,) in self._database.execute(statement))


def _values(each: Fingerprint) -> tuple[str, str, str, str, str]:
    return each.doc_id, each.source, each.file_sha256, each.text_sha256, each.metadata_sha256
