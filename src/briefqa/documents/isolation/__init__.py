"""Reads files in a process of their own, so that a hostile or broken one costs only itself."""

import logging
from collections.abc import Iterator
from typing import Self

from briefqa.datatypes import Document
from briefqa.documents.files import SourceFile
from briefqa.documents.isolation.child import Child, ChildEndedError
from briefqa.documents.isolation.transfer import TransferError, unpack
from briefqa.documents.options import DEFAULT_OPTIONS, ReadingOptions
from briefqa.errors import DocumentError

READER = "briefqa.documents.reading:read_file"
_log = logging.getLogger(__name__)


class ReaderProcess:
    """Reads files in one child process after another; each serves for as long as it is fit.

    The child is started at the first read, and replaced when a file crashes it,
    takes too long or leaves too much memory behind. Use it as a context manager,
    and from one thread at a time::

        with ReaderProcess(options) as reader:
            for found in reader.read(file):
                ...

    Args:
        options: How files are read, and how far each may go.
        reader: Import path, ``module:name``, of the function that the child calls
            with a `SourceFile` and the options.
    """

    def __init__(self, options: ReadingOptions = DEFAULT_OPTIONS, *, reader: str = READER) -> None:
        self._options = options
        self._reader = reader
        self._child: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child; a later read starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def begin(self) -> None:
        """Start the child, so that the first read need not wait for it.

        Raises:
            BackendError: If no child process can be started.
        """
        if self._child is None:
            self._child = Child(self._options, self._reader)

    def read(
        self, file: SourceFile, *, upcoming: SourceFile | None = None
    ) -> Iterator[Document | DocumentError]:
        """Yield the documents of ``file`` in order, and an error for each that cannot be read.

        Whatever the file does, nothing is raised for it. A read that was left
        halfway is over once the next begins.

        Args:
            file: The file to read.
            upcoming: The file that will be asked for next, which the child then
                reads while the caller is busy with this one.

        Raises:
            BackendError: If no child process can be started.
        """
        child = self._child_asked_for(file)
        if upcoming is not None:
            child.ask(upcoming)
        try:
            while child is self._child:
                content = child.receive(self._options.timeout_s)
                if content is None:
                    return
                yield unpack(content, file.source)
        except (ChildEndedError, TransferError) as failure:
            yield self._explain(child, failure, file)
        finally:
            if child is self._child and (child.is_busy or child.is_retiring):
                self.close()

    def _child_asked_for(self, file: SourceFile) -> Child:
        """Return a child whose next reply is about ``file``."""
        child = self._child
        if child is not None and (child.begin(file) or (child.ask(file) and child.begin(file))):
            return child
        # It is busy with a file left halfway, was asked for another, or has ended since
        # the last, as it does together with the thread that started it.
        self.close()
        self._child = child = Child(self._options, self._reader)
        if not (child.ask(file) and child.begin(file)):
            raise child.start_error()
        return child

    def _explain(self, child: Child, failure: Exception, file: SourceFile) -> DocumentError:
        child.end(patience_s=1.0 if isinstance(failure, ChildEndedError) else 0.0)
        _log.debug(
            "%s ended the process that read it: %s, %s\n%s",
            file.source,
            failure,
            child.status,
            child.last_words,
        )
        if child.was_late:
            reason = "too_slow"
            detail = f"takes longer to read than the {self._options.timeout_s:g} seconds it may"
        elif isinstance(failure, TransferError):
            reason = "unsafe"
            detail = f"made its reader send what no document is ({failure}); it may be hostile"
        elif child.ran_out_of(self._options.memory_bytes):
            reason, detail = "too_much_memory", "needs more memory to be read than it may have"
        else:
            reason = "crashed"
            detail = f"made the process that read it end ({child.status}); it may be damaged"
        return DocumentError(file.source, reason=reason, detail=detail)
