"""Holds what Milvus gives back against what was written, before anyone is answered from it."""

from collections.abc import Sequence

import numpy as np

from briefqa.assembly.milvus.head import Head
from briefqa.assembly.milvus.names import GenerationNames
from briefqa.backends.milvus.server import MilvusServer, damaged
from briefqa.datatypes import Chunk, ChunkId
from briefqa.indexing import Generation
from briefqa.protocols import Progress, ProgressListener

_SAMPLES = 20
_FIRST = 10
_WORDS = 12
_TOLERANCE = 1e-3


def prove(  # noqa: PLR0913 - both sides, and where the one lies
    built: Generation,
    source: Generation,
    head: Head,
    server: MilvusServer,
    names: GenerationNames,
    *,
    on_progress: ProgressListener,
) -> None:
    """Compare counts, and a sample of chunks, texts and searches, with the source.

    Raises:
        IndexDamagedError: If anything differs.
        StoreError: If the server does not answer.
    """
    found = server.count(names.records)
    if found != head.all_records:
        detail = f"{names.records} holds {found} records instead of {head.all_records}"
        raise damaged(server.address, detail)
    sample = _sample(source)
    for done, chunk in enumerate(sample, 1):
        wrong = _difference(built, source, chunk)
        if wrong is not None:
            detail = f"{names.chunks} gives other {wrong} for chunk {chunk.chunk_id!r}"
            raise damaged(server.address, detail)
        on_progress(Progress("comparing", done, len(sample)))


def _sample(source: Generation) -> list[Chunk]:
    """Return chunks of documents evenly spread over the index."""
    infos = source.documents()
    step = max(1, len(infos) // _SAMPLES)
    found = [source.chunks_of(info.doc_id) for info in infos[::step][:_SAMPLES]]
    return [chunks[len(chunks) // 2] for chunks in found if chunks]


def _difference(built: Generation, source: Generation, chunk: Chunk) -> str | None:
    """Return what differs for a chunk, if anything does."""
    ids = [chunk.chunk_id]
    if built.chunks(ids) != [chunk]:
        return "words"
    if built.document(chunk.doc_id) != source.document(chunk.doc_id):
        return "documents"
    vector = source.vectors.vectors(ids)
    if not np.array_equal(built.vectors.vectors(ids), vector):
        return "vectors"
    nearest = [each.vectors.search(vector, _FIRST)[0] for each in (built, source)]
    if not _agree(*nearest):
        return "neighbours"
    question = " ".join(chunk.text.split()[:_WORDS])
    if not _agree(*(each.words.search(question, _FIRST) for each in (built, source))):
        return "results of a search by words"
    return None


def _agree(
    found: Sequence[tuple[ChunkId, float]], expected: Sequence[tuple[ChunkId, float]]
) -> bool:
    """Tell whether two searches scored alike; equals may stand in another order."""
    scores, wanted = ([score for _, score in each] for each in (found, expected))
    return len(scores) == len(wanted) and np.allclose(scores, wanted, atol=_TOLERANCE)
