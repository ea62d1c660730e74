"""Reads files on whichever machine has a worker to give."""

from collections.abc import Iterator

from briefqa.backends.ray.workers import Worker, WorkerLostError, Workers
from briefqa.datatypes import Document
from briefqa.documents import ReadingOptions, SourceFile
from briefqa.documents.files import open_regular
from briefqa.documents.isolation import ReaderProcess
from briefqa.documents.isolation.transfer import TransferError, unpack
from briefqa.errors import DocumentError

_MOST_BYTES = 32_000_000
"""A larger file is read here: most are of records, which need not be in memory at once."""

_MOST_LOST = 2
"""A file over which so many workers were lost is read here."""


class RemoteReader:
    """Sends the bytes of files to workers, and checks what comes back as if from a process here.

    Machines need not share a disk. What a file holds is fetched whole, so that no worker waits
    for someone to take it while another file waits for a worker.
    """

    def __init__(self, workers: Workers, options: ReadingOptions) -> None:
        self._workers = workers
        self._here = ReaderProcess(options)
        self._worker: Worker | None = None
        self._is_closed = False

    def begin(self) -> None:
        """Do nothing: the workers stand ready."""

    def close(self) -> None:
        """End the read that is under way, and with it its worker."""
        self._is_closed = True
        self._here.close()
        worker = self._worker
        if worker is not None:
            worker.end()

    def read(self, file: SourceFile, /) -> Iterator[Document | DocumentError]:
        """Yield the documents of ``file`` in order, and an error for each that cannot be read.

        Raises:
            ClusterError: If no worker is left.
            BackendError: If no process can be started.
        """
        data = _content(file)
        lost = 0
        while data is not None and lost < _MOST_LOST and not self._is_closed:
            try:
                found = self._found(file.source, data)
            except (WorkerLostError, TransferError):
                lost += 1
                continue
            if found is None:
                break
            yield from found
            return
        if not self._is_closed:
            yield from self._here.read(file)

    def _found(self, source: str, data: bytes) -> list[Document | DocumentError] | None:
        with self._workers.borrowed() as worker:
            self._worker = worker
            try:
                packed = worker.call("read", source, data)
            finally:
                self._worker = None
        return None if packed is None else [unpack(each, source) for each in packed]


def _content(file: SourceFile) -> bytes | None:
    """Return what is to be sent; None for what a reader here says what is the matter with."""
    try:
        with open_regular(file) as stream:
            data = stream.read(_MOST_BYTES + 1)
    except (DocumentError, OSError):
        return None
    return data if len(data) <= _MOST_BYTES else None
