"""Makes and reopens FAISS stores."""

import json
from pathlib import Path

from briefqa.backends.faiss.numbering import NumberedChunks
from briefqa.backends.faiss.store import ABOUT, BEYOND, LISTS, ROWS, FaissStore
from briefqa.errors import IndexDamagedError
from briefqa.protocols import ChunkNumbers, ReadFiles

_FLOAT_BYTES = 4


class FaissBackend:
    """Makes and reopens FAISS stores; with more than ``beyond`` vectors they may get lists."""

    def __init__(self, *, beyond: int = BEYOND) -> None:
        self._beyond = beyond

    def create(self, folder: Path, dim: int, /) -> FaissStore:
        """Return an empty store for vectors of width ``dim``; its ``folder`` is made here.

        Raises:
            OSError: If the disk refuses.
        """
        folder.mkdir()
        (folder / ROWS).touch()
        return FaissStore(folder, dim, NumberedChunks(), beyond=self._beyond)

    def load(self, folder: Path, chunks: ChunkNumbers, files: ReadFiles, /) -> FaissStore:
        """Reopen what ``finish`` wrote; ``files`` are asked about each part before it is used.

        Raises:
            IndexDamagedError: If it is not a store of ``len(chunks)`` vectors.
        """
        try:
            about = json.loads((folder / ABOUT).read_bytes())
            count, dim, reached = int(about["vectors"]), int(about["dim"]), about["lists"]
            probes = int(reached["probes"]) if reached else 0
        except OSError as error:
            raise IndexDamagedError(folder, f"cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise IndexDamagedError(folder / ABOUT, "does not describe vectors") from error
        if count != len(chunks):
            raise IndexDamagedError(folder, f"there are {count} vectors, expected {len(chunks)}")
        size = files.size(folder / ROWS)
        if size != count * dim * _FLOAT_BYTES:
            detail = f"has {size} bytes, not those of {count} vectors of width {dim}"
            raise IndexDamagedError(folder / ROWS, detail)
        lists = None
        if reached:
            from briefqa.backends.faiss.lists import open_lists  # noqa: PLC0415 - imports FAISS

            lists = open_lists(folder / LISTS, (count, dim), probes, files)
        try:
            return FaissStore(folder, dim, chunks, beyond=self._beyond, files=files, lists=lists)
        except OSError as error:
            raise IndexDamagedError(folder / ROWS, f"cannot be read: {error.strerror}") from error
