"""One way to change an index: gather what it is to hold, publish that, tell what was done."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from briefqa.datatypes import DocId
from briefqa.errors import BackendError, DocumentError
from briefqa.indexing.gathering import Gathered, Notice, Reading, Scope, gather
from briefqa.indexing.generations import Backends, Generation
from briefqa.indexing.journal import remove_journal
from briefqa.indexing.manifest import Recipe
from briefqa.indexing.publishing import (
    Judge,
    Outcome,
    publish,
    staging_area,
    write_errors,
)
from briefqa.indexing.sources import Sources
from briefqa.protocols import Progress, ProgressListener


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did.

    ``changed`` are documents whose text or metadata differ from before.
    ``excluded`` counts documents left out because they were removed from the
    index. ``embedded`` counts texts given to the model, ``reused`` the chunks
    that share or kept a vector. ``published`` is false when nothing had changed.
    """

    generation: str
    added: tuple[DocId, ...]
    changed: tuple[DocId, ...]
    removed: tuple[DocId, ...]
    unchanged: int
    excluded: int
    failed: tuple[DocumentError, ...]
    notices: tuple[Notice, ...]
    embedded: int
    reused: int
    documents: int
    chunks: int
    published: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an index is to become."""

    sources: Sources
    scope: Scope
    recipe: Recipe


def rewrite(  # noqa: PLR0913 - one argument for each thing it is handed
    index: Path,
    wanted: Wanted,
    *,
    base: Generation | None,
    backends: Backends,
    reading: Reading | None,
    check: Callable[[Gathered], None],
    on_progress: ProgressListener | None,
    judge: Judge | None = None,
) -> SyncReport:
    """Turn ``index``, which this process must have locked, into what is wanted.

    Args:
        index: The index folder.
        wanted: What it is to hold.
        base: The generation that serves, if any.
        backends: What vectors and words are made with and kept in.
        reading: How files become chunks; None where no file is to be read.
        check: Raises if what was gathered must not be published.
        on_progress: Told of the stages.
        judge: Raises if what was built must not be published.

    Raises:
        IndexWriteError: If the disk refuses; the index then serves what it did.
        BackendError: If the model fails.
    """
    started = time.perf_counter()
    listener = on_progress or _ignore
    known = base if base is not None and base.manifest.recipe == wanted.recipe else None
    try:
        with staging_area(index, wanted.recipe) as staging:
            with write_errors(index):
                if base is not None:
                    staging.fingerprints.add_before(base.catalogue.fingerprints())
                gathered = gather(wanted.scope, known, staging, reading, on_progress=listener)
            check(gathered)
            outcome = publish(
                index,
                wanted.sources,
                wanted.recipe,
                gathered,
                staging,
                base=base,
                backends=backends,
                on_progress=listener,
                judge=judge,
            )
            with write_errors(index, left="but it now holds what it was to hold"):
                report = _report(gathered, outcome)
    except BackendError:
        raise  # The next run goes on with what was embedded.
    except Exception:
        # A disk that refuses may lack its room, and a build that was judged needs it no more.
        remove_journal(index)
        raise
    remove_journal(index)
    return replace(report, seconds=time.perf_counter() - started)


def _ignore(_: Progress) -> None:
    pass


def _report(gathered: Gathered, outcome: Outcome) -> SyncReport:
    """Return what was done, told from the documents before and after."""
    found = gathered.fingerprints
    added, changed = found.added(), found.changed()
    notices = [Notice(each.doc_id, each.detail) for each in outcome.misreferences]
    return SyncReport(
        generation=outcome.generation,
        added=added,
        changed=changed,
        removed=found.removed(),
        unchanged=len(found) - len(added) - len(changed),
        excluded=gathered.excluded,
        failed=tuple(gathered.failed),
        notices=(*gathered.notices, *notices),
        embedded=outcome.embedded,
        reused=outcome.chunks - outcome.embedded,
        documents=len(found),
        chunks=outcome.chunks,
        published=outcome.published,
        seconds=0,
    )
