"""From a question to ranked hits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Protocol

import numpy as np

from briefqa.datatypes import Chunk, ChunkId, Hit
from briefqa.errors import LimitError, QuestionError
from briefqa.protocols import LexicalIndex, Selection, Vectors, VectorStore
from briefqa.retrieval.fusion import fuse, lexical_share
from briefqa.retrieval.repeats import repeated_in, shingles
from briefqa.retrieval.terms import in_header_words, term_weights

MOST_HITS = 100
"""Most hits that may be asked for."""

_LONGEST_QUESTION = 4_000
# As many for every k: a score must not change with how many hits are asked for.
_CANDIDATES = 3 * MOST_HITS


class SearchableIndex(Protocol):
    """The parts of an opened index that a search needs."""

    @property
    def vectors(self) -> VectorStore:
        """Finds chunks by meaning."""
        ...

    @property
    def words(self) -> LexicalIndex:
        """Finds chunks by their words."""
        ...

    def chunks(self, ids: Sequence[ChunkId], /) -> list[Chunk]:
        """Return the chunks of ``ids``, in that order."""
        ...


def check_question(question: str) -> str:
    """Return ``question`` without white space around it.

    Raises:
        QuestionError: If nothing is left, or too much.
    """
    stripped = question.strip()
    if not stripped:
        msg = "the question is empty; ask something in words"
        raise QuestionError(msg)
    if len(stripped) > _LONGEST_QUESTION:
        msg = f"the question has {len(stripped)} characters; at most {_LONGEST_QUESTION} are read"
        raise QuestionError(msg)
    # What no encoding can write, no index can hold: half characters become question marks.
    return stripped.encode("utf-8", "replace").decode("utf-8")


def check_limit(k: int) -> None:
    """Refuse a number of hits that cannot be meant.

    Raises:
        LimitError: If ``k`` is not between 1 and 100.
    """
    if not 1 <= k <= MOST_HITS:
        raise LimitError("top_k", found=k, least=1, most=MOST_HITS)  # noqa: EM101 - a name


def find_hits(
    question: str,
    vector: Vectors,
    index: SearchableIndex,
    *,
    k: int,
    among: Selection | None = None,
) -> list[Hit]:
    """Return the ``k`` best hits, best first; fewer where the index holds fewer.

    Candidates come from dense and lexical search and are scored by both. A
    chunk that nearly repeats a better one is not a hit of its own: the better
    one names it. Equal scores rank by document and place.

    Args:
        question: What is asked, as `check_question` returns it.
        vector: The question embedded, shape (dim,).
        index: Where to look.
        k: How many hits, from 1 to `MOST_HITS`.
        among: The chunks to search, all of them if unset. A hit's score does not depend on it.

    Raises:
        LimitError: If ``k`` is out of these bounds.
    """
    check_limit(k)
    if not len(index.vectors if among is None else among):
        return []
    scores = _candidate_scores(question, vector, index, among)
    return _without_repeats(_best_first(scores, index), scores, k)


def _candidate_scores(
    question: str, vector: Vectors, index: SearchableIndex, among: Selection | None
) -> dict[ChunkId, dict[str, float]]:
    dense = dict(index.vectors.search(vector[np.newaxis], _CANDIDATES, among=among)[0])
    lexical = dict(index.words.search(in_header_words(question), _CANDIDATES, among=among))
    missing = [chunk_id for chunk_id in lexical if chunk_id not in dense]
    if missing:
        found = np.asarray(index.vectors.vectors(missing) @ vector)
        dense |= dict(zip(missing, map(float, found), strict=True))
    weights = term_weights(question, index.words)
    scores: dict[ChunkId, dict[str, float]] = {}
    for chunk_id, cosine in dense.items():
        bm25 = lexical.get(chunk_id, 0.0)
        fused = fuse(cosine, lexical_share(bm25, weights))
        scores[chunk_id] = {"dense": cosine, "lexical": bm25, "fused": fused}
    return scores


def _best_first(
    scores: Mapping[ChunkId, Mapping[str, float]], index: SearchableIndex
) -> Iterator[Chunk]:
    """Yield the chunks of ``scores``, read from the index only as they are asked for."""

    def fused(chunk_id: ChunkId) -> float:
        return -scores[chunk_id]["fused"]

    for _, equals in groupby(sorted(scores, key=fused), key=fused):
        yield from sorted(index.chunks(list(equals)), key=lambda each: (each.doc_id, each.span))


def _without_repeats(
    ranked: Iterable[Chunk], scores: dict[ChunkId, dict[str, float]], k: int
) -> list[Hit]:
    kept: list[Chunk] = []
    seen: list[frozenset[object]] = []
    repeats: list[list[ChunkId]] = []
    for chunk in ranked:
        words = shingles(chunk.text)
        original = repeated_in(words, seen)
        if original is not None:
            repeats[original].append(chunk.chunk_id)
        elif len(kept) == k:
            break
        else:
            kept.append(chunk)
            seen.append(words)
            repeats.append([])
    return [
        Hit(
            chunk=chunk,
            score=scores[chunk.chunk_id]["fused"],
            rank=rank,
            scores={name: scores[chunk.chunk_id][name] for name in ("dense", "lexical")},
            duplicates=tuple(repeats[rank - 1]),
        )
        for rank, chunk in enumerate(kept, 1)
    ]
