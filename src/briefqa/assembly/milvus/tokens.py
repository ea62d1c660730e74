"""The tokens of chunks in Milvus, compared as those of files are."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from briefqa.assembly.milvus.collections import Collections
from briefqa.assembly.milvus.head import Head
from briefqa.assembly.milvus.rows import FREQUENCIES, array_of, tokens_of
from briefqa.backends.faiss.numbering import NumberedChunks
from briefqa.backends.milvus.expressions import any_of
from briefqa.backends.milvus.layout import CHUNK_ID, TOKENS
from briefqa.backends.onnx import bit_products
from briefqa.datatypes import ChunkId
from briefqa.indexing.token_runs import ChunkTokens, TokenColumns, TokenRuns
from briefqa.protocols import TokenVectors

_IDS_AT_ONCE = 200

_Number = TypeVar("_Number", np.int32, np.uint8)


class _Held(Generic[_Number]):
    """A column of some chunks, in memory."""

    def __init__(self, parts: Sequence[NDArray[_Number]]) -> None:
        self._all: NDArray[_Number] = np.concatenate(parts)

    def of(self, runs: Sequence[tuple[int, int]], /) -> NDArray[_Number]:
        """Return what stands from the first to the last token of each run, one after another."""
        return np.concatenate([self._all[first:last] for first, last in runs])


class MilvusTokens:
    """The tokens of chunks, fetched for each question and compared as those of files are."""

    def __init__(self, collections: Collections, head: Head) -> None:
        self._collections = collections
        self._dim, self._held = head.manifest.recipe.dim, head.manifest.chunks
        self._frequencies = lru_cache(1)(self._read_frequencies)

    def __len__(self) -> int:
        """Return of how many chunks it holds the tokens."""
        return self._held

    def similarities(
        self, query: TokenVectors, parts: Sequence[tuple[ChunkId, Sequence[int]]], /
    ) -> tuple[NDArray[np.float32], list[tuple[float, ...]]]:
        """Return how similar chunks and their parts are to a question, each in [0, 1]."""
        if not parts:
            return np.zeros(0, dtype=np.float32), []
        ids = [chunk_id for chunk_id, _ in parts]
        runs = self.tokens(ids)
        columns = TokenColumns(
            _Held([each.ids for each in runs]),
            _Held([each.starts for each in runs]),
            _Held([each.codes for each in runs]),
        )
        ends = np.cumsum([len(each.ids) for each in runs], dtype=np.int64)
        chunks = NumberedChunks(ids)
        store = TokenRuns(chunks, ends, columns, self._frequencies(), self._held, bit_products)
        return store.similarities(query, parts)

    def tokens(self, ids: Sequence[ChunkId], /) -> list[ChunkTokens]:
        """Return the tokens of chunks, in the order of ``ids``."""
        found = self._fetched(ids)
        return [found[each] for each in ids]

    @property
    def frequencies(self) -> NDArray[np.int64]:
        """In how many chunks each token of the vocabulary stands."""
        return self._frequencies()

    def _fetched(self, ids: Sequence[ChunkId]) -> dict[ChunkId, ChunkTokens]:
        found: dict[ChunkId, ChunkTokens] = {}
        for start in range(0, len(ids), _IDS_AT_ONCE):
            rows = self._collections.chunk_rows(
                any_of(CHUNK_ID, ids[start : start + _IDS_AT_ONCE]), (CHUNK_ID, TOKENS)
            )
            found |= self._collections.read(
                lambda rows=rows: {row[CHUNK_ID]: tokens_of(row, self._dim) for row in rows}  # type: ignore[misc]
            )
        for each in ids:
            if each not in found:
                detail = f"holds no tokens of chunk {each!r}"
                raise self._collections.damaged(detail)
        return found

    def _read_frequencies(self) -> NDArray[np.int64]:
        return self._collections.read(lambda: array_of(self._collections.text_of(FREQUENCIES)))
