"""Makes and reopens FAISS stores."""

import json
from pathlib import Path

from briefqa.backends.faiss.lists import open_lists
from briefqa.backends.faiss.store import ABOUT, BEYOND, LISTS, ROWS, FaissStore, Form
from briefqa.errors import IndexDamagedError
from briefqa.protocols import ChunkNumbers, NumberedChunks, ReadFiles

_FLOAT_BYTES = 4


class FaissBackend:
    """Makes and reopens FAISS stores; with more than ``beyond`` vectors they may have lists."""

    def __init__(self, *, beyond: int = BEYOND) -> None:
        self._beyond = beyond

    def create(self, folder: Path, dim: int, /, *, recall: float = 1.0) -> FaissStore:
        """Return an empty store in the new ``folder`` for vectors of width ``dim``.

        Args:
            folder: Made here; the store's files are written into it.
            dim: Width of the vectors.
            recall: Share of the ten nearest that lists are to find; 1 means no lists.

        Raises:
            ValueError: If ``recall`` is not above 0, and at most 1.
            OSError: If the disk refuses.
        """
        if not 0 < recall <= 1:
            msg = f"recall is {recall}, but must be above 0 and at most 1"
            raise ValueError(msg)
        folder.mkdir()
        (folder / ROWS).touch()
        return FaissStore(folder, dim, NumberedChunks(), form=Form(recall, self._beyond))

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
        lists = open_lists(folder / LISTS, (count, dim), probes, files) if reached else None
        form = Form(1.0, self._beyond)
        return FaissStore(folder, dim, chunks, form=form, files=files, lists=lists)
