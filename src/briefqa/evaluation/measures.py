"""What a ranking, a passage or a citation is worth: plain functions, one a measure.

Rankings are measured as trec_eval does (Buckley and Voorhees; `ndcg_cut`, `recip_rank`,
`recall`, `success`, `map`), to the last digit. Spans are measured as in Smith and Troynikov,
"Evaluating Chunking Strategies for Retrieval" (Chroma, 2024).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """The part [start, end) of a document's canonical text, in code points."""

    doc_id: str
    start: int
    end: int

    def overlaps(self, other: "Stretch") -> bool:
        """Tell whether both hold a common code point."""
        return self.doc_id == other.doc_id and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class SpanScores:
    """How what was retrieved covers what is relevant, in code points; each in [0, 1]."""

    recall: float
    precision: float
    iou: float


def document_ranking(passages: Iterable[Sequence[str]]) -> list[str]:
    """Return the documents of ranked passages, each where its first passage stands.

    Args:
        passages: For each passage its document, then those of its duplicates: they were
            found as well, and follow it.
    """
    return list(dict.fromkeys(doc_id for documents in passages for doc_id in documents))


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return the discounted gain of the first ``k``, as a share of the best there could be.

    A grade is its own gain, discounted by log2(1 + rank). Source: Järvelin and Kekäläinen,
    "Cumulated gain-based evaluation of IR techniques" (2002), in the form of trec_eval.
    """
    ideal = _gain(sorted(grades.values(), reverse=True)[:k])
    return _gain([grades.get(doc_id, 0) for doc_id in ranking[:k]]) / ideal if ideal else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(1 + rank) for rank, grade in enumerate(grades, 1) if grade > 0)


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return 1 / rank of the first relevant document of the first ``k``; 0 without one."""
    ranks = (rank for rank, doc_id in enumerate(ranking[:k], 1) if grades.get(doc_id, 0) > 0)
    return 1 / next(ranks, math.inf)


def recall(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return the share of the relevant documents that are among the first ``k``."""
    relevant = _relevant(grades)
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def success(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return 1 if a relevant document is among the first ``k``, else 0."""
    return float(not _relevant(grades).isdisjoint(ranking[:k]))


def average_precision(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the mean, over the relevant documents, of the precision where each is found."""
    relevant = _relevant(grades)
    ranks = [rank for rank, doc_id in enumerate(ranking, 1) if doc_id in relevant]
    precisions = (found / rank for found, rank in enumerate(ranks, 1))
    return sum(precisions) / len(relevant) if relevant else 0.0


def _relevant(grades: Mapping[str, int]) -> set[str]:
    return {doc_id for doc_id, grade in grades.items() if grade > 0}


def span_scores(retrieved: Sequence[Stretch], relevant: Sequence[Stretch]) -> SpanScores:
    """Return how ``retrieved`` covers ``relevant``.

    Text that several retrieved stretches share counts once as found, but each time as
    retrieved. With nothing relevant all is 0.

    Source: Smith and Troynikov (2024), with characters for tokens.
    """
    found = _length(_intersection(_union(retrieved), _union(relevant)))
    wanted, shown = _length(_union(relevant)), _length(retrieved)
    return SpanScores(
        recall=found / wanted if wanted else 0.0,
        precision=found / shown if shown else 0.0,
        iou=found / (shown + wanted - found) if wanted else 0.0,
    )


def _length(stretches: Iterable[Stretch]) -> int:
    return sum(each.end - each.start for each in stretches)


def _union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return what ``stretches`` cover, in order and without overlaps."""
    united: list[Stretch] = []
    for each in sorted(stretches):
        last = united[-1] if united else None
        if last is not None and last.doc_id == each.doc_id and each.start <= last.end:
            united[-1] = Stretch(last.doc_id, last.start, max(last.end, each.end))
        else:
            united.append(each)
    return united


def _intersection(some: Sequence[Stretch], others: Sequence[Stretch]) -> list[Stretch]:
    """Return what both cover; neither overlaps itself."""
    return [
        Stretch(one.doc_id, max(one.start, other.start), min(one.end, other.end))
        for one in some
        for other in others
        if one.overlaps(other)
    ]


def within_budget(lengths: Sequence[int], budget: int) -> int:
    """Return how many of the first passages fit into ``budget`` tokens, whole and in order."""
    return sum(spent <= budget for spent in accumulate(lengths))


def evidence_ranks(
    quotes: Sequence[tuple[str, str]], passages: Sequence[tuple[str, str]]
) -> list[float]:
    """Return, for each quote, the rank of the first passage that holds it; infinity without one.

    Args:
        quotes: Document and words of each.
        passages: Document and text of each, best first. White space is folded in both.
    """
    folded = [(doc_id, _folded(text)) for doc_id, text in passages]
    return [
        next(
            (
                float(rank)
                for rank, (found_in, text) in enumerate(folded, 1)
                if found_in == doc_id and _folded(quote) in text
            ),
            math.inf,
        )
        for doc_id, quote in quotes
    ]


def _folded(text: str) -> str:
    return " ".join(text.split())


def share_within(ranks: Sequence[float], k: int) -> float:
    """Return the share of ``ranks``, of which there is one or more, that are at most ``k``."""
    return sum(rank <= k for rank in ranks) / len(ranks)


def citation_precision(cited: Sequence[Stretch], references: Sequence[Sequence[Stretch]]) -> float:
    """Return the share of the citations, one or more, that overlap a reference.

    Args:
        cited: Where the citations of an answer point.
        references: For each reference, the places where it stands.
    """
    places = [place for each in references for place in each]
    return sum(any(c.overlaps(place) for place in places) for c in cited) / len(cited)


def citation_recall(cited: Sequence[Stretch], references: Sequence[Sequence[Stretch]]) -> float:
    """Return the share of the references, one or more, that a citation overlaps."""
    hit = (any(c.overlaps(place) for c in cited for place in each) for each in references)
    return sum(hit) / len(references)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return ``p50``, ``p95`` and ``p99`` of one or more values.

    Each is the least of the values that so many percent of them do not exceed.
    """
    ordered = sorted(values)
    return {
        f"p{percent}": ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
        for percent in _PERCENTILES
    }
