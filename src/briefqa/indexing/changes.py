"""Changes to single documents: nothing else is looked at, and the rest stays as it is."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from briefqa.chunking import CHUNKING_VERSION, ChunkingOptions
from briefqa.datatypes import DocId
from briefqa.documents import READER_VERSION, SourceFile
from briefqa.errors import (
    DocumentError,
    DocumentIdError,
    DocumentOwnedError,
    IndexDamagedError,
    IndexMismatchError,
    IndexOutdatedError,
    UnknownDocumentError,
)
from briefqa.indexing.durable import fsync_folder, write_file
from briefqa.indexing.gathering import Gathered, ReadFile, Reading, Scope, changed_files
from briefqa.indexing.generations import Backends, Generation, open_generation
from briefqa.indexing.publishing import only_writer, write_errors
from briefqa.indexing.rewriting import SyncReport, Wanted, rewrite
from briefqa.indexing.sources import UPLOADS
from briefqa.protocols import Embedder, ProgressListener

_LONGEST_ID = 500


def remove_document(
    doc_id: DocId,
    index: Path,
    *,
    backends: Backends,
    on_progress: ProgressListener | None = None,
) -> SyncReport:
    """Take a document out of the index, and keep it out.

    The file of a document that was sent to the index is deleted. A file in a
    folder stays, but its document does not come back until it is restored.

    Raises:
        UnknownDocumentError: If there is no such document.
        IndexFileError: If there is no index, or it cannot be used.
        IndexLockedError: If another process is writing.
        IndexWriteError: If the index cannot be written.
    """
    with only_writer(index), _opened(index, backends) as base:
        before = base.sources
        owner = _owner_of(doc_id, base)
        if owner is None:
            raise UnknownDocumentError(doc_id)
        uploads = {name: file for name, file in before.uploads.items() if name != doc_id}
        sources = replace(before, uploads=uploads)
        # A file that the upload hid must not come to light in its place.
        file = sources.path_of(doc_id, index)
        is_hidden = file is not None and os.path.isfile(file)  # noqa: PTH113 - takes any name
        if doc_id not in before.uploads or owner != doc_id or is_hidden:
            sources = replace(sources, excluded=before.excluded | {doc_id})
        scope = Scope([], kept=_sources_of(base), excluded={doc_id})
        return rewrite(
            index,
            Wanted(sources, scope, base.manifest.recipe),
            base=base,
            backends=backends,
            reading=None,
            check=_accept,
            on_progress=on_progress,
        )


def put_document(  # noqa: PLR0913 - one argument for each thing it is handed
    doc_id: DocId,
    data: bytes,
    index: Path,
    *,
    backends: Backends,
    read: ReadFile,
    on_progress: ProgressListener | None = None,
) -> SyncReport:
    """Add a document that was sent to the index, or replace one that was sent before.

    The index keeps the bytes under a name of its own making.

    Args:
        doc_id: Its id; how it ends tells formats apart that bytes alone do not.
        data: The file.
        index: The index folder.
        backends: With the embedder that the index was built with.
        read: Reads one file.
        on_progress: Told of the stages as in a sync.

    Raises:
        DocumentError: If the bytes are not one document that can be read.
        DocumentOwnedError: If a file in a folder has this id.
        IndexOutdatedError: If the index must be brought in step first.
        IndexMismatchError: If it was built with another model.
        IndexFileError: If there is no index, or it cannot be used.
        IndexLockedError: If another process is writing.
        IndexWriteError: If the index cannot be written.
    """
    with only_writer(index), _opened(index, backends) as base:
        reading = _reading(base, backends.embedder, read)
        before = base.sources
        owner = _owner_of(doc_id, base)
        if owner is not None and doc_id not in before.uploads:
            raise DocumentOwnedError(doc_id, source=owner)
        name = uuid4().hex
        sources = replace(
            before,
            uploads={**before.uploads, doc_id: name},
            excluded=before.excluded - {doc_id},
        )
        # Should anything fail, the file is swept up with whatever CURRENT does not name.
        path = index / UPLOADS / name
        with write_errors(index):
            path.parent.mkdir(exist_ok=True)
            write_file(path, data)
            fsync_folder(path.parent)
            fsync_folder(index)
        scope = _scope(SourceFile(path, doc_id), base, on_progress)
        return rewrite(
            index,
            Wanted(sources, scope, base.manifest.recipe),
            base=base,
            backends=backends,
            reading=reading,
            check=partial(_require_single, doc_id=doc_id),
            on_progress=on_progress,
        )


def _scope(sent: SourceFile, base: Generation, on_progress: ProgressListener | None) -> Scope:
    """Return what the index is to hold: what was sent, and all from elsewhere."""
    changed = changed_files([sent], base, on_progress)
    return Scope([sent], changed, kept=_sources_of(base) - {sent.source})


def check_doc_id(doc_id: str) -> None:
    """Refuse an id that no file in a folder could have.

    Raises:
        DocumentIdError: If it is not a path of visible names divided by single slashes.
    """
    parts = doc_id.split("/")
    if len(doc_id) > _LONGEST_ID:
        raise DocumentIdError(doc_id, f"it has more than {_LONGEST_ID} characters")
    if not doc_id.isprintable():
        raise DocumentIdError(doc_id, "it holds characters that cannot be seen")
    if any(not part.strip() or part.startswith(".") for part in parts):
        raise DocumentIdError(doc_id, "a part of it is empty or begins with a dot")


def _opened(index: Path, backends: Backends) -> Generation:
    base = open_generation(index, backends)
    if base.degraded is not None:
        # What the damaged generation held besides would be lost without a word.
        base.close()
        raise IndexDamagedError(index, base.degraded)
    return base


def _owner_of(doc_id: DocId, base: Generation) -> str | None:
    """Return the source of a document; None if there is no such document."""
    known = base.catalogue.fingerprints()
    return next((each.source for each in known if each.doc_id == doc_id), None)


def _sources_of(base: Generation) -> set[str]:
    return {fingerprint.source for fingerprint in base.catalogue.fingerprints()}


def _reading(base: Generation, embedder: Embedder | None, read: ReadFile) -> Reading:
    """Return how the index was made, so that one more document is made alike."""
    recipe = base.manifest.recipe
    if embedder is None or embedder.model_id != recipe.model_id:
        configured = embedder.model_id if embedder is not None else "no model"
        raise IndexMismatchError(built_with=recipe.model_id, configured=configured)
    if (recipe.reader_version, recipe.chunking_version) != (READER_VERSION, CHUNKING_VERSION):
        raise IndexOutdatedError
    # As the manifest has them, they are the arguments they were made of.
    options = cast("dict[str, Any]", dict(recipe.chunking))
    return Reading(read, embedder.tokens, ChunkingOptions(**options))


def _accept(_: Gathered) -> None:
    pass


def _require_single(gathered: Gathered, doc_id: DocId) -> None:
    """Refuse a file that is not exactly the document it was sent as."""
    for failed in gathered.failed:
        raise failed
    found = [each.doc_id for each in gathered.fingerprints if each.source == doc_id]
    if found != [doc_id]:
        raise DocumentError(
            doc_id,
            reason="not_single",
            detail=f"holds {len(found)} records with ids of their own instead of one document; "
            "put files of records into an indexed folder",
        )
