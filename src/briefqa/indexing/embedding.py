"""Gives every chunk its vector, and asks the model only for those not known yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from pathlib import Path

import numpy as np

from briefqa.datatypes import ChunkId
from briefqa.errors import BackendError
from briefqa.indexing.gathering import Gathered
from briefqa.indexing.generations import Generation
from briefqa.indexing.staging import Staging
from briefqa.indexing.token_runs import ChunkTokens
from briefqa.indexing.tokens import TokenStoreWriter
from briefqa.protocols import (
    Embedder,
    Progress,
    ProgressListener,
    TokenEmbedder,
    VectorBackend,
    Vectors,
    VectorStore,
)

# The vectors of all tokens of a batch are in memory at a time: 20 MB for the default model.
_BATCH = 64
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


def plan_vectors(
    gathered: Gathered, base: Generation | None, staging: Staging, *, with_tokens: bool
) -> VectorPlan:
    """Decide for every chunk of ``gathered`` where its vector, and its tokens, come from."""
    plan = VectorPlan()
    # A generation without the tokens that are wanted is of no use for its vectors either.
    reusable = base if base is not None and (base.tokens is not None or not with_tokens) else None
    for _, chunk_id, key in reusable.catalogue.embedding_keys() if reusable else ():
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
        return self._made(stores, None)

    def make_with_tokens(self, stores: VectorBackend, folder: Path) -> VectorStore:
        """Do what `make` does, and write the tokens of all chunks into the new ``folder``.

        Raises:
            BackendError: If the model returns something other than unit vectors, or no tokens.
            OSError: If the disk refuses.
        """
        with TokenStoreWriter(folder, self.dim) as writer:
            return self._made(stores, _TokenKeeper(self, writer))

    def _made(self, stores: VectorBackend, tokens: "_TokenKeeper | None") -> VectorStore:
        store = stores.create(self.dim, capacity=len(self.plan.keys))
        chunks = iter(self.plan.keys.items())
        embedded = 0
        self.on_progress(Progress("embedding", 0, len(self.plan.missing)))
        while part := list(islice(chunks, _ROWS_AT_ONCE)):
            # One row a key: equal texts share a vector.
            keys = list(dict.fromkeys(key for _, key in part))
            ids = {chunk_id for chunk_id, _ in part}
            # A missing key names the first chunk that has it, in this very order.
            missing = [key for key in keys if key in self.plan.missing]
            new = [key for key in missing if self.plan.missing[key] in ids]
            earlier = [key for key in missing if self.plan.missing[key] not in ids]
            old = [key for key in keys if key in self.plan.known]
            rows = np.concatenate(
                [
                    self._embed(new, embedded, tokens),
                    store.vectors([self.plan.missing[key] for key in earlier]),
                    self._known(old),
                ]
            )
            embedded += len(new)
            row_of = {key: row for row, key in enumerate([*new, *earlier, *old])}
            store.add([chunk_id for chunk_id, _ in part], rows[[row_of[key] for _, key in part]])
            if tokens is not None:
                tokens.write([key for _, key in part])
        return store

    def _known(self, keys: Sequence[bytes]) -> Vectors:
        if self.base is None or not keys:
            return np.empty((0, self.dim), dtype=np.float32)
        return self.base.vectors.vectors([self.plan.known[key] for key in keys])

    def _embed(
        self, keys: Sequence[bytes], embedded: int, tokens: "_TokenKeeper | None"
    ) -> Vectors:
        rows = np.empty((len(keys), self.dim), dtype=np.float32)
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            ids = [self.plan.missing[key] for key in batch]
            if self.embedder is None:
                msg = f"chunk {ids[0]!r} has no vector, and there is no model to make one"
                raise BackendError(msg)
            texts = [chunk.embedded_text for chunk in self.staging.catalogue.chunks(ids)]
            if tokens is None:
                found = self.embedder.embed_documents(texts)
            else:
                found = tokens.embed(batch, texts)
            _require_unit_vectors(found, (len(batch), self.dim), self.embedder.model_id)
            rows[start : start + len(batch)] = found
            done = embedded + start + len(batch)
            self.on_progress(Progress("embedding", done, len(self.plan.missing)))
        return rows


class _TokenKeeper:
    """Holds the tokens of what was just embedded until they are written in the plan's order."""

    def __init__(self, maker: VectorMaker, writer: TokenStoreWriter) -> None:
        self._maker = maker
        self._writer = writer
        self._new: dict[bytes, ChunkTokens] = {}
        self._places: dict[ChunkId, int] = {}

    def embed(self, keys: Sequence[bytes], texts: Sequence[str]) -> Vectors:
        """Return the vectors of ``texts``, whose embedding keys are ``keys``."""
        embedder = self._maker.embedder
        if not isinstance(embedder, TokenEmbedder):
            msg = "the model gives no vectors of tokens"
            raise BackendError(msg)
        rows, tokens = embedder.embed_document_tokens(texts)
        self._new |= zip(keys, map(ChunkTokens.of, tokens), strict=True)
        return rows

    def write(self, keys: Sequence[bytes]) -> None:
        """Write the tokens of the next chunks, by their embedding keys."""
        known = self._known([key for key in dict.fromkeys(keys) if key in self._maker.plan.known])
        for key in keys:
            self._writer.add(known[key] if key in known else self._tokens(key))
        self._new.clear()

    def _tokens(self, key: bytes) -> ChunkTokens:
        if key in self._new:
            return self._new[key]
        plan = self._maker.plan
        # Only a folder that repeats itself needs to know where everything is.
        self._places = self._places or {each: at for at, each in enumerate(plan.keys)}
        return self._writer.added(self._places[plan.missing[key]])

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, ChunkTokens]:
        """Return the tokens that the generation before has, by embedding key."""
        plan, base = self._maker.plan, self._maker.base
        if not keys:
            return {}
        if base is None or base.tokens is None:
            msg = "the generation before holds no tokens"
            raise BackendError(msg)
        return dict(zip(keys, base.tokens.tokens([plan.known[key] for key in keys]), strict=True))


def _require_unit_vectors(found: Vectors, shape: tuple[int, int], model_id: str) -> None:
    if found.shape != shape:
        msg = f"model {model_id!r} returned vectors of shape {found.shape} instead of {shape}"
        raise BackendError(msg)
    # A comparison with NaN is false, so this catches vectors that are no numbers too.
    if not (np.abs(np.linalg.norm(found, axis=1) - 1) < 1e-3).all():  # noqa: PLR2004
        msg = f"model {model_id!r} returned vectors that are not of length 1"
        raise BackendError(msg)
