"""Reads the files that will be asked for next while the caller is busy with one."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, Thread
from typing import Protocol, Self

from briefqa.datatypes import Document
from briefqa.documents.files import SourceFile
from briefqa.documents.isolation import READER, ReaderProcess
from briefqa.documents.options import DEFAULT_OPTIONS, ReadingOptions
from briefqa.errors import BackendError, DocumentError
from briefqa.machine import available_cores

_FILES_A_PROCESS = 8
"""How many files must wait for each process before another is worth its start."""

_IDLE_S = 2.0
"""How long a process without a file is kept: its memory is of use to the model."""

_MOST_FOUND = 64
_MOST_AHEAD = 20_000_000
"""How many characters may wait; beyond, only the file that is asked for is read on."""


class FileReader(Protocol):
    """Reads one file after another, as `ReaderProcess` does; used by one thread but for `close`."""

    def begin(self) -> None:
        """Get ready for the first file, where that takes time; raises BackendError if it cannot."""
        ...

    def read(self, file: SourceFile, /) -> Iterator[Document | DocumentError]:
        """Yield the documents of ``file`` in order, and an error for each that cannot be read."""
        ...

    def close(self) -> None:
        """End it, and the read that is under way."""
        ...


@dataclass(slots=True, eq=False)
class _Expected:
    """A file that will be asked for, and what was found in it and not fetched yet."""

    file: SourceFile
    found: deque[Document | DocumentError] = field(default_factory=deque)
    is_whole: bool = False
    is_wanted: bool = True
    failure: BaseException | None = None


class ReaderPool:
    """Reads files in several processes, as far ahead as it is told of them.

    Use it as a context manager, and from one thread::

        with ReaderPool(options) as readers:
            for file in files:
                readers.expect(file)
            for file in files:
                for found in readers.read(file):
                    ...

    Args:
        options: How files are read, and how far each may go.
        processes: How many there may be; by default as many as there are cores.
        reader: Import path of the function that a process calls, as for `ReaderProcess`.
        start: Gives a reader in the place of a process of this machine.
    """

    def __init__(
        self,
        options: ReadingOptions = DEFAULT_OPTIONS,
        *,
        processes: int | None = None,
        reader: str = READER,
        start: Callable[[], FileReader] | None = None,
    ) -> None:
        self._start = start or partial(ReaderProcess, options, reader=reader)
        self._most = processes or available_cores()
        self._expected: deque[_Expected] = deque()
        # All that follows is guarded by this.
        self._changed = Condition()
        self._workers: dict[FileReader, Thread] = {}
        self._waiting: deque[_Expected] = deque()
        self._asked: _Expected | None = None
        self._characters = 0
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process, whatever it is doing."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            workers = dict(self._workers)
        for reader, thread in workers.items():
            while thread.is_alive():
                # Again and again: it may just have been about to start one.
                reader.close()
                thread.join(0.05)

    def begin(self) -> None:
        """Start a process now, so that the first file need not wait for it."""
        with self._changed:
            if not self._workers:
                self._begin_one()

    def expect(self, file: SourceFile) -> None:
        """Say that ``file`` will be asked for, after those expected before."""
        expected = _Expected(file)
        self._expected.append(expected)
        with self._changed:
            self._waiting.append(expected)
            if len(self._workers) < min(self._most, 1 + len(self._waiting) // _FILES_A_PROCESS):
                self._begin_one()
            self._changed.notify_all()

    def _begin_one(self) -> None:
        reader = self._start()
        thread = Thread(target=self._work, args=(reader,), daemon=True)
        self._workers[reader] = thread
        thread.start()

    def read(self, file: SourceFile) -> Iterator[Document | DocumentError]:
        """Yield the documents of ``file`` in order, and an error for each that cannot be read.

        Raises:
            ValueError: If another file was expected before it.
            BackendError: If no process can be started.
        """
        if not self._expected:
            self.expect(file)
        if self._expected[0].file != file:
            msg = f"{self._expected[0].file.source!r} was expected before {file.source!r}"
            raise ValueError(msg)
        each = self._expected.popleft()
        try:
            while (found := self._fetched(each)) is not None:
                yield found
        finally:
            with self._changed:
                each.is_wanted = False
                self._characters -= sum(map(_characters, each.found))
                self._changed.notify_all()
        if each.failure is not None:
            raise each.failure

    def _fetched(self, each: _Expected) -> Document | DocumentError | None:
        with self._changed:
            self._asked = each
            self._changed.notify_all()
            self._changed.wait_for(lambda: each.found or each.is_whole)
            if not each.found:
                return None
            found = each.found.popleft()
            self._characters -= _characters(found)
            return found

    def _work(self, reader: FileReader) -> None:
        with closing(reader):
            with suppress(BackendError):  # The first read tries again, and says why it cannot.
                reader.begin()
            while (each := self._next(reader)) is not None:
                try:
                    for found in reader.read(each.file):
                        if not self._hand_over(each, found):
                            break
                except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                    each.failure = error
                with self._changed:
                    each.is_whole = True
                    self._changed.notify_all()

    def _next(self, reader: FileReader) -> _Expected | None:
        """Return the next file for ``reader``; None if it is not needed any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed, _IDLE_S)
            if self._waiting and not self._is_closed:
                return self._waiting.popleft()
            self._workers.pop(reader, None)
            return None

    def _hand_over(self, each: _Expected, found: Document | DocumentError) -> bool:
        """Wait until there is room for ``found``; return whether it is still wanted."""

        def may_go_on() -> bool:
            has_room = self._characters <= _MOST_AHEAD or each is self._asked
            return is_in_vain() or (has_room and len(each.found) < _MOST_FOUND)

        def is_in_vain() -> bool:
            return self._is_closed or not each.is_wanted

        with self._changed:
            self._changed.wait_for(may_go_on)
            if is_in_vain():
                return False
            each.found.append(found)
            self._characters += _characters(found)
            self._changed.notify_all()
            return True


def _characters(found: Document | DocumentError) -> int:
    return len(found.text) if isinstance(found, Document) else 0
