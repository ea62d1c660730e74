"""Who reads files and embeds texts when an index is built."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from briefqa.documents import ReadingOptions
from briefqa.documents.isolation.pool import ReaderPool
from briefqa.indexing.generations import BATCHES_AT_ONCE
from briefqa.protocols import Embedder, ProgressListener


@dataclass(frozen=True, slots=True)
class Crew:
    """Readers and an embedder, which is given so many batches at once, and who hears of it."""

    readers: ReaderPool
    embedder: Embedder
    on_progress: ProgressListener | None
    batches_at_once: int = BATCHES_AT_ONCE


@contextmanager
def crew_here(
    embedder: Embedder, options: ReadingOptions, *, on_progress: ProgressListener | None
) -> Iterator[Crew]:
    """Give the processes of this machine."""
    with ReaderPool(options) as readers:
        yield Crew(readers, embedder, on_progress)
