"""Single documents are sent to an index, taken out of it, or let in again."""

from pathlib import Path

from briefqa.assembly.embedders import embedder_for_questions
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.places import require_folder
from briefqa.assembly.stores import backends_with
from briefqa.datatypes import DocId
from briefqa.documents import ReadingOptions
from briefqa.documents.isolation import ReaderProcess
from briefqa.errors import NotRemovedError
from briefqa.indexing import read_current
from briefqa.indexing.changes import check_doc_id, put_document, remove_document
from briefqa.indexing.integrity import read_manifest
from briefqa.indexing.rewriting import SyncReport


def require_excluded(doc_id: str, index: Path | str) -> None:
    """Refuse to restore what was not removed.

    Raises:
        NotRemovedError: If no document of that id was removed from the index.
        IndexFileError: If there is no index, or it cannot be used.
    """
    excluded = read_current(require_folder(index)).sources.excluded
    if doc_id not in excluded:
        raise NotRemovedError(doc_id, removed=sorted(excluded))


def remove_from_index(doc_id: str, index: Path | str = "index") -> SyncReport:
    """Take a document out of ``index``, and keep it out though its file may stay.

    Raises:
        UnknownDocumentError: If there is no such document.
        IndexFileError: If there is no index, or it cannot be used.
        IndexLockedError: If another process is writing.
    """
    return remove_document(DocId(doc_id), require_folder(index), backends=backends_with(None))


def put_into_index(
    doc_id: str,
    data: bytes,
    index: Path | str = "index",
    *,
    reading: ReadingOptions | None = None,
) -> SyncReport:
    """Add the document of one file, or replace the one that was sent under this id before.

    Raises:
        DocumentIdError: If ``doc_id`` cannot be the id of a document.
        DocumentError: If ``data`` is not one document that can be read.
        DocumentOwnedError: If the id belongs to a file of an indexed folder.
        IndexFileError: If there is no index, or it cannot be used or needs a sync first.
        IndexLockedError: If another process is writing.
        BackendError: If the model cannot be loaded.
    """
    index = require_folder(index)
    check_doc_id(doc_id)
    model_id = read_manifest(index, read_current(index).serving).model_id
    model = embedder_for_questions(model_id, index / MODELS_FOLDER)
    with ReaderProcess(reading or ReadingOptions()) as reader:
        return put_document(
            DocId(doc_id), data, index, backends=backends_with(model), read=reader.read
        )
