"""Who reads files and embeds texts when an index is built."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from briefqa.documents import ReadingOptions
from briefqa.documents.isolation.pool import ReaderPool
from briefqa.protocols import Embedder, ProgressListener


@dataclass(frozen=True, slots=True)
class Crew:
    """Readers, what gives the embedder, how many batches it takes at once, and who hears of it."""

    readers: ReaderPool
    load_embedder: Callable[[], Embedder]
    on_progress: ProgressListener | None
    batches_at_once: int


@contextmanager
def crew_here(
    load_embedder: Callable[[], Embedder],
    options: ReadingOptions,
    *,
    on_progress: ProgressListener | None,
) -> Iterator[Crew]:
    """Give the processes of this machine."""
    with ReaderPool(options) as readers:
        # The model is loaded meanwhile, and the index opened.
        readers.begin()
        from briefqa.indexing.generations import BATCHES_AT_ONCE  # noqa: PLC0415 - slow to import

        yield Crew(readers, load_embedder, on_progress, BATCHES_AT_ONCE)
