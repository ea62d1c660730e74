"""What a backend must offer. Stages receive these; they never import a backend."""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import ChunkId, Message

Vectors = NDArray[np.float32]
"""Shape (n, dim), rows of unit L2 norm."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The chunks that a search is held to, by their places in the order added, from 0.

    ``positions`` ascend; int64, shape (n,).
    """

    positions: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.positions.ndim != 1 or not bool(np.all(np.diff(self.positions, prepend=-1) > 0)):
            msg = "positions must ascend from 0 or above"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.positions)

    def runs(self) -> list[tuple[int, int]]:
        """Return the first and the last of each unbroken run of positions."""
        positions = self.positions
        if not len(positions):
            return []
        ends = np.flatnonzero(np.diff(positions) > 1)
        firsts = positions[np.concatenate(([0], ends + 1))]
        lasts = positions[np.concatenate((ends, [len(positions) - 1]))]
        return list(zip(firsts.tolist(), lasts.tolist(), strict=True))

    def check_within(self, count: int) -> None:
        """Refuse a selection from something larger than ``count`` chunks.

        Raises:
            ValueError: If a position is ``count`` or more.
        """
        if len(self) and self.positions[-1] >= count:
            msg = f"position {self.positions[-1]} is selected of {count} chunks"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is: ``done`` of ``total`` units of ``stage``, ``by`` others if by any."""

    stage: str
    done: int
    total: int
    by: str = ""


ProgressListener = Callable[[Progress], None]


class ReadFiles(Protocol):
    """The files of an index, of which nothing is used that is not what was written."""

    def size(self, path: Path, /) -> int:
        """Return the size of a file in bytes; it can be read from now on, whatever becomes of it.

        Raises:
            IndexDamagedError: If it is not there, or has another size than it had.
        """
        ...

    def check(self, path: Path, start: int, end: int, /) -> None:
        """Make sure of bytes [start, end), or raise IndexDamagedError; only once takes long."""
        ...

    def read(self, path: Path, parts: Iterable[tuple[int, memoryview]], /) -> None:
        """Fill each memory with what a file holds from a byte on, once that is sure.

        Raises:
            IndexDamagedError: If it is not what was written.
        """
        ...


class ChunkNumbers(Protocol):
    """Which chunk was added at which place, from 0."""

    def __len__(self) -> int: ...

    def ids(self, positions: Sequence[int], /) -> list[ChunkId]:
        """Return the chunks at these places."""
        ...

    def positions(self, ids: Sequence[ChunkId], /) -> list[int]:
        """Return the places of these chunks; `KeyError` if there is no such chunk."""
        ...


class TokenCounter(Protocol):
    """Cuts text into the tokens of one model."""

    @property
    def max_tokens(self) -> int:
        """Most tokens of text that the model reads; special tokens are already taken off."""
        ...

    def offsets(self, texts: Sequence[str], /) -> list[list[int]]:
        """Return, for each text, the code point at which each token starts, ascending."""
        ...


class Embedder(Protocol):
    """Turns text into unit vectors of one fixed width; safe to use from several threads."""

    @property
    def model_id(self) -> str:
        """Name and fingerprint, written into the index and compared on load."""
        ...

    @property
    def dim(self) -> int:
        """Width of every vector returned."""
        ...

    @property
    def tokens(self) -> TokenCounter:
        """The model's own tokenizer."""
        ...

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Embed passages; returns shape (len(texts), dim)."""
        ...

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Embed questions; returns shape (len(texts), dim)."""
        ...


class Reranker(Protocol):
    """Reads a question and a passage together, and says how well the one answers the other."""

    @property
    def reranker_id(self) -> str:
        """Name and fingerprint: other weights have another."""
        ...

    def score(self, question: str, passages: Sequence[str], /) -> NDArray[np.float32]:
        """Return a score a passage, shape (len(passages),), each in [0, 1]; larger is better.

        A score is absolute: it does not depend on what else is scored.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TokenVectors:
    """The tokens of one text, each as the model sees it among the others; no special ones.

    ``ids`` are their places in the model's vocabulary and ``starts`` the code points of
    the text at which they begin, ascending, both int32 of shape (n,); ``rows`` float32,
    shape (n, dim), of unit L2 norm. ``emphasis``, float32 of shape (n,), is what each
    counts for in a question beside its rarity; all alike if unset.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int32]
    rows: Vectors
    emphasis: NDArray[np.float32] | None = None


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that tells from the same pass also the vector of every token."""

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages it was made for; None if it does not say."""
        ...

    def embed_document_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed passages: what ``embed_documents`` returns, and the tokens of each."""
        ...

    def embed_query_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed questions: what ``embed_queries`` returns, and the tokens of each."""
        ...


class VectorIndex(Protocol):
    """Finds the nearest of the vectors it holds, by inner product."""

    def __len__(self) -> int:
        """Return how many vectors it holds."""
        ...

    def search(
        self, queries: Vectors, k: int, /, *, among: Selection | None = None
    ) -> list[list[tuple[ChunkId, float]]]:
        """Return up to ``k`` (id, similarity) a query, best first; equals in the order added.

        With ``among`` they are the best of these, with the same similarities as without.
        """
        ...

    def vectors(self, ids: Sequence[ChunkId], /) -> Vectors:
        """Return the stored vectors of ``ids``, shape (len(ids), dim)."""
        ...


class VectorStore(VectorIndex, Protocol):
    """A vector index that can be added to, in a folder of its own."""

    def add(self, ids: Sequence[ChunkId], rows: Vectors, /) -> None:
        """Add one vector a chunk; ids must be new."""
        ...

    def finish(self, recall: float, on_progress: ProgressListener, /) -> None:
        """Write what its backend's ``load`` needs into its folder; `OSError` if it cannot.

        Where comparing all takes long, searches are to find about ``recall`` of the ten nearest.
        """
        ...


class TokenIndex(Protocol):
    """Compares chunks with a question token by token."""

    def similarities(
        self, query: TokenVectors, parts: Sequence[tuple[ChunkId, Sequence[int]]], /
    ) -> tuple[NDArray[np.float32], list[tuple[float, ...]]]:
        """Return how similar chunks are to a question, in [0, 1], and so are parts of each.

        ``parts`` are chunks, and where each part begins in the embedded text, ascending. The
        first result has shape (len(parts),), the second for each chunk one number a part.
        """
        ...


class VectorBackend(Protocol):
    """Makes and reopens vector stores of one kind."""

    def create(self, folder: Path, dim: int, /) -> VectorStore:
        """Return an empty store in the new ``folder``, for vectors of width ``dim``."""
        ...

    def load(self, folder: Path, chunks: ChunkNumbers, files: ReadFiles, /) -> VectorStore:
        """Reopen what ``finish`` wrote; ``files`` must be asked about all before it is used."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """The chunks of one document, as (id, text) in order, and its language where it states one."""

    chunks: Sequence[tuple[ChunkId, str]]
    language: str | None = None


class LexicalIndex(Protocol):
    """Finds chunks by their words."""

    def __len__(self) -> int:
        """Return how many chunks it holds."""
        ...

    def search(
        self, question: str, k: int, /, *, among: Selection | None = None
    ) -> list[tuple[ChunkId, float]]:
        """Return up to ``k`` (id, BM25 score), best first; any text is a valid question.

        With ``among`` they are the best of these, with the same scores as without.
        """
        ...

    def terms(self, text: str, /) -> list[str]:
        """Return the text's words as the index sees them: lower case, stemmed, in order."""
        ...

    def language(self, text: str, /) -> str:
        """Return the language that ``text`` is read in, an ISO 639-1 code; empty if unknown."""
        ...

    def document_frequency(self, term: str, /) -> int:
        """Return how many chunks hold ``term``, a result of ``terms``."""
        ...


@runtime_checkable
class KeptWords(LexicalIndex, Protocol):
    """A lexical index that knows in which language each of its chunks was read."""

    def languages(self, first: int, last: int, /) -> list[str]:
        """Return it for the chunks numbered ``first`` to ``last``, as `language` gives it."""
        ...


class LexicalBackend(Protocol):
    """Builds and reopens lexical indexes of one kind."""

    def build(self, folder: Path, documents: Iterable[DocumentWords], /) -> None:
        """Write an index of chunks into the empty ``folder``; `OSError` if it cannot be."""
        ...

    def open(self, folder: Path, /) -> KeptWords:
        """Open the index in ``folder`` for reading."""
        ...


class LanguageModel(Protocol):
    """Writes text, piece by piece."""

    @property
    def model_id(self) -> str:
        """Name shown beside an answer that it wrote."""
        ...

    @property
    def context_tokens(self) -> int:
        """Most tokens that messages and answer may have together."""
        ...

    def count_tokens(self, text: str, /) -> int:
        """Return how many tokens ``text`` has, or a little more; never fewer by much."""
        ...

    def stream(
        self, messages: Sequence[Message], /, *, max_tokens: int, timeout_s: float
    ) -> Generator[str, None, None]:
        """Yield the answer as it is written; closing the generator ends the request.

        While nothing comes, an empty piece is yielded about once a second, since a generator
        can only be closed between two pieces.

        Args:
            messages: The prompt, at most ``context_tokens - max_tokens`` tokens long.
            max_tokens: Where the answer is cut.
            timeout_s: Seconds from the start in which all must have come.

        Raises:
            ModelFaultError: If it cannot go on; what was yielded before stands.
        """
        ...
