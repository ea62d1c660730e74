"""Makes an index equal to its sources: reads, embeds what is new, publishes all at once."""

import json
import logging
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from briefqa.chunking import CHUNKING_VERSION, ChunkingOptions
from briefqa.datatypes import DocId
from briefqa.documents import (
    READER_VERSION,
    SUFFIXES,
    ReadingOptions,
    SourceFile,
    find_files,
)
from briefqa.errors import (
    IndexDamagedError,
    IndexFormatError,
    IndexMissingError,
    NoDocumentsError,
)
from briefqa.indexing.current import read_current
from briefqa.indexing.gathering import (
    ExpectFile,
    Gathered,
    ReadFile,
    Reading,
    Scope,
    changed_files,
)
from briefqa.indexing.generations import Backends, Generation, open_generation
from briefqa.indexing.manifest import DEFAULT_RECALL, Recipe, canonical_json
from briefqa.indexing.publishing import Judge, only_writer
from briefqa.indexing.rewriting import SyncReport, Wanted, rewrite
from briefqa.indexing.sources import Root, Sources
from briefqa.protocols import Embedder, ProgressListener, TokenEmbedder

_log = logging.getLogger(__name__)


def sync(  # noqa: PLR0913 - one argument for each thing it is handed
    roots: Sequence[Root] | None,
    index: Path,
    *,
    backends: Backends,
    load_embedder: Callable[[], Embedder] | None = None,
    read: ReadFile,
    expect: ExpectFile | None = None,
    chunking: ChunkingOptions,
    options: ReadingOptions,
    recall: float = DEFAULT_RECALL,
    restored: AbstractSet[DocId] = frozenset(),
    allow_empty: bool = False,
    on_progress: ProgressListener | None = None,
    judge: Judge | None = None,
) -> SyncReport:
    """Make ``index`` hold the documents of its sources, and no other.

    Files that have not changed are not read again, and no text is embedded
    twice. After any failure the index serves what it did before.

    Args:
        roots: The folders of documents; None for those of the last time.
        index: Where the index is, or is to be; may lie inside a folder of documents.
        backends: What vectors and words are made with and kept in.
        load_embedder: Gives the embedder, once the index is open, where ``backends`` has none.
        read: Reads one file.
        expect: Told which files will be read, so that it can be done ahead.
        chunking: How documents are cut.
        options: How files are read; those that change a text are part of the index's id.
        recall: Share of the ten nearest vectors that a search of a large index is to find.
        restored: Ids of removed documents that may come back.
        allow_empty: Publish an index without documents if none can be read.
        on_progress: Told of "looking", "reading" (files), "writing" (chunks), "embedding" (texts).
        judge: Raises if what was built must not be published in the place of what serves.

    Raises:
        MissingFolderError: If a folder is not there.
        NoDocumentsError: If no document can be read.
        IndexMissingError: If there is no last time, and no folder is given.
        IndexLockedError: If another process is writing to the index.
        IndexWriteError: If the index cannot be written.
    """
    # Before an index folder is made in vain.
    files = None if roots is None else files_to_index(roots, index, allow_empty=allow_empty)
    with only_writer(index), _served(index, backends) as base:
        sources = sources_of(index, roots, restored=restored)
        files = files or files_to_index(sources.roots, index, allow_empty=allow_empty)
        scope = _scope([*upload_files(sources, index), *files], sources, base, on_progress)
        embedder = _embedder(backends, load_embedder)
        return rewrite(
            index,
            Wanted(sources, scope, _recipe(embedder, chunking, options, recall)),
            base=base,
            backends=replace(backends, embedder=embedder),
            reading=Reading(read, embedder.tokens, chunking, expect),
            check=partial(_require_documents, sources, allow_empty=allow_empty),
            on_progress=on_progress,
            judge=judge,
        )


def _scope(
    files: Sequence[SourceFile],
    sources: Sources,
    base: Generation | None,
    on_progress: ProgressListener | None,
) -> Scope:
    """Return what the index is to hold, and what of it has changed; the model is on its way."""
    changed = None if base is None else changed_files(files, base, on_progress)
    return Scope(files, changed, excluded=sources.excluded)


def _embedder(backends: Backends, load: Callable[[], Embedder] | None) -> Embedder:
    if backends.embedder is not None:
        return backends.embedder
    if load is None:
        msg = "a sync needs an embedder"
        raise ValueError(msg)
    return load()


def _require_documents(sources: Sources, gathered: Gathered, *, allow_empty: bool) -> None:
    if not gathered.fingerprints and not allow_empty:
        folders = [root.folder for root in sources.roots]
        raise NoDocumentsError(folders, looked_for=SUFFIXES, failed=gathered.failed)


def sources_of(
    index: Path, roots: Sequence[Root] | None, *, restored: AbstractSet[DocId] = frozenset()
) -> Sources:
    """Return what ``index`` is made of, with ``roots`` for its folders where they are given.

    Raises:
        IndexMissingError: If there is no index, and no roots are given.
        IndexFileError: If CURRENT cannot be read, and no roots are given.
    """
    try:
        known = read_current(index).sources
    except (IndexMissingError, IndexDamagedError, IndexFormatError):
        if roots is None:
            raise
        known = Sources()
    kept_roots = known.roots if roots is None else tuple(roots)
    return Sources(kept_roots, known.uploads, known.excluded - restored)


def files_to_index(roots: Sequence[Root], index: Path, *, allow_empty: bool) -> list[SourceFile]:
    """Return the files of the folders but those of ``index``, in no certain order.

    Raises:
        MissingFolderError: If a folder is not there.
        NoDocumentsError: If one has no files, as a disk that is not mounted has none, unless
            ``allow_empty``.
    """
    files: list[SourceFile] = []
    for root in roots:
        found = find_files(root.folder, leave_out=index)
        if not found and not allow_empty:
            raise NoDocumentsError([root.folder], looked_for=SUFFIXES, failed=())
        prefix = f"{root.name}/" if root.name else ""
        files += (SourceFile(file.location, prefix + file.source) for file in found)
    return files


def upload_files(sources: Sources, index: Path) -> list[SourceFile]:
    """Return the files of the documents that were sent to the index.

    In a scope they come first, for of two files with one name the first counts.
    """
    paths = {doc_id: sources.path_of(doc_id, index) for doc_id in sources.uploads}
    return [SourceFile(path, doc_id) for doc_id, path in paths.items() if path is not None]


def _recipe(
    embedder: Embedder, chunking: ChunkingOptions, options: ReadingOptions, recall: float
) -> Recipe:
    return Recipe(
        model_id=embedder.model_id,
        dim=embedder.dim,
        # As JSON gives it back, or no recipe read from a manifest would be equal.
        chunking=json.loads(canonical_json(asdict(chunking))),
        reading={"ocr": options.ocr_languages if options.ocr else None},
        chunking_version=CHUNKING_VERSION,
        reader_version=READER_VERSION,
        tokens=isinstance(embedder, TokenEmbedder),
        recall=recall,
    )


def _served(index: Path, backends: Backends) -> AbstractContextManager[Generation | None]:
    """Open the generation that serves; there is none if all is to be built from nothing."""
    try:
        served = open_generation(index, backends)
        try:
            # What a build takes over must be right, and what is not must not stop it half-way.
            served.check_all()
        except BaseException:
            served.close()
            raise
    except IndexMissingError:
        return nullcontext()
    except (IndexDamagedError, IndexFormatError) as error:
        _log.warning("building the index from nothing: %s", error)
        return nullcontext()
    return served
