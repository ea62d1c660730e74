"""Changes to an index that is being served, one at a time."""

import threading
from pathlib import Path

from briefqa.assembly.places import require_folder
from briefqa.documents import ReadingOptions
from briefqa.indexing.rewriting import SyncReport


class IndexChanger:
    """Sends documents to an index and takes them out; safe to use from several threads.

    Changes wait for each other, so that two who send a document at once both
    succeed. A `briefqa.assembly.service.Service` of the same folder serves each
    change from its next question on.
    """

    def __init__(self, index: Path | str, reading: ReadingOptions | None = None) -> None:
        self._index = require_folder(index)
        self._reading = reading or ReadingOptions()
        self._one_at_a_time = threading.Lock()

    def put(self, doc_id: str, data: bytes) -> SyncReport:
        """Add a document, or replace one that was sent under this id before.

        Raises:
            DocumentIdError: If ``doc_id`` cannot be the id of a document.
            DocumentError: If ``data`` is not one document that can be read.
            DocumentOwnedError: If the id belongs to a file of an indexed folder.
            IndexFileError: If the index cannot be used or needs a sync first.
            IndexLockedError: If another process is writing.
        """
        from briefqa.assembly.documents import put_into_index  # noqa: PLC0415 - slow to import

        with self._one_at_a_time:
            return put_into_index(doc_id, data, self._index, reading=self._reading)

    def remove(self, doc_id: str) -> SyncReport:
        """Take a document out, and keep it out though its file may stay.

        Raises:
            UnknownDocumentError: If there is no such document.
            IndexFileError: If the index cannot be used.
            IndexLockedError: If another process is writing.
        """
        from briefqa.assembly.documents import remove_from_index  # noqa: PLC0415 - slow to import

        with self._one_at_a_time:
            return remove_from_index(doc_id, self._index)
