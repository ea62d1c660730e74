"""Gives every chunk its vector, and asks the model only for those not known yet."""

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from pathlib import Path

import numpy as np

from briefqa.datatypes import ChunkId
from briefqa.errors import BackendError
from briefqa.indexing.gathering import Gathered
from briefqa.indexing.generations import BATCHES_AT_ONCE, Generation
from briefqa.indexing.journal import Embedded, EmbeddingJournal
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

# The vectors of all tokens of a batch are in memory at a time: 10 MB for the default model.
_BATCH = 32
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


@dataclass(slots=True)
class VectorMaker:
    """Embeds what a plan misses and fetches the rest, a few thousand chunks at a time.

    The model is asked for ``batches_at_once``. ``embedded`` counts the texts that it was given.
    """

    plan: VectorPlan
    base: Generation | None
    staging: Staging
    embedder: Embedder | None
    journal: EmbeddingJournal
    on_progress: ProgressListener
    batches_at_once: int = BATCHES_AT_ONCE
    embedded: int = 0

    def make(self, stores: VectorBackend, folder: Path) -> VectorStore:
        """Return a store of all chunks, in the plan's order, written into the new ``folder``.

        Raises:
            BackendError: If the model returns something other than unit vectors.
            OSError: If the disk refuses.
        """
        return self._made(stores, folder, None)

    def make_with_tokens(self, stores: VectorBackend, folder: Path, tokens: Path) -> VectorStore:
        """Do what `make` does, and write the tokens of all chunks into the new folder ``tokens``.

        Raises:
            BackendError: If the model returns something other than unit vectors, or no tokens.
            OSError: If the disk refuses.
        """
        with TokenStoreWriter(tokens, self.journal.dim) as writer:
            return self._made(stores, folder, _TokenKeeper(self, writer))

    def _made(
        self, stores: VectorBackend, folder: Path, tokens: "_TokenKeeper | None"
    ) -> VectorStore:
        store = stores.create(folder, self.journal.dim)
        chunks = iter(self.plan.keys.items())
        with closing(self._embeddings(with_tokens=tokens is not None)) as embeddings:
            while part := list(islice(chunks, _ROWS_AT_ONCE)):
                # One row a key: equal texts share a vector.
                keys = list(dict.fromkeys(key for _, key in part))
                ids = {chunk_id for chunk_id, _ in part}
                # A missing key names the first chunk that has it, in this very order.
                missing = [key for key in keys if key in self.plan.missing]
                new = sum(self.plan.missing[key] in ids for key in missing)
                made = list(islice(embeddings, new))
                earlier = [key for key in missing if self.plan.missing[key] not in ids]
                old = [key for key in keys if key in self.plan.known]
                rows = np.concatenate(
                    [
                        *(each.row[None] for each in made),
                        store.vectors([self.plan.missing[key] for key in earlier]),
                        self._known(old),
                    ]
                )
                ordered = [*(each.key for each in made), *earlier, *old]
                row_of = {key: row for row, key in enumerate(ordered)}
                store.add(
                    [chunk_id for chunk_id, _ in part], rows[[row_of[key] for _, key in part]]
                )
                if tokens is not None:
                    tokens.write([key for _, key in part], made)
        return store

    def _known(self, keys: Sequence[bytes]) -> Vectors:
        if self.base is None or not keys:
            return np.empty((0, self.journal.dim), dtype=np.float32)
        return self.base.vectors.vectors([self.plan.known[key] for key in keys])

    def _embeddings(self, *, with_tokens: bool) -> Generator[Embedded, None, None]:
        """Yield what every missing text gives, in order, while the next are under way."""
        total, done = len(self.plan.missing), 0
        keys = iter(self.plan.missing)
        embed = self._embed_with_tokens if with_tokens else self._embed
        waiting: deque[tuple[list[bytes], dict[bytes, Embedded], Future[list[Embedded]]]] = deque()
        callers = ThreadPoolExecutor(self.batches_at_once, thread_name_prefix="briefqa-embedding")
        ahead = 2 * self.batches_at_once
        self.on_progress(Progress("embedding", 0, total))
        try:
            while True:
                while len(waiting) < ahead and (batch := list(islice(keys, _BATCH))):
                    found = {key: kept for key in batch if (kept := self.journal.read(key))}
                    new = [key for key in batch if key not in found]
                    call = callers.submit(embed, new, self._texts(new))
                    waiting.append((batch, found, call))
                if not waiting:
                    return
                batch, found, call = waiting.popleft()
                made = call.result()
                done += len(batch)
                self.embedded += len(made)
                self.journal.add(made, still=total - done)
                self.on_progress(Progress("embedding", done, total))
                found.update((each.key, each) for each in made)
                yield from (found[key] for key in batch)
        finally:
            callers.shutdown(cancel_futures=True)

    def _texts(self, keys: Sequence[bytes]) -> list[str]:
        ids = [self.plan.missing[key] for key in keys]
        if ids and self.embedder is None:
            msg = f"chunk {ids[0]!r} has no vector, and there is no model to make one"
            raise BackendError(msg)
        return [chunk.embedded_text for chunk in self.staging.catalogue.chunks(ids)]

    def _embed(self, keys: Sequence[bytes], texts: Sequence[str]) -> list[Embedded]:
        if not texts or self.embedder is None:
            return []
        rows = self.embedder.embed_documents(texts)
        self._require_unit_vectors(rows, len(texts))
        return [Embedded(key, row, None) for key, row in zip(keys, rows, strict=True)]

    def _embed_with_tokens(self, keys: Sequence[bytes], texts: Sequence[str]) -> list[Embedded]:
        if not texts:
            return []
        if not isinstance(self.embedder, TokenEmbedder):
            msg = "the model gives no vectors of tokens"
            raise BackendError(msg)
        rows, found = self.embedder.embed_document_tokens(texts)
        self._require_unit_vectors(rows, len(texts))
        return list(map(Embedded, keys, rows, map(ChunkTokens.of, found)))

    def _require_unit_vectors(self, found: Vectors, count: int) -> None:
        model = self.embedder.model_id if self.embedder else None
        shape = (count, self.journal.dim)
        if found.shape != shape:
            msg = f"model {model!r} returned vectors of shape {found.shape} instead of {shape}"
            raise BackendError(msg)
        # A comparison with NaN is false, so this catches vectors that are no numbers too.
        if not (np.abs(np.linalg.norm(found, axis=1) - 1) < 1e-3).all():  # noqa: PLR2004
            msg = f"model {model!r} returned vectors that are not of length 1"
            raise BackendError(msg)


class _TokenKeeper:
    """Writes tokens in the plan's order, wherever they come from."""

    def __init__(self, maker: VectorMaker, writer: TokenStoreWriter) -> None:
        self._maker = maker
        self._writer = writer
        self._places: dict[ChunkId, int] = {}

    def write(self, keys: Sequence[bytes], made: Sequence[Embedded]) -> None:
        """Write the tokens of the next chunks, by their embedding keys; ``made`` are new."""
        new = {each.key: each.tokens for each in made if each.tokens is not None}
        known = self._known([key for key in dict.fromkeys(keys) if key in self._maker.plan.known])
        for key in keys:
            self._writer.add(new.get(key) or known.get(key) or self._earlier(key))

    def _earlier(self, key: bytes) -> ChunkTokens:
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
