"""Gives every chunk its vector, and asks the model only for those not known yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice

import numpy as np

from briefqa.datatypes import ChunkId
from briefqa.errors import BackendError
from briefqa.indexing.gathering import Gathered
from briefqa.indexing.generations import Generation
from briefqa.indexing.staging import Staging
from briefqa.protocols import (
    Embedder,
    Progress,
    ProgressListener,
    VectorBackend,
    Vectors,
    VectorStore,
)

_BATCH = 256
_ROWS_AT_ONCE = 1024


@dataclass(slots=True)
class VectorPlan:
    """Which vector each chunk gets, in the order in which chunks are numbered.

    ``keys`` are embedding keys, by chunk. ``known`` leads from a key to a chunk
    of the generation before that has the vector; ``missing`` from every other
    key to a staged chunk whose text is to be embedded.
    """

    keys: dict[ChunkId, bytes] = field(default_factory=dict)
    known: dict[bytes, ChunkId] = field(default_factory=dict)
    missing: dict[bytes, ChunkId] = field(default_factory=dict)


def plan_vectors(gathered: Gathered, base: Generation | None, staging: Staging) -> VectorPlan:
    """Decide for every chunk of ``gathered`` where its vector comes from."""
    plan = VectorPlan()
    for _, chunk_id, key in base.catalogue.embedding_keys() if base else ():
        plan.known.setdefault(key, chunk_id)
    kept = base.catalogue.embedding_keys() if base else iter(())
    # Both come in the order of documents, and so do the chunks of the generation.
    for (doc_id, chunk_id, key), is_staged in merge(
        ((row, False) for row in kept if row[0] not in staging),
        ((row, True) for row in staging.embedding_keys()),
        key=lambda each: each[0][0],
    ):
        if doc_id not in gathered.fingerprints:
            continue
        plan.keys[chunk_id] = key
        if is_staged and key not in plan.known:
            plan.missing.setdefault(key, chunk_id)
    return plan


@dataclass(frozen=True, slots=True)
class VectorMaker:
    """Embeds what a plan misses and fetches the rest, a few thousand chunks at a time."""

    plan: VectorPlan
    base: Generation | None
    staging: Staging
    embedder: Embedder | None
    dim: int
    on_progress: ProgressListener

    def make(self, stores: VectorBackend) -> VectorStore:
        """Return a store of all chunks, in the plan's order.

        Raises:
            BackendError: If the model returns something other than unit vectors.
        """
        store = stores.create(self.dim, capacity=len(self.plan.keys))
        added: dict[bytes, ChunkId] = {}
        chunks = iter(self.plan.keys.items())
        embedded = 0
        self.on_progress(Progress("embedding", 0, len(self.plan.missing)))
        while part := list(islice(chunks, _ROWS_AT_ONCE)):
            # One row a key: equal texts share a vector.
            keys = list(dict.fromkeys(key for _, key in part))
            new = [key for key in keys if key in self.plan.missing and key not in added]
            earlier = [key for key in keys if key in added]
            old = [key for key in keys if key in self.plan.known]
            rows = np.concatenate(
                [
                    self._embed([self.plan.missing[key] for key in new], embedded),
                    store.vectors([added[key] for key in earlier]),
                    self._known(old),
                ]
            )
            embedded += len(new)
            row_of = {key: row for row, key in enumerate([*new, *earlier, *old])}
            store.add([chunk_id for chunk_id, _ in part], rows[[row_of[key] for _, key in part]])
            for chunk_id, key in part:
                if key in self.plan.missing:
                    added.setdefault(key, chunk_id)
        return store

    def _known(self, keys: Sequence[bytes]) -> Vectors:
        if self.base is None or not keys:
            return np.empty((0, self.dim), dtype=np.float32)
        return self.base.vectors.vectors([self.plan.known[key] for key in keys])

    def _embed(self, ids: Sequence[ChunkId], embedded: int) -> Vectors:
        rows = np.empty((len(ids), self.dim), dtype=np.float32)
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            if self.embedder is None:
                msg = f"chunk {batch[0]!r} has no vector, and there is no model to make one"
                raise BackendError(msg)
            texts = [chunk.embedded_text for chunk in self.staging.catalogue.chunks(batch)]
            found = self.embedder.embed_documents(texts)
            _require_unit_vectors(found, (len(batch), self.dim), self.embedder.model_id)
            rows[start : start + len(batch)] = found
            done = embedded + start + len(batch)
            self.on_progress(Progress("embedding", done, len(self.plan.missing)))
        return rows


def _require_unit_vectors(found: Vectors, shape: tuple[int, int], model_id: str) -> None:
    if found.shape != shape:
        msg = f"model {model_id!r} returned vectors of shape {found.shape} instead of {shape}"
        raise BackendError(msg)
    # A comparison with NaN is false, so this catches vectors that are no numbers too.
    if not (np.abs(np.linalg.norm(found, axis=1) - 1) < 1e-3).all():  # noqa: PLR2004
        msg = f"model {model_id!r} returned vectors that are not of length 1"
        raise BackendError(msg)
