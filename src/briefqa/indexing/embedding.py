"""Gives every chunk its vector, and asks the model only for those not known yet."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from briefqa.datatypes import ChunkId, DocId
from briefqa.errors import BackendError
from briefqa.indexing.gathering import Gathered
from briefqa.indexing.generations import Generation
from briefqa.protocols import (
    Embedder,
    Progress,
    ProgressListener,
    VectorBackend,
    Vectors,
    VectorStore,
)

_BATCH = 256
_ROWS_AT_ONCE = 4096


@dataclass(slots=True)
class VectorPlan:
    """Which vector each chunk gets, in the order in which chunks are numbered.

    ``keys`` are embedding keys, by chunk. ``known`` leads from a key to a chunk
    of the generation before that has the vector; ``missing`` gives the text to
    embed for every other key.
    """

    keys: dict[ChunkId, bytes] = field(default_factory=dict)
    known: dict[bytes, ChunkId] = field(default_factory=dict)
    missing: dict[bytes, str] = field(default_factory=dict)


def embedding_key(model_id: str, embedded_text: str) -> bytes:
    """Return what decides a vector: the SHA-256 of the model and the text it sees."""
    digest = hashlib.sha256(model_id.encode())
    digest.update(b"\0")
    digest.update(embedded_text.encode())
    return digest.digest()


def plan_vectors(gathered: Gathered, base: Generation | None, model_id: str) -> VectorPlan:
    """Decide for every chunk of ``gathered`` where its vector comes from."""
    plan = VectorPlan()
    kept: dict[DocId, list[tuple[ChunkId, bytes]]] = {}
    for doc_id, chunk_id, key in base.catalogue.embedding_keys() if base else ():
        plan.known.setdefault(key, chunk_id)
        kept.setdefault(doc_id, []).append((chunk_id, key))
    for doc_id in sorted(gathered.fingerprints):
        if doc_id not in gathered.fresh:
            plan.keys.update(kept.get(doc_id, ()))
            continue
        for chunk in gathered.fresh[doc_id].chunks:
            key = embedding_key(model_id, chunk.embedded_text)
            plan.keys[chunk.chunk_id] = key
            if key not in plan.known:
                plan.missing[key] = chunk.embedded_text
    return plan


def make_vectors(
    plan: VectorPlan,
    base: Generation | None,
    *,
    embedder: Embedder,
    stores: VectorBackend,
    on_progress: ProgressListener,
) -> VectorStore:
    """Embed what is missing and return a store of all chunks, in the plan's order.

    Raises:
        BackendError: If the model returns something other than unit vectors.
    """
    rows = _embed(list(plan.missing.values()), embedder, on_progress)
    row_of = {key: number for number, key in enumerate(plan.missing)}
    store = stores.create(embedder.dim)
    chunks = list(plan.keys.items())
    for start in range(0, len(chunks), _ROWS_AT_ONCE):
        part = chunks[start : start + _ROWS_AT_ONCE]
        vectors = np.empty((len(part), embedder.dim), dtype=np.float32)
        new = [number for number, (_, key) in enumerate(part) if key in row_of]
        vectors[new] = rows[[row_of[part[number][1]] for number in new]]
        old = [number for number, (_, key) in enumerate(part) if key not in row_of]
        if old and base is not None:
            vectors[old] = base.vectors.vectors([plan.known[part[number][1]] for number in old])
        store.add([chunk_id for chunk_id, _ in part], vectors)
    return store


def _embed(texts: list[str], embedder: Embedder, on_progress: ProgressListener) -> Vectors:
    rows = np.empty((len(texts), embedder.dim), dtype=np.float32)
    for start in range(0, len(texts), _BATCH):
        on_progress(Progress("embedding", start, len(texts)))
        batch = texts[start : start + _BATCH]
        found = embedder.embed_documents(batch)
        _require_unit_vectors(found, (len(batch), embedder.dim), embedder.model_id)
        rows[start : start + len(batch)] = found
    on_progress(Progress("embedding", len(texts), len(texts)))
    return rows


def _require_unit_vectors(found: Vectors, shape: tuple[int, int], model_id: str) -> None:
    if found.shape != shape:
        msg = f"model {model_id!r} returned vectors of shape {found.shape} instead of {shape}"
        raise BackendError(msg)
    # A comparison with NaN is false, so this catches vectors that are no numbers too.
    if not (np.abs(np.linalg.norm(found, axis=1) - 1) < 1e-3).all():  # noqa: PLR2004
        msg = f"model {model_id!r} returned vectors that are not of length 1"
        raise BackendError(msg)
