"""From a question to ranked hits."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from briefqa.datatypes import Chunk, ChunkId, DocId, Hit, Outline
from briefqa.errors import LimitError
from briefqa.protocols import LexicalIndex, Selection, TokenIndex, VectorIndex
from briefqa.retrieval.asking import Asked
from briefqa.retrieval.fusion import (
    Scores,
    Weights,
    feedback,
    fuse,
    lexical_shares,
    weights_for,
    with_feedback,
)
from briefqa.retrieval.repeats import repeated_in, shingles
from briefqa.retrieval.terms import in_header_words, term_weights
from briefqa.retrieval.timing import Stopwatch

MOST_HITS = 100
"""Most hits that may be asked for."""

# As many for every k: a score must not change with how many hits are asked for.
CANDIDATES = MOST_HITS
"""How many chunks each of dense and lexical search puts forward."""

RETRIEVE, RANK = "retrieve", "rank"
"""A stage of the times that a search takes, and the part of it that is none of the others."""

STAGES = ("dense", "lexical", "late", "sentence", "fused", "feedback", "score")
"""Names of a candidate's scores, in the order in which they come about."""


class SearchableIndex(Protocol):
    """The parts of an opened index that a search needs."""

    @property
    def vectors(self) -> VectorIndex:
        """Finds chunks by meaning."""
        ...

    @property
    def words(self) -> LexicalIndex:
        """Finds chunks by their words."""
        ...

    @property
    def tokens(self) -> TokenIndex | None:
        """Compares chunks with a question token by token, if the index keeps tokens."""
        ...

    def outlines(self, ids: Sequence[ChunkId], /) -> list[Outline]:
        """Return what ranks the chunks of ``ids``, in that order."""
        ...

    def chunks(self, ids: Sequence[ChunkId], /) -> list[Chunk]:
        """Return the chunks of ``ids``, in that order."""
        ...

    def published(self, ids: Sequence[DocId], /) -> Mapping[DocId, str]:
        """Return the dates of those of ``ids`` that have one."""
        ...


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates for a question, best first.

    ``scores`` are by candidate and stage, those of `STAGES`, and ``similarities`` by
    candidate and sentence, where the index keeps tokens. ``weights`` are what the stages
    counted for.
    """

    order: Sequence[Outline]
    scores: Mapping[ChunkId, Mapping[str, float]]
    similarities: Mapping[ChunkId, tuple[float, ...]]
    weights: Weights


def check_limit(k: int) -> None:
    """Refuse a number of hits that cannot be meant.

    Raises:
        LimitError: If ``k`` is not between 1 and 100.
    """
    if not 1 <= k <= MOST_HITS:
        raise LimitError("top_k", found=k, least=1, most=MOST_HITS)  # noqa: EM101 - a name


def find_hits(
    asked: Asked,
    index: SearchableIndex,
    *,
    k: int,
    among: Selection | None = None,
    watch: Stopwatch | None = None,
) -> list[Hit]:
    """Return the ``k`` best hits, best first; fewer where the index holds fewer.

    A chunk that nearly repeats a better one is not a hit of its own: the better
    one names it. Equal scores rank the newest document first, then by document
    and place.

    Args:
        asked: The question.
        index: Where to look.
        k: How many hits, from 1 to `MOST_HITS`.
        among: The chunks to search, all of them if unset.
        watch: Told what each stage took.

    Raises:
        LimitError: If ``k`` is out of these bounds.
    """
    check_limit(k)
    return without_repeats(rank(asked, index, among=among, watch=watch), index, k)


def rank(
    asked: Asked,
    index: SearchableIndex,
    *,
    among: Selection | None = None,
    watch: Stopwatch | None = None,
) -> Ranking:
    """Score and order the candidates for a question.

    Dense and lexical search each put forward `CANDIDATES`. Every one of them is scored by
    its cosine, and where the index keeps tokens by late interaction, as a whole and by the
    nearest of its sentences; its lexical score is 0 where lexical search did not put it
    forward.
    """
    known = asked.languages
    weights = weights_for(
        is_foreign=known is not None and index.words.language(asked.text) not in known,
        has_tokens=index.tokens is not None and asked.tokens is not None,
    )
    if not len(index.vectors if among is None else among):
        return Ranking((), {}, {}, weights)
    watch = watch or Stopwatch()
    [nearest] = index.vectors.search(asked.vector[np.newaxis], CANDIDATES, among=among)
    watch.lap(RETRIEVE, "dense")
    bm25 = dict(index.words.search(in_header_words(asked.text), CANDIDATES, among=among))
    watch.lap(RETRIEVE, "lexical")
    # Sorted, so that sums come out the same however the candidates were found.
    ids = sorted({chunk_id for chunk_id, _ in nearest} | bm25.keys())
    outlines = index.outlines(ids)
    vectors = index.vectors.vectors(ids)
    found: dict[str, Scores] = {
        # Summed for all alike, as the store does: by which search a chunk came must not show.
        "dense": (vectors.astype(np.float64) * asked.vector).sum(axis=1).astype(np.float32),
        "lexical": np.array([bm25.get(each, 0.0) for each in ids], dtype=np.float32),
        "late": np.zeros(len(ids), dtype=np.float32),
        "sentence": np.zeros(len(ids), dtype=np.float32),
    }
    watch.lap(RETRIEVE, RANK)
    similarities: dict[ChunkId, tuple[float, ...]] = {}
    if index.tokens is not None and asked.tokens is not None:
        parts = [(each.chunk_id, each.sentence_starts) for each in outlines]
        found["late"], each = index.tokens.similarities(asked.tokens, parts)
        found["sentence"] = np.array([max(part) for part in each], dtype=np.float32)
        similarities = dict(zip(ids, each, strict=True))
        watch.lap(RETRIEVE, "late")
    shares = lexical_shares(found["lexical"], term_weights(asked.text, index.words))
    found["fused"] = fuse(found["dense"], shares, found["late"], found["sentence"], weights)
    found["feedback"] = feedback(found["fused"], vectors)
    found["score"] = with_feedback(found["fused"], found["feedback"])
    rows = zip(*(found[stage].tolist() for stage in STAGES), strict=True)
    scores = {
        chunk_id: dict(zip(STAGES, row, strict=True))
        for chunk_id, row in zip(ids, rows, strict=True)
    }
    return Ranking(_best_first(outlines, scores, index), scores, similarities, weights)


def _best_first(
    outlines: Sequence[Outline],
    scores: Mapping[ChunkId, Mapping[str, float]],
    index: SearchableIndex,
) -> list[Outline]:
    """Return ``outlines``, the best first; of equals the newest, then by document and place."""
    alike = Counter(each["score"] for each in scores.values())
    # Few are: the dates of all would take longer to read than everything else of them.
    tied = {each.doc_id for each in outlines if alike[scores[each.chunk_id]["score"]] > 1}
    dates = index.published(sorted(tied)) if tied else {}
    placed = sorted(outlines, key=lambda each: (each.doc_id, each.span))
    placed.sort(key=lambda each: dates.get(each.doc_id, ""), reverse=True)
    return sorted(placed, key=lambda each: -scores[each.chunk_id]["score"])


def without_repeats(ranking: Ranking, index: SearchableIndex, k: int) -> list[Hit]:
    """Return the first ``k`` of a ranking that say something of their own."""
    kept: list[Chunk] = []
    seen: list[frozenset[object]] = []
    repeats: list[list[ChunkId]] = []
    for chunk in _in_parts(ranking.order, index, k + 1):
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
            score=ranking.scores[chunk.chunk_id]["score"],
            rank=place,
            scores={
                stage: value
                for stage, value in ranking.scores[chunk.chunk_id].items()
                if stage in _SHOWN
            },
            duplicates=tuple(repeats[place - 1]),
            similarities=ranking.similarities.get(chunk.chunk_id, ()),
        )
        for place, chunk in enumerate(kept, 1)
    ]


def _in_parts(order: Sequence[Outline], index: SearchableIndex, size: int) -> Iterator[Chunk]:
    """Yield the chunks of a ranking; of most of them nobody needs the text."""
    for start in range(0, len(order), size):
        yield from index.chunks([each.chunk_id for each in order[start : start + size]])


_SHOWN = ("dense", "lexical", "late", "sentence", "feedback")
