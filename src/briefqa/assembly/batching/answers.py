"""The file of answers of a batch, which is never left with half a line or with one twice.

Lines are added at its end. Where one in the midst is to be replaced, because the
question failed or the index has changed, a new file grows beside it,
``.NAME.partial``, and takes its place once all lines of the old one are dealt
with. If that is interrupted, the lines of both are joined: at once, or, after a
kill, by the next run.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from filelock import FileLock, Timeout

from briefqa.errors import UsageError

_BEGINNING = b'{"id": '
_PIECE = 1 << 20


class AnswerFile:
    """A file of answers, one a line in the order of the questions, that can be taken up again.

    Lines that are put again as they were stay where they are. Each line that is
    put is with the system when `put` returns, so that a killed process loses none.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, which is made if need be, and heal what a killed run has left.

        Raises:
            UsageError: If there is something else than such a file, another process writes
                it, or it cannot be written.
        """
        # A link stays, and leads to the file that is written.
        self._path = path.resolve()
        name = self._path.name
        self._partial = self._path.with_name(f".{name}.partial")
        self._lock = FileLock(self._path.with_name(f".{name}.lock"), blocking=False)
        try:
            # Left to itself, the lock would make the folder.
            self._path.parent.stat()
            self._lock.acquire()
        except Timeout as error:
            msg = f"{str(path)!r} is being written by another batch; wait for it, or stop it"
            raise UsageError(msg) from error
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            _check_ours(path)
            _check_ours(self._partial)
            self._join()
            self._stream = FileIO(self._path, "rb+" if self._path.exists() else "xb+")
            self._end = _end_of_lines(self._stream)
            self._stream.truncate(self._end)
        except OSError as error:
            self._release()
            raise _unwritable(path, error) from error
        except UsageError:
            self._release()
            raise
        self._reader: BinaryIO | None = None
        # Up to here lines stand as they were, or were dealt with in a new file.
        self._reached = 0
        self._is_as_it_was = True
        self._is_beside = False

    def start_over(self) -> None:
        """Drop every line of an earlier run."""
        self._stream.truncate(0)
        self._end = 0

    def earlier(self) -> Iterator[bytes]:
        """Yield the lines of an earlier run, with their breaks, as they are asked for."""
        with self._path.open("rb") as stream:
            self._reader = stream
            place = 0
            # Not until the end of the file: lines may be added while this goes on.
            while place < self._end:
                line = stream.readline()
                place += len(line)
                yield line

    def put(self, line: bytes, earlier: bytes | None) -> None:
        """Put the next line, in the place of the next ``earlier`` one where there is one.

        Raises:
            OSError: If the disk refuses.
        """
        if self._is_as_it_was and line != earlier:
            self._is_as_it_was = False
            self._stream.seek(self._reached)
            if self._reached + len(earlier or b"") < self._end:
                self._go_beside()
            else:
                self._stream.truncate()
        self._reached += len(earlier or b"")
        if not self._is_as_it_was:
            self._add(line)
        if self._is_beside and self._reached >= self._end:
            self._take_place()

    def finish(self) -> None:
        """Drop what is left of an earlier run, and wait until all is on the disk.

        Raises:
            OSError: If the disk refuses.
        """
        if self._is_beside:
            self._take_place()
        elif self._is_as_it_was:
            self._stream.truncate(self._reached)
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Close the file; what was not put is as it was."""
        self._stream.close()
        if self._reader is not None:
            self._reader.close()
        try:
            if self._is_beside:
                self._join()
        finally:
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _add(self, line: bytes) -> None:
        place = self._stream.tell()
        try:
            _write(self._stream, line)
        except BaseException:
            # A disk that is full took a part of it.
            with suppress(OSError):
                self._stream.truncate(place)
            raise

    def _go_beside(self) -> None:
        """Go on in a new file, which begins with the lines that stand."""
        stream = FileIO(self._partial, "wb+")
        self._stream.seek(0)
        _copy(self._stream, stream, self._reached)
        self._stream.close()
        self._stream = stream
        self._is_beside = True

    def _take_place(self) -> None:
        os.fsync(self._stream.fileno())
        self._stream.close()
        if self._reader is not None:
            self._reader.close()
        self._partial.replace(self._path)
        self._is_beside = False
        self._stream = FileIO(self._path, "rb+")
        self._stream.seek(0, os.SEEK_END)

    def _join(self) -> None:
        """Put the lines of an interrupted new file in the place of as many old ones."""
        if not self._partial.exists():
            return
        joined = self._path.with_name(f".{self._path.name}.joined")
        with FileIO(joined, "wb") as target:
            with FileIO(self._partial) as newer:
                end = _end_of_lines(newer)
                newer.seek(0)
                _copy(newer, target, end)
            count = _count_lines(self._partial)
            if self._path.exists():
                with self._path.open("rb") as older:
                    for _ in range(count):
                        older.readline()
                    start = older.tell()
                with FileIO(self._path) as rest:
                    rest.seek(start)
                    _copy(rest, target, self._path.stat().st_size - start)
            os.fsync(target.fileno())
        joined.replace(self._path)
        self._partial.unlink()

    def _release(self) -> None:
        with suppress(OSError):
            # Without it the folder would keep a file that nobody knows the use of.
            Path(self._lock.lock_file).unlink()
        self._lock.release()


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{str(path)!r} cannot be written: {error.strerror or error}")


def _check_ours(path: Path) -> None:
    """Refuse a file that no batch has written: nothing else may be written over."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        first = stream.readline()
    is_cut_off = not first.endswith(b"\n") and (
        _BEGINNING.startswith(first) or first.startswith(_BEGINNING)
    )
    try:
        record = json.loads(first)
    except (ValueError, RecursionError):
        is_ours = is_cut_off
    else:
        is_ours = (
            isinstance(record, dict)
            and {"id", "position", "question"} <= set(record)
            and ("error" in record or "index" in record)
        )
    if not is_ours:
        msg = (
            f"{str(path)!r} holds something else than answers of `briefqa batch`, and is not "
            "written over; give another file, or remove it first"
        )
        raise UsageError(msg)


def _end_of_lines(stream: FileIO) -> int:
    """Return where the last whole line ends."""
    place = stream.seek(0, os.SEEK_END)
    while place > 0:
        start = max(0, place - _PIECE)
        stream.seek(start)
        found = (stream.read(place - start) or b"").rfind(b"\n")
        if found >= 0:
            return start + found + 1
        place = start
    return 0


def _count_lines(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(line.endswith(b"\n") for line in stream)


def _copy(source: FileIO, target: FileIO, size: int) -> None:
    """Copy ``size`` bytes from where ``source`` stands."""
    while size > 0 and (piece := source.read(min(size, _PIECE))):
        _write(target, piece)
        size -= len(piece)


def _write(stream: FileIO, data: bytes) -> None:
    """Hand all of ``data`` to the system, which may take it in parts."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) or 0 :]
