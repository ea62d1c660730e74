"""Documents read during a sync wait on the disk, so that memory does not grow with the folder."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from briefqa.datatypes import Chunk, DocId, Document
from briefqa.indexing.catalogue import Catalogue
from briefqa.indexing.catalogue_writer import CatalogueWriter
from briefqa.indexing.fingerprints import Fingerprints
from briefqa.indexing.manifest import embedding_key

_FINGERPRINTS = "fingerprints.sqlite"


class Staging:
    """A catalogue in the making: first written to, then, once sealed, read from."""

    def __init__(self, folder: Path, model_id: str) -> None:
        """Open an empty one in ``folder``, which is made when it is first needed."""
        self._folder = folder
        self._model_id = model_id
        self._writer: CatalogueWriter | None = None
        self._catalogue: Catalogue | None = None
        self._fingerprints: Fingerprints | None = None

    @property
    def fingerprints(self) -> Fingerprints:
        """The states of all documents, staged or not; of no use once this is left.

        Raises:
            OSError, sqlite3.OperationalError: If the disk refuses.
        """
        if self._fingerprints is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._fingerprints = Fingerprints(self._folder / _FINGERPRINTS)
        return self._fingerprints

    def add(self, document: Document, chunks: Sequence[Chunk]) -> None:
        """Keep a document and its chunks, which ascend by span.

        Raises:
            OSError, sqlite3.OperationalError: If the disk refuses.
        """
        if self._writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._writer = CatalogueWriter(self._folder)
        keys = [embedding_key(self._model_id, chunk.embedded_text) for chunk in chunks]
        self._writer.add(document, chunks, keys)

    @property
    def catalogue(self) -> Catalogue:
        """Everything added; nothing can be added any more.

        Raises:
            OSError, sqlite3.OperationalError: If the disk refuses.
        """
        if self._catalogue is None:
            if self._writer is None:
                msg = "nothing was added"
                raise ValueError(msg)
            self._writer.commit()
            self._writer.close()
            self._catalogue = Catalogue(self._folder)
        return self._catalogue

    def embedding_keys(self) -> Iterator[tuple[DocId, int, bytes]]:
        """Yield document, number and embedding key of every chunk, by document and in its order."""
        return self.catalogue.numbered_keys() if self._writer is not None else iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._fingerprints is not None:
            self._fingerprints.close()
        if self._catalogue is not None:
            self._catalogue.close()
        if self._writer is not None:
            # What it has not written yet is not wanted any more, whatever the disk says to it.
            with suppress(OSError):
                self._writer.close()
