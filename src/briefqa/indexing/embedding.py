"""Gives every chunk its vector, and asks the model only for those not known yet."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import ChunkId
from briefqa.errors import BackendError
from briefqa.indexing.generations import Backends, Generation
from briefqa.indexing.journal import Embedded, EmbeddingJournal
from briefqa.indexing.planning import VectorPlan
from briefqa.indexing.staging import Staging
from briefqa.indexing.token_runs import ChunkTokens
from briefqa.indexing.tokens import TokenStoreWriter
from briefqa.protocols import (
    ChunkNumbers,
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


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts on their way through the model, by key; those ``found`` in the journal are not."""

    keys: Sequence[bytes]
    found: dict[bytes, Embedded]
    call: Future[list[Embedded]]


@dataclass(slots=True)
class VectorMaker:
    """Embeds what a plan misses and fetches the rest, a few thousand chunks at a time.

    ``embedded`` counts the texts that the model was given.
    """

    plan: VectorPlan
    base: Generation | None
    staging: Staging
    backends: Backends
    journal: EmbeddingJournal
    on_progress: ProgressListener
    embedded: int = 0
    _batches: "Iterator[_Batch]" = field(init=False, default_factory=lambda: iter(()))
    _waiting: "deque[_Batch]" = field(init=False, default_factory=deque)

    @contextmanager
    def under_way(self, *, with_tokens: bool) -> Iterator[None]:
        """Embed the first texts while the block does other work, and then all that it asks for.

        The block calls `make`, or `make_with_tokens` if ``with_tokens``. When it ends, nothing
        is embedded any more.
        """
        callers = ThreadPoolExecutor(
            self.backends.batches_at_once, thread_name_prefix="briefqa-embedding"
        )
        self._batches = self._begun(callers, with_tokens=with_tokens)
        try:
            self._begin_some()
            yield
        finally:
            callers.shutdown(cancel_futures=True)

    def require_working(self) -> None:
        """Raise what the model has failed with by now, if it has, at the texts under way."""
        for batch in self._waiting:
            if batch.call.done():
                batch.call.result()

    def make(self, stores: VectorBackend, folder: Path, chunks: ChunkNumbers) -> VectorStore:
        """Return a store of all ``chunks`` of the plan, written into the new ``folder``.

        Raises:
            BackendError: If the model returns something other than unit vectors.
            OSError: If the disk refuses.
        """
        return self._made(stores, folder, chunks, None)

    def make_with_tokens(
        self, stores: VectorBackend, folder: Path, chunks: ChunkNumbers, tokens: Path
    ) -> VectorStore:
        """Do what `make` does, and write the tokens of all chunks into the new folder ``tokens``.

        Raises:
            BackendError: If the model returns something other than unit vectors, or no tokens.
            OSError: If the disk refuses.
        """
        with TokenStoreWriter(tokens, self.journal.dim) as writer:
            return self._made(stores, folder, chunks, writer)

    def _made(
        self,
        stores: VectorBackend,
        folder: Path,
        chunks: ChunkNumbers,
        tokens: TokenStoreWriter | None,
    ) -> VectorStore:
        store = stores.create(folder, self.journal.dim)
        embeddings = self._embeddings()
        for start in range(0, len(self.plan), _ROWS_AT_ONCE):
            part = _Part(start, self.plan.origins[start : start + _ROWS_AT_ONCE])
            known = self._ids_before(part.origins[part.known])
            kept = self._tokens_before(known) if tokens is not None else []
            rows = np.empty((len(part.origins), self.journal.dim), dtype=np.float32)
            if known and self.base is not None:
                rows[part.known] = self.base.vectors.vectors(known)
            # Last, for they may not be there yet.
            made = list(islice(embeddings, len(part.new)))
            if made:
                rows[part.new] = [each.row for each in made]
            if len(part.earlier):
                rows[part.earlier] = store.vectors(chunks.ids(part.firsts(part.earlier)))
            rows[part.repeated] = rows[np.array(part.firsts(part.repeated), dtype=int) - start]
            store.add(chunks.ids(range(start, start + len(rows))), rows)
            if tokens is not None:
                self._write_tokens(tokens, part, made, kept)
        return store

    def _write_tokens(
        self,
        writer: TokenStoreWriter,
        part: "_Part",
        made: Sequence[Embedded],
        kept: Sequence[ChunkTokens],
    ) -> None:
        """Write the tokens of the chunks of ``part``; ``made`` are new, ``kept`` of before."""
        found = {
            place: each.tokens
            for place, each in zip(part.new.tolist(), made, strict=True)
            if each.tokens is not None
        }
        found |= zip(part.known.tolist(), kept, strict=True)
        for place, first in zip(part.earlier.tolist(), part.firsts(part.earlier), strict=True):
            found[place] = writer.added(first)
        for place, first in zip(part.repeated.tolist(), part.firsts(part.repeated), strict=True):
            found[place] = found[first - part.start]
        writer.add_all([found[place] for place in range(len(part.origins))])

    def _ids_before(self, numbers: NDArray[np.int64]) -> list[ChunkId]:
        if self.base is None or not len(numbers):
            return []
        return self.base.catalogue.numbers().ids(numbers.tolist())

    def _tokens_before(self, ids: Sequence[ChunkId]) -> list[ChunkTokens]:
        if not ids:
            return []
        if self.base is None or self.base.tokens is None:
            msg = "the generation before holds no tokens"
            raise BackendError(msg)
        return self.base.tokens.tokens(ids)

    def _embeddings(self) -> Iterator[Embedded]:
        """Yield what every missing text gives, in order, while the next are under way."""
        total, done = len(self.plan.missing), 0
        self.on_progress(Progress("embedding", 0, total))
        while self._waiting:
            batch = self._waiting.popleft()
            made = batch.call.result()
            self._begin_some()
            done += len(batch.keys)
            self.embedded += len(made)
            self.journal.add(made, still=total - done)
            self.on_progress(Progress("embedding", done, total))
            found = batch.found | {each.key: each for each in made}
            yield from (found[key] for key in batch.keys)

    def _begin_some(self) -> None:
        self._waiting.extend(
            islice(self._batches, 2 * self.backends.batches_at_once - len(self._waiting))
        )

    def _begun(self, callers: ThreadPoolExecutor, *, with_tokens: bool) -> "Iterator[_Batch]":
        embed = self._embed_with_tokens if with_tokens else self._embed
        for start in range(0, len(self.plan.missing), _BATCH):
            batch = self.plan.missing[start : start + _BATCH]
            staged = self.plan.staged[start : start + _BATCH].tolist()
            numbers = {
                key.tobytes(): number
                for key, number in zip(self.plan.keys[batch], staged, strict=True)
            }
            found = {key: kept for key in numbers if (kept := self.journal.read(key))}
            new = [key for key in numbers if key not in found]
            texts = self._texts([numbers[key] for key in new])
            yield _Batch(list(numbers), found, callers.submit(embed, new, texts))

    def _texts(self, numbers: Sequence[int]) -> list[str]:
        if not numbers:
            return []
        staged = self.staging.catalogue
        ids = staged.numbers().ids(numbers)
        if self.backends.embedder is None:
            msg = f"chunk {ids[0]!r} has no vector, and there is no model to make one"
            raise BackendError(msg)
        return [chunk.embedded_text for chunk in staged.chunks(ids)]

    def _embed(self, keys: Sequence[bytes], texts: Sequence[str]) -> list[Embedded]:
        if not texts or self.backends.embedder is None:
            return []
        rows = self.backends.embedder.embed_documents(texts)
        self._require_unit_vectors(rows, len(texts))
        return [Embedded(key, row, None) for key, row in zip(keys, rows, strict=True)]

    def _embed_with_tokens(self, keys: Sequence[bytes], texts: Sequence[str]) -> list[Embedded]:
        if not texts:
            return []
        if not isinstance(self.backends.embedder, TokenEmbedder):
            msg = "the model gives no vectors of tokens"
            raise BackendError(msg)
        rows, found = self.backends.embedder.embed_document_tokens(texts)
        self._require_unit_vectors(rows, len(texts))
        return list(map(Embedded, keys, rows, map(ChunkTokens.of, found)))

    def _require_unit_vectors(self, found: Vectors, count: int) -> None:
        model = self.backends.embedder.model_id if self.backends.embedder else None
        shape = (count, self.journal.dim)
        if found.shape != shape:
            msg = f"model {model!r} returned vectors of shape {found.shape} instead of {shape}"
            raise BackendError(msg)
        # A comparison with NaN is false, so this catches vectors that are no numbers too.
        if not (np.abs(np.linalg.norm(found, axis=1) - 1) < 1e-3).all():  # noqa: PLR2004
            msg = f"model {model!r} returned vectors that are not of length 1"
            raise BackendError(msg)


class _Part:
    """Some chunks of a plan, from ``start`` on; places are counted from there.

    ``new`` get what the model gives, ``known`` what the generation before has, ``earlier``
    what a chunk before this part has, and ``repeated`` what one of this part has.
    """

    def __init__(self, start: int, origins: NDArray[np.int64]) -> None:
        self.start = start
        self.origins = origins
        own = -1 - np.arange(start, start + len(origins))
        self.known = np.flatnonzero(origins >= 0)
        self.new = np.flatnonzero(origins == own)
        self.earlier = np.flatnonzero((origins < 0) & (origins > -1 - start))
        self.repeated = np.flatnonzero((origins <= -1 - start) & (origins != own))

    def firsts(self, places: NDArray[np.int64]) -> list[int]:
        """Return the numbers of the first chunks with the texts of those at ``places``."""
        numbers: list[int] = (-1 - self.origins[places]).tolist()
        return numbers
