"""The writer's side of an index folder: one writer, nothing half-written, nothing left over."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from briefqa.errors import UNTOUCHED, DocumentError, IndexFileError, IndexWriteError
from briefqa.indexing.catalogue import Catalogue, misreferences_of
from briefqa.indexing.current import (
    Current,
    GenerationRef,
    is_generation,
    read_current,
    replace_current,
)
from briefqa.indexing.durable import fsync_folder, publish_folder
from briefqa.indexing.embedding import VectorMaker
from briefqa.indexing.gathering import Gathered
from briefqa.indexing.generations import (
    TOKENS,
    VECTORS,
    Backends,
    Generation,
    open_generation_of,
)
from briefqa.indexing.integrity import damaged_files, read_manifest
from briefqa.indexing.journal import JOURNAL, EmbeddingJournal
from briefqa.indexing.locks import writer_lock
from briefqa.indexing.manifest import Recipe, generation_id
from briefqa.indexing.planning import plan_vectors
from briefqa.indexing.sources import UPLOADS, Sources
from briefqa.indexing.staging import Staging
from briefqa.indexing.superseding import Misreference
from briefqa.indexing.writing import Contents, write_manifest, write_records
from briefqa.protocols import Progress, ProgressListener

TEMPORARY = ".tmp-"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the index; ``embedded`` counts texts, ``chunks`` all there are.

    ``misreferences`` are what is wrong with what its documents say of each other.
    """

    generation: str
    embedded: int
    chunks: int
    published: bool
    misreferences: tuple[Misreference, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A generation that is whole but not published, and the one that it would follow.

    ``failed`` are the files that could not be read for it.
    """

    built: Generation
    serving: Generation
    failed: tuple[DocumentError, ...]


Judge = Callable[[Candidate], None]
"""Raises if a candidate must not be published."""


@contextmanager
def only_writer(index: Path) -> Iterator[None]:
    """Hold the lock, and leave nothing behind that is not published.

    Raises:
        IndexLockedError: If another process is writing.
        IndexWriteError: If the folder cannot be written.
    """
    with ExitStack() as held:
        with write_errors(index):
            held.enter_context(writer_lock(index))
        sweep(index)
        held.callback(sweep, index)
        yield


@contextmanager
def write_errors(index: Path, *, left: str = UNTOUCHED) -> Iterator[None]:
    """Turn what the disk refuses into IndexWriteError, which says how the index was left."""
    try:
        yield
    except OSError as error:
        raise IndexWriteError(index, error.strerror or str(error), left=left) from error
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise  # Mistakes of ours.
    except sqlite3.DatabaseError as error:
        raise IndexWriteError(index, str(error), left=left) from error


def staging_area(index: Path, recipe: Recipe) -> Staging:
    """Return an empty place for documents on their way into ``index``."""
    return Staging(index / "generations" / f"{TEMPORARY}staging", recipe.model_id)


def publish(  # noqa: PLR0913 - all that a generation is made of
    index: Path,
    sources: Sources,
    recipe: Recipe,
    gathered: Gathered,
    staging: Staging,
    *,
    base: Generation | None,
    backends: Backends,
    on_progress: ProgressListener,
    judge: Judge | None = None,
) -> Outcome:
    """Let the index serve what was gathered, with as little work as that takes.

    What ``judge`` raises comes through, and the index then serves what it did.

    Raises:
        IndexWriteError: If the disk refuses; the index then serves what it did.
        BackendError: If the model fails.
    """
    with write_errors(index):
        generation = generation_id(recipe, gathered.fingerprints)
    serving = base.ref if base is not None else None
    if base is not None and not base.degraded and base.ref.generation == generation:
        return _unchanged(index, base, sources)
    require_accepted = partial(_require_accepted, index, sources, gathered, base, backends, judge)
    earlier = _whole_previous(index, generation)
    if earlier is not None:
        ref, chunks = earlier
        require_accepted(ref)
        # Whatever can fail comes before the index serves it: an error means that it does not.
        wrong = misreferences_of(ref.folder(index))
        replace(index, Current(ref, serving if serving != ref else None, sources))
        return Outcome(generation, 0, chunks, published=True, misreferences=wrong)
    with unpublished(
        index,
        generation,
        recipe,
        gathered,
        staging,
        base=base,
        backends=backends,
        on_progress=on_progress,
    ) as (ref, maker):
        require_accepted(ref)
        wrong = misreferences_of(ref.folder(index))
        replace(index, Current(ref, serving, sources))
    chunks = len(maker.plan)
    return Outcome(generation, maker.embedded, chunks, published=True, misreferences=wrong)


@contextmanager
def unpublished(  # noqa: PLR0913 - all that a generation is made of
    index: Path,
    generation: str,
    recipe: Recipe,
    gathered: Gathered,
    staging: Staging,
    *,
    base: Generation | None,
    backends: Backends,
    on_progress: ProgressListener,
) -> Iterator[tuple[GenerationRef, VectorMaker]]:
    """Give the ``generation`` of what was gathered, whole in its place, that nothing names yet.

    With it comes what made its vectors.

    If the block fails it is gone again.

    Raises:
        IndexWriteError: If the disk refuses.
        BackendError: If the model fails.
    """
    temporary = index / "generations" / f"{TEMPORARY}{generation}"
    with write_errors(index), _journal(index, recipe) as journal:
        plan = plan_vectors(gathered, base, staging, with_tokens=recipe.tokens)
        maker = VectorMaker(plan, base, staging, backends, journal, on_progress)
        temporary.mkdir(parents=True)
        contents = Contents(generation, recipe, gathered, staging, plan, base)
        with maker.under_way(with_tokens=recipe.tokens):
            # Words are read while the model is at its first texts, few cores or many.
            write_records(
                temporary,
                contents,
                words=backends.words,
                on_progress=partial(_told_while_working, maker, on_progress),
            )
            with closing(Catalogue(temporary)) as written:
                chunks, folder = written.numbers(), temporary / VECTORS
                vectors = (
                    maker.make_with_tokens(backends.stores, folder, chunks, temporary / TOKENS)
                    if recipe.tokens
                    else maker.make(backends.stores, folder, chunks)
                )
        vectors.finish(recipe.recall, on_progress)
        manifest_sha256 = write_manifest(temporary, contents)
        ref = GenerationRef(generation, manifest_sha256)
        _set_aside(ref.folder(index))
    try:
        with write_errors(index):
            publish_folder(temporary, ref.folder(index))
        yield ref, maker
    except BaseException:
        _forget(index, ref)
        raise


def _told_while_working(maker: VectorMaker, on_progress: ProgressListener, told: Progress) -> None:
    """Pass on what is told, unless the model has failed: the rest would be written in vain."""
    maker.require_working()
    on_progress(told)


def _journal(index: Path, recipe: Recipe) -> EmbeddingJournal:
    return EmbeddingJournal(
        index / JOURNAL, model_id=recipe.model_id, dim=recipe.dim, with_tokens=recipe.tokens
    )


def _unchanged(index: Path, base: Generation, sources: Sources) -> Outcome:
    wrong = base.catalogue.selector.superseding.misreferences
    if base.sources != sources:
        replace(index, Current(base.ref, read_current(index).previous, sources))
    else:
        # Whoever published it may have been killed before its name was on the disk.
        with write_errors(index):
            fsync_folder(index)
    chunks = base.manifest.chunks
    return Outcome(base.ref.generation, 0, chunks, published=False, misreferences=wrong)


def _require_accepted(  # noqa: PLR0913, PLR0917 - bound once, but for the last
    index: Path,
    sources: Sources,
    gathered: Gathered,
    base: Generation | None,
    backends: Backends,
    judge: Judge | None,
    ref: GenerationRef,
) -> None:
    if judge is None or base is None or ref == base.ref:
        return
    with open_generation_of(index, ref, sources, backends) as built:
        judge(Candidate(built, base, tuple(gathered.failed)))


def replace(index: Path, current: Current) -> None:
    """Make ``index`` serve what ``current`` says.

    Raises:
        IndexWriteError: If the disk refuses.
    """
    with write_errors(index):
        replace_current(index, current)


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


def _set_aside(folder: Path) -> None:
    """Move a damaged generation, or one never published, out of the way of its successor."""
    if folder.exists():
        folder.rename(folder.with_name(f"{TEMPORARY}old-{folder.name}"))


def _forget(index: Path, ref: GenerationRef) -> None:
    """Remove a generation that was not published after all."""
    try:
        if read_current(index).serving == ref:
            return
    except IndexFileError:
        pass
    shutil.rmtree(ref.folder(index), ignore_errors=True)


def sweep(index: Path) -> list[Path]:
    """Remove generations and uploads that ``CURRENT`` does not name, and what was never finished.

    What is not ours stays.

    Returns:
        What cannot be removed: it waits for the next time.
    """
    try:
        current = read_current(index)
    except IndexFileError:
        # Without a CURRENT that can be read, only what was never finished is rubbish.
        current = None
    rubbish: list[Path] = []
    for path in _listed(index / "generations"):
        is_stale = (
            current is not None
            and is_generation(path.name)
            and path.name not in {ref.generation for ref in current.kept}
        )
        if is_stale or path.name.startswith(TEMPORARY):
            shutil.rmtree(path, ignore_errors=True)
            rubbish.append(path)
    if current is not None:
        for path in _listed(index / UPLOADS):
            if path.name not in current.sources.uploads.values():
                with suppress(OSError):
                    path.unlink()
                rubbish.append(path)
    return [path for path in rubbish if path.exists()]


def _listed(folder: Path) -> list[Path]:
    """Return what is in ``folder``; nothing if that cannot be told."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []
