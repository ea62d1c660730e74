"""Searches a collection of chunks, by meaning and by words."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

import numpy as np

from briefqa.backends.milvus.expressions import any_of, selected
from briefqa.backends.milvus.layout import CHUNK_ID, POSITION, VECTOR, WORDS
from briefqa.backends.milvus.server import MOST_ROWS, SETTLED, MilvusServer, Row
from briefqa.backends.milvus.weights import Statistics
from briefqa.datatypes import ChunkId
from briefqa.protocols import Selection, Vectors

_SPARE = 16
# As FAISS and tantivy are asked here: sums of float32 may lie so far apart.
_VECTOR_ROUNDING = 1e-5
_DECIMALS = 4
_WORD_ROUNDING = 10**-_DECIMALS
_NORM_TOLERANCE = 1e-3
_TERMS_KEPT = 4096
_UNKNOWN = (0, 0)
_IDS_AT_ONCE = 500
_VECTORS_KEPT = 4096

Found = list[tuple[float, Row]]


class MilvusVectors:
    """The vectors of a collection, all compared: the order and the numbers of the local store."""

    def __init__(
        self,
        server: MilvusServer,
        collection: str,
        *,
        dim: int,
        count: int,
        consistency: str = SETTLED,
    ) -> None:
        """Search ``count`` vectors of width ``dim``."""
        self._server, self._collection = server, collection
        self._dim, self._count = dim, count
        self._consistency = consistency
        self._read: dict[ChunkId, np.ndarray] = {}

    def __len__(self) -> int:
        return self._count

    def search(
        self, queries: Vectors, k: int, /, *, among: Selection | None = None
    ) -> list[list[tuple[ChunkId, float]]]:
        """Return up to ``k`` (id, similarity) a query, best first; equals in the order added.

        With ``among`` they are the best of these, with the same similarities as without.

        Raises:
            ValueError: If ``k`` is negative, the queries are not unit vectors of float32, or
                ``among`` selects what is not there.
            StoreError: If the server does not answer.
        """
        self._check(queries)
        held = _scope(k, self._count, among)
        k = min(k, held)
        if not k:
            return [[] for _ in queries]
        return [self._nearest(query, k, held, among) for query in queries]

    def vectors(self, ids: Sequence[ChunkId], /) -> Vectors:
        """Return the stored vectors of ``ids``, shape (len(ids), dim).

        Raises:
            ValueError: If an id is not in the store.
            StoreError: If the server does not answer.
        """
        read = self._read
        missing = [each for each in dict.fromkeys(ids) if each not in read]
        found = {each: read[each] for each in ids if each in read}
        for start in range(0, len(missing), _IDS_AT_ONCE):
            rows = self._server.query(
                self._collection,
                any_of(CHUNK_ID, missing[start : start + _IDS_AT_ONCE]),
                (CHUNK_ID, VECTOR),
                consistency=self._consistency,
            )
            found |= _vectors_of(rows)
        absent = [each for each in missing if each not in found]
        if absent:
            msg = f"no vector of chunk {absent[0]!r} in the store"
            raise ValueError(msg)
        rows_found = [found[each] for each in ids]
        return np.array(rows_found, dtype=np.float32).reshape(len(ids), self._dim)

    def _nearest(
        self, query: np.ndarray, k: int, held: int, among: Selection | None
    ) -> list[tuple[ChunkId, float]]:
        def search(limit: int) -> Found:
            return self._server.nearest(
                self._collection,
                VECTOR,
                query.tolist(),
                limit,
                where=selected(POSITION, among) if among is not None else "",
                fields=(CHUNK_ID, POSITION, VECTOR),
                consistency=self._consistency,
            )

        rows = [row for _, row in _until_clear(search, k, held, _VECTOR_ROUNDING)]
        vectors = _vectors_of(rows)
        # Put in place of the other at once: a thread that looks sees the one or the other.
        kept = self._read if len(self._read) < _VECTORS_KEPT else {}
        self._read = {**kept, **vectors}
        ids = list(vectors)
        positions = np.array([row[POSITION] for row in rows])
        # Servers sum in orders of their own. Summed as the local store does, equal vectors tie.
        matrix = np.array([vectors[each] for each in ids], dtype=np.float64)
        scores = (matrix.reshape(len(ids), self._dim) * query).sum(axis=1)
        order = np.lexsort((positions, -scores))[:k]
        return [(ids[each], float(scores[each])) for each in order]

    def _check(self, rows: Vectors) -> None:
        if rows.ndim != 2 or rows.shape[1] != self._dim:  # noqa: PLR2004 - rows and columns
            msg = f"vectors have shape {rows.shape}, expected (n, {self._dim})"
            raise ValueError(msg)
        if rows.dtype != np.float32:
            msg = f"vectors are {rows.dtype}, expected float32"
            raise ValueError(msg)
        norms = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        # Written so that a NaN fails too.
        if not bool(np.all(np.abs(norms - 1.0) <= _NORM_TOLERANCE)):
            msg = "vectors must have unit L2 norm"
            raise ValueError(msg)


class QuestionReader(Protocol):
    """Reads texts as the chunks of an index were read."""

    def terms(self, text: str) -> list[str]:
        """Return the text's words but stop words."""
        ...

    def searched_terms(self, question: str) -> list[str]:
        """Return the words that a search looks up."""
        ...

    def language(self, text: str) -> str:
        """Return the language that ``text`` is read in."""
        ...


TermLookup = Callable[[Sequence[str]], Mapping[str, tuple[int, int]]]
"""Gives for terms their dimension and how many chunks hold each; those that none holds are out."""


class MilvusWords:
    """The words of a collection, weighed as the local index weighs them."""

    def __init__(  # noqa: PLR0913 - where it looks, and what it knows
        self,
        server: MilvusServer,
        collection: str,
        *,
        reading: QuestionReader,
        look_up: TermLookup,
        statistics: Statistics,
        consistency: str = SETTLED,
    ) -> None:
        self._server, self._collection = server, collection
        self._reading, self._statistics = reading, statistics
        self._consistency = consistency
        self._look_up = look_up
        self._terms: dict[str, tuple[int, int]] = {}

    def __len__(self) -> int:
        return self._statistics.chunks

    def search(
        self, question: str, k: int, /, *, among: Selection | None = None
    ) -> list[tuple[ChunkId, float]]:
        """Return up to ``k`` (id, BM25 score), best first; any text is a valid question.

        With ``among`` they are the best of these, with the same scores as without.

        Raises:
            ValueError: If ``k`` is negative, or ``among`` selects what is not there.
            StoreError: If the server does not answer.
        """
        held = _scope(k, len(self), among)
        k = min(k, held)
        known = self._known(set(self._reading.searched_terms(question))) if k else {}
        if not known:
            return []
        weights = self._statistics.question_weights({term: n for term, (_, n) in known.items()})
        wanted = {known[term][0]: weight for term, weight in weights.items()}

        def search(limit: int) -> Found:
            return self._server.nearest(
                self._collection,
                WORDS,
                wanted,
                limit,
                where=selected(POSITION, among) if among is not None else "",
                fields=(CHUNK_ID, POSITION),
                consistency=self._consistency,
            )

        found = _until_clear(search, k, held, _WORD_ROUNDING)
        # Rounded, those of equal texts are equal: their order is then the one added.
        hits = [
            (round(score, _DECIMALS), row[POSITION], ChunkId(row[CHUNK_ID]))
            for score, row in found
            if score > 0
        ]
        hits.sort(key=lambda hit: (-hit[0], hit[1]))
        return [(chunk_id, score) for score, _, chunk_id in hits[:k]]

    def terms(self, text: str, /) -> list[str]:
        """Return the text's words but stop words: lower case, stemmed, in order."""
        return self._reading.terms(text)

    def language(self, text: str, /) -> str:
        """Return the language, of those of the chunks, that ``text`` is read in."""
        return self._reading.language(text)

    def document_frequency(self, term: str, /) -> int:
        """Return how many chunks hold ``term``, a result of ``terms``."""
        return self._known({term}).get(term, _UNKNOWN)[1]

    def _known(self, terms: AbstractSet[str]) -> dict[str, tuple[int, int]]:
        """Return dimension and frequency of those of ``terms`` that chunks hold, sorted by term."""
        kept = self._terms
        found = {term: kept[term] for term in terms if term in kept}
        missing = sorted(terms - found.keys())
        if missing:
            stored = self._look_up(missing)
            new = {term: stored.get(term, _UNKNOWN) for term in missing}
            # Put in place of the other at once: a thread that looks sees the one or the other.
            self._terms = {**(kept if len(kept) < _TERMS_KEPT else {}), **new}
            found |= new
        return {term: found[term] for term in sorted(found) if found[term] != _UNKNOWN}


def _scope(k: int, count: int, among: Selection | None) -> int:
    """Return among how many chunks a search is to find its best ``k``."""
    if k < 0:
        msg = f"k is {k}, but must not be negative"
        raise ValueError(msg)
    if among is None:
        return count
    among.check_within(count)
    return len(among)


def _until_clear(search: Callable[[int], Found], k: int, held: int, rounding: float) -> Found:
    """Return what a search finds, far enough for the order of equals to be settled here."""
    most = min(held, MOST_ROWS)
    limit = min(most, k + _SPARE)
    while True:
        found = search(limit)
        is_cut_clear = len(found) > k and found[k - 1][0] - found[-1][0] > rounding
        if len(found) < limit or limit == most or is_cut_clear:
            return found
        limit = min(most, limit * 2)


def _vectors_of(rows: Sequence[Row]) -> dict[ChunkId, np.ndarray]:
    return {ChunkId(row[CHUNK_ID]): np.asarray(row[VECTOR], dtype=np.float32) for row in rows}
