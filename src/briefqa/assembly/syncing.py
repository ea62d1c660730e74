"""The sync itself, done by a crew: slow to import, so it comes while the model is on its way."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from briefqa.assembly.crews import Crew
from briefqa.assembly.stores import backends_with
from briefqa.chunking import ChunkingOptions
from briefqa.datatypes import DocId
from briefqa.documents import ReadingOptions
from briefqa.indexing.publishing import Judge
from briefqa.indexing.rewriting import SyncReport
from briefqa.indexing.sources import Root
from briefqa.indexing.sync import sync


def sync_by(  # noqa: PLR0913 - one argument for each thing it is handed
    crew: Crew,
    roots: Sequence[Root] | None,
    index: Path,
    *,
    chunking: ChunkingOptions | None,
    options: ReadingOptions,
    recall: float,
    restored: Sequence[str],
    allow_empty: bool,
    judge: Judge | None,
) -> SyncReport:
    """Have ``crew`` do what `briefqa.indexing.sync.sync` does; it raises what that does."""
    return sync(
        roots,
        index,
        backends=replace(backends_with(None), batches_at_once=crew.batches_at_once),
        load_embedder=crew.load_embedder,
        read=crew.readers.read,
        expect=crew.readers.expect,
        chunking=chunking or ChunkingOptions(),
        options=options,
        recall=recall,
        restored={DocId(doc_id) for doc_id in restored},
        allow_empty=allow_empty,
        on_progress=crew.on_progress,
        judge=judge,
    )
