"""Makes an index equal to a folder: reads, embeds what is new, publishes all at once."""

import json
import logging
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from briefqa.chunking import CHUNKING_VERSION, ChunkingOptions
from briefqa.datatypes import DocId
from briefqa.documents import READER_VERSION, SUFFIXES, SourceFile, find_files
from briefqa.errors import (
    DocumentError,
    IndexDamagedError,
    IndexFileError,
    IndexFormatError,
    IndexMissingError,
    IndexWriteError,
    NoDocumentsError,
)
from briefqa.indexing.current import (
    Current,
    GenerationRef,
    is_generation,
    read_current,
    replace_current,
)
from briefqa.indexing.durable import publish_folder
from briefqa.indexing.embedding import make_vectors, plan_vectors
from briefqa.indexing.gathering import Gathered, gather
from briefqa.indexing.generations import Generation, open_generation
from briefqa.indexing.integrity import damaged_files, read_manifest
from briefqa.indexing.locks import writer_lock
from briefqa.indexing.manifest import Fingerprint, Recipe, canonical_json, generation_id
from briefqa.indexing.writing import Contents, write_generation
from briefqa.protocols import Embedder, LexicalBackend, Progress, ProgressListener, VectorBackend

_TEMPORARY = ".tmp-"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did.

    ``changed`` are documents whose text or metadata differ from before.
    ``embedded`` counts texts given to the model, ``reused`` the chunks that
    share or kept a vector. ``published`` is false when nothing had changed.
    """

    generation: str
    added: tuple[DocId, ...]
    changed: tuple[DocId, ...]
    removed: tuple[DocId, ...]
    unchanged: int
    failed: tuple[DocumentError, ...]
    embedded: int
    reused: int
    documents: int
    chunks: int
    published: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of the index, in chunks."""

    embedded: int
    chunks: int
    published: bool


@dataclass(frozen=True, slots=True)
class _Job:
    """One sync: where it writes, and what with. ``base`` is the generation before."""

    index: Path
    sources: Path
    recipe: Recipe
    base: Generation | None
    embedder: Embedder
    stores: VectorBackend
    words: LexicalBackend
    on_progress: ProgressListener


def sync(  # noqa: PLR0913 - one argument for each backend it is handed
    folder: Path,
    index: Path,
    *,
    embedder: Embedder,
    stores: VectorBackend,
    words: LexicalBackend,
    chunking: ChunkingOptions,
    allow_empty: bool = False,
    on_progress: ProgressListener | None = None,
) -> SyncReport:
    """Make ``index`` hold the documents of ``folder``, and no other.

    Files that have not changed are not read again, and no text is embedded
    twice. Until the moment of publishing, and after any failure, the index
    serves what it did before.

    Args:
        folder: The documents.
        index: Where the index is, or is to be; may lie inside ``folder``.
        embedder: Makes the vectors.
        stores: Keeps the vectors.
        words: Keeps the words.
        chunking: How documents are cut.
        allow_empty: Publish an index without documents if none can be read.
        on_progress: Told of the stages "reading" (files), "embedding" (texts)
            and "writing" (chunks).

    Returns:
        What was done. Files that cannot be read are in ``failed``.

    Raises:
        MissingFolderError: If ``folder`` is not a folder.
        NoDocumentsError: If no document can be read.
        IndexLockedError: If another process is writing to the index.
        IndexWriteError: If the index cannot be written.
    """
    started = time.perf_counter()
    listener = on_progress or _ignore
    files = files_to_index(folder, index, allow_empty=allow_empty)
    recipe = _recipe(embedder, chunking)
    with _only_writer(index), _served(index, stores, words) as base:
        gathered = gather(
            files,
            base if base is not None and base.manifest.recipe == recipe else None,
            tokens=embedder.tokens,
            chunking=chunking,
            on_progress=listener,
        )
        if not gathered.fingerprints and not allow_empty:
            raise NoDocumentsError(folder, looked_for=SUFFIXES, failed=gathered.failed)
        before = base.catalogue.fingerprints() if base is not None else []
        job = _Job(index, folder.resolve(), recipe, base, embedder, stores, words, listener)
        generation = generation_id(recipe, gathered.fingerprints.values())
        outcome = _publish(job, generation, gathered)
    return _report(generation, before, gathered, outcome, time.perf_counter() - started)


def files_to_index(folder: Path, index: Path, *, allow_empty: bool) -> list[SourceFile]:
    """Return the files of ``folder`` but those of ``index``, sorted by source.

    Raises:
        MissingFolderError: If ``folder`` is not a folder.
        NoDocumentsError: If there are none, unless ``allow_empty``.
    """
    files = find_files(folder, leave_out=index)
    if not files and not allow_empty:
        raise NoDocumentsError(folder, looked_for=SUFFIXES, failed=())
    return files


def _ignore(_: Progress) -> None:
    pass


def _recipe(embedder: Embedder, chunking: ChunkingOptions) -> Recipe:
    return Recipe(
        model_id=embedder.model_id,
        dim=embedder.dim,
        # As JSON gives it back, or no recipe read from a manifest would be equal.
        chunking=json.loads(canonical_json(asdict(chunking))),
        chunking_version=CHUNKING_VERSION,
        reader_version=READER_VERSION,
    )


@contextmanager
def _only_writer(index: Path) -> Iterator[None]:
    """Hold the lock, and leave nothing behind that is not published."""
    with ExitStack() as held:
        with _write_errors(index):
            held.enter_context(writer_lock(index))
        _sweep(index)
        held.callback(_sweep, index)
        yield


def _served(
    index: Path, stores: VectorBackend, words: LexicalBackend
) -> AbstractContextManager[Generation | None]:
    """Open the generation that serves; there is none if all is to be built from nothing."""
    try:
        return open_generation(index, stores=stores, words=words)
    except IndexMissingError:
        return nullcontext()
    except (IndexDamagedError, IndexFormatError) as error:
        _log.warning("building the index from nothing: %s", error)
        return nullcontext()


def _publish(job: _Job, generation: str, gathered: Gathered) -> _Outcome:
    """Let the index serve ``generation``, with as little work as that takes."""
    base = job.base
    serving = base.ref if base is not None else None
    if base is not None and not base.degraded and base.ref.generation == generation:
        if base.sources != job.sources:
            previous = read_current(job.index).previous
            _replace_current(job, base.ref, previous)
        return _Outcome(0, base.manifest.chunks, published=False)
    earlier = _whole_previous(job.index, generation)
    if earlier is not None:
        ref, chunks = earlier
        _replace_current(job, ref, serving if serving != ref else None)
        return _Outcome(0, chunks, published=True)
    plan = plan_vectors(gathered, base, job.recipe.model_id)
    vectors = make_vectors(
        plan, base, embedder=job.embedder, stores=job.stores, on_progress=job.on_progress
    )
    temporary = job.index / "generations" / f"{_TEMPORARY}{generation}"
    with _write_errors(job.index):
        temporary.mkdir(parents=True)
        contents = Contents(generation, job.recipe, gathered, plan, vectors, base)
        manifest_sha256 = write_generation(
            temporary, contents, words=job.words, on_progress=job.on_progress
        )
        ref = GenerationRef(generation, manifest_sha256)
        _set_aside(ref.folder(job.index))
        publish_folder(temporary, ref.folder(job.index))
    try:
        _replace_current(job, ref, serving)
    except BaseException:
        _forget(job.index, ref)
        raise
    return _Outcome(len(plan.missing), len(plan.keys), published=True)


def _whole_previous(index: Path, generation: str) -> tuple[GenerationRef, int] | None:
    """Return the generation before last and its chunks, if it is this one and undamaged."""
    try:
        previous = read_current(index).previous
        if previous is None or previous.generation != generation:
            return None
        manifest = read_manifest(index, previous)
    except IndexFileError:
        return None
    if damaged_files(index, previous, manifest.files):
        return None
    return previous, manifest.chunks


def _replace_current(job: _Job, ref: GenerationRef, previous: GenerationRef | None) -> None:
    with _write_errors(job.index):
        replace_current(job.index, Current(ref, previous, job.sources))


def _set_aside(folder: Path) -> None:
    """Move a damaged generation, or one never published, out of the way of its successor."""
    if folder.exists():
        folder.rename(folder.with_name(f"{_TEMPORARY}old-{folder.name}"))


def _forget(index: Path, ref: GenerationRef) -> None:
    """Remove a generation that was not published after all."""
    try:
        if read_current(index).serving == ref:
            return
    except IndexFileError:
        pass
    shutil.rmtree(ref.folder(index), ignore_errors=True)


def _sweep(index: Path) -> None:
    """Remove generations that ``CURRENT`` does not name, and what was never finished.

    What cannot be removed waits for the next time, and what is not ours stays.
    """
    try:
        current = read_current(index)
        kept = {ref.generation for ref in (current.serving, current.previous) if ref is not None}
    except IndexFileError:
        # Without a CURRENT that can be read, only what was never finished is rubbish.
        kept = None
    for path in (index / "generations").glob("*"):
        is_stale = kept is not None and is_generation(path.name) and path.name not in kept
        if is_stale or path.name.startswith(_TEMPORARY):
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _write_errors(index: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexWriteError(index, error.strerror or str(error)) from error
    except sqlite3.OperationalError as error:
        raise IndexWriteError(index, str(error)) from error


def _report(
    generation: str,
    before: list[Fingerprint],
    gathered: Gathered,
    outcome: _Outcome,
    seconds: float,
) -> SyncReport:
    old = {fingerprint.doc_id: _content(fingerprint) for fingerprint in before}
    new = {doc_id: _content(known) for doc_id, known in gathered.fingerprints.items()}
    changed = sorted(doc_id for doc_id in new.keys() & old.keys() if new[doc_id] != old[doc_id])
    added = sorted(new.keys() - old.keys())
    return SyncReport(
        generation=generation,
        added=tuple(added),
        changed=tuple(changed),
        removed=tuple(sorted(old.keys() - new.keys())),
        unchanged=len(new) - len(added) - len(changed),
        failed=tuple(gathered.failed),
        embedded=outcome.embedded,
        reused=outcome.chunks - outcome.embedded,
        documents=len(new),
        chunks=outcome.chunks,
        published=outcome.published,
        seconds=seconds,
    )


def _content(fingerprint: Fingerprint) -> tuple[str, str, str]:
    # Not the file: a new line in a file of records changes no other record.
    return fingerprint.source, fingerprint.text_sha256, fingerprint.metadata_sha256
