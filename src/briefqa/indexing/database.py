"""Reads a database of SQLite's, of which no page is parsed before it is sure."""

import threading
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import apsw

from briefqa.errors import IndexDamagedError
from briefqa.indexing.blocks import BLOCK_BYTES
from briefqa.protocols import ReadFiles

# Old versions of SQLite take 999 parameters.
_IDS_AT_ONCE = 500
_ROWS_AT_ONCE = 1000

_numbers = count()


def reading_uri(path: Path) -> str:
    """Return what SQLite opens the database at ``path`` by, for reading."""
    # The file never changes, so SQLite needs neither locks nor journal.
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


class Database:
    """A database that nobody writes; any thread may use it."""

    def __init__(self, path: Path, files: ReadFiles) -> None:
        """Open the file at ``path``, of which pages are read through ``files``.

        Raises:
            IndexDamagedError: If the file is not the one that was written, or cannot be read.
        """
        self._path = path
        self._lock = threading.Lock()
        files.size(path)
        # SQLite knows file systems by their names, and this one reads this file alone.
        name = f"briefqa-{next(_numbers)}"
        self._system = _FileSystem(name, path, files)
        try:
            self._connection = apsw.Connection(
                reading_uri(path),
                flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
                vfs=name,
            )
        except apsw.Error as error:
            raise self._unreadable(error) from error

    # Any, because the schema, not Python, types what SQLite returns.
    def rows(self, statement: str, *values: str | float) -> list[Any]:
        """Return the rows of a statement.

        Raises:
            IndexDamagedError: If a page that it needs is not what was written.
        """
        return list(self.stream(statement, *values))

    def rows_of(self, statement: str, ids: Sequence[str | int]) -> list[Any]:
        """Return the rows of a statement that ends in the name of a column which is one of ``ids``.

        Not as one list in JSON, which SQLite would read to the first NUL only.

        Raises:
            IndexDamagedError: If a page that it needs is not what was written.
        """
        rows: list[Any] = []
        for start in range(0, len(ids), _IDS_AT_ONCE):
            part = ids[start : start + _IDS_AT_ONCE]
            rows += self.rows(f"{statement} IN ({', '.join('?' * len(part))})", *part)
        return rows

    def stream(self, statement: str, *values: str | float) -> Iterator[Any]:
        """Yield the rows of a statement as they are asked for, some at a time.

        Raises:
            IndexDamagedError: If a page that it needs is not what was written.
        """
        try:
            with self._lock:
                cursor = self._connection.execute(statement, values)
                rows = list(islice(cursor, _ROWS_AT_ONCE))
            while rows:
                yield from rows
                with self._lock:
                    rows = list(islice(cursor, _ROWS_AT_ONCE))
        except (apsw.ConnectionClosedError, apsw.CursorClosedError):
            raise  # A mistake of ours.
        except apsw.Error as error:
            raise self._unreadable(error) from error

    def close(self) -> None:
        """Close the file; the database is of no use afterwards."""
        with self._lock:
            self._connection.close()

    def _unreadable(self, error: apsw.Error) -> IndexDamagedError:
        return IndexDamagedError(self._path, f"cannot be read: {error}")


class _FileSystem(apsw.VFS):
    """What SQLite opens the file with: the system's own, but for how it is read."""

    def __init__(self, name: str, path: Path, files: ReadFiles) -> None:
        super().__init__(name, "")
        self._path = path
        self._files = files

    # Its names are SQLite's.
    def xOpen(  # noqa: N802
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        if flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            return _Pages(name, flags, self._path, self._files)
        # One that it sorts in.
        return super().xOpen(name, flags)


class _Pages(apsw.VFSFile):
    def __init__(
        self, name: str | apsw.URIFilename | None, flags: list[int], path: Path, files: ReadFiles
    ) -> None:
        super().__init__("", name, flags)
        self._path = path
        self._files = files
        self._size = files.size(path)
        self._sure: set[int] = set()

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - as above
        # Read by the system's own code: to let go of the interpreter's lock once more for each
        # page makes whoever has other threads beside it wait for them.
        block, last = offset // BLOCK_BYTES, (offset + amount - 1) // BLOCK_BYTES
        # Kept here as well: a question reads some hundred pages.
        if block != last or block not in self._sure:
            self._files.check(self._path, offset, min(offset + amount, self._size))
            self._sure.add(block)
        return super().xRead(amount, offset)
