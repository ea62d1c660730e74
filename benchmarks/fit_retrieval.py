"""Fits the weights in `briefqa.retrieval.fusion`, and prints what each stage is worth.

Every set counts the same. Weights are looked for on a grid; each set is also scored
with those that the other sets alone would have chosen, which is what a new set can
expect. A set is a folder or file as `briefqa eval run` takes it, and DOCUMENTS=SET
where the documents lie elsewhere.
"""

import argparse
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefqa import build_index
from briefqa.assembly.embedders import embedder_for_questions
from briefqa.assembly.evaluating import index_corpus
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.opening import open_texts
from briefqa.evaluation.datasets import Query
from briefqa.evaluation.loading import load_dataset
from briefqa.evaluation.significance import bootstrap_interval
from briefqa.indexing import Generation
from briefqa.retrieval import embed_question, term_weights
from briefqa.retrieval.fusion import (
    FEEDBACK,
    FOREIGN,
    WEIGHTS,
    Weights,
    feedback,
    fuse,
    lexical_shares,
)
from briefqa.retrieval.search import rank

Scores = NDArray[np.float32]
DEPTH = 10
_STEPS = 20
_RRF_CONSTANT = 60
_FEEDBACKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The candidates for one query: what the stages gave, and what is right.

    ``groups`` number the candidates' documents. ``gains`` are grades by candidate, with
    ``ideal`` the best discounted sum; or ``evidence`` the candidates that hold each quote.
    """

    dense: Scores
    lexical: Scores
    late: Scores
    sentence: Scores
    vectors: NDArray[np.float32]
    groups: NDArray[np.int64]
    gains: NDArray[np.float64]
    ideal: float
    evidence: tuple[NDArray[np.int64], ...]

    def score(self, weights: Weights, share: float) -> Scores:
        """Return the score of each candidate."""
        fused = fuse(self.dense, self.lexical, self.late, self.sentence, weights)
        return fused + np.float32(share) * feedback(fused, self.vectors) if share else fused

    def by_rank(self) -> Scores:
        """Return the reciprocal rank fusion of words and vectors, with its usual constant."""
        places = np.array(
            [np.argsort(np.argsort(-each, kind="stable")) for each in (self.dense, self.lexical)]
        )
        fused: Scores = (1 / (_RRF_CONSTANT + 1 + places)).sum(axis=0, dtype=np.float32)
        return fused

    def value(self, scores: Scores) -> float:
        """Return nDCG@10; of evidence the mean of what the first and the first five hold."""
        order = np.argsort(-scores, kind="stable")
        if self.evidence:
            places = np.argsort(order)
            ranks = [places[held].min() if len(held) else math.inf for held in self.evidence]
            return float(np.mean([np.mean([rank < k for rank in ranks]) for k in (1, 5)]))
        _, first = np.unique(self.groups[order], return_index=True)
        gains = self.gains[order[np.sort(first)[:DEPTH]]]
        return float((gains / np.log2(np.arange(2, len(gains) + 2))).sum() / self.ideal)


@dataclass(frozen=True, slots=True)
class CaseSet:
    """The cases of one set; ``is_foreign`` says whether the model knows its language."""

    name: str
    cases: tuple[Case, ...]
    is_foreign: bool

    def values(self, weights: Weights, share: float) -> list[float]:
        """Return the value of every case."""
        return [case.value(case.score(weights, share)) for case in self.cases]


def cases_of(
    queries: Sequence[Query], generation: Generation, models: Path
) -> Iterator[tuple[Case, bool]]:
    """Yield each query's candidates, and whether its language is foreign to the model."""
    embedder = embedder_for_questions(generation.manifest.model_id, models)
    for query in queries:
        asked = embed_question(query.text, embedder, generation.words)
        ranking = rank(asked, generation)
        chunks = generation.chunks([each.chunk_id for each in ranking.order])
        if not chunks:
            continue
        found = [ranking.scores[chunk.chunk_id] for chunk in chunks]
        stages = {
            name: np.array([scores[name] for scores in found], dtype=np.float32)
            for name in ("dense", "lexical", "late", "sentence")
        }
        quotes = [each for each in query.references if each.span is None]
        grades = {} if quotes else {str(doc): grade for doc, grade in query.relevant.items()}
        best = sorted(grades.values(), reverse=True)[:DEPTH]
        names = {
            doc_id: number for number, doc_id in enumerate(dict.fromkeys(c.doc_id for c in chunks))
        }
        case = Case(
            **{
                **stages,
                "lexical": lexical_shares(
                    stages["lexical"], term_weights(query.text, generation.words)
                ),
            },
            vectors=generation.vectors.vectors([chunk.chunk_id for chunk in chunks]),
            groups=np.array([names[chunk.doc_id] for chunk in chunks]),
            gains=np.array([grades.get(chunk.doc_id, 0) for chunk in chunks], dtype=np.float64),
            ideal=sum(grade / math.log2(place + 2) for place, grade in enumerate(best)),
            evidence=tuple(
                np.array(
                    [
                        place
                        for place, chunk in enumerate(chunks)
                        if chunk.doc_id == quote.doc_id and folded(quote.text) in folded(chunk.text)
                    ],
                    dtype=np.int64,
                )
                for quote in quotes
            ),
        )
        yield case, ranking.weights.dense == FOREIGN.dense


def folded(text: str) -> str:
    """Return ``text`` with every run of white space as one space."""
    return " ".join(text.split())


def read_set(argument: str, indexes: Path) -> CaseSet:
    """Index the documents of a set, if that was not done before, and find its candidates."""
    documents, _, path = argument.rpartition("=")
    dataset = load_dataset(Path(path))
    index = indexes / dataset.name
    if documents:
        build_index(Path(documents), index)
    else:
        index_corpus(dataset, index)
    queries = [query for query in dataset.queries if query.relevant or query.references]
    with open_texts(index) as generation:
        found = list(cases_of(queries, generation, index / MODELS_FOLDER))
    is_foreign = sum(is_foreign for _, is_foreign in found) > len(found) / 2
    return CaseSet(dataset.name, tuple(case for case, _ in found), is_foreign)


def fitted(sets: Sequence[CaseSet]) -> tuple[Weights, float]:
    """Return the weights and the share of feedback whose mean over ``sets`` is best."""
    # Coarse first: the grid in full would take hours, and its top is flat.
    grid = [
        Weights(*(each / _STEPS for each in (*others, _STEPS - sum(others))))
        for others in itertools.product(range(0, _STEPS + 1, 2), repeat=3)
        if sum(others) <= _STEPS
    ]

    def mean(weights: Weights, share: float) -> float:
        return float(np.mean([np.mean(each.values(weights, share)) for each in sets]))

    coarse = max(grid, key=lambda weights: mean(weights, 0.5))
    moves = itertools.product((-0.05, 0, 0.05), repeat=3)
    moved = [
        (coarse.dense + dense, coarse.lexical + lexical, coarse.late + late)
        for dense, lexical, late in moves
    ]
    near = [Weights(*each, 1 - sum(each)) for each in moved if min(*each, 1 - sum(each)) >= 0]
    return max(itertools.product(near, _FEEDBACKS), key=lambda pair: mean(*pair))


Row = Callable[[CaseSet], list[float]]
Figures = dict[str, dict[str, tuple[float, float, float]]]


def by_weights(weights: Weights, share: float) -> Row:
    """Return what scores a set with these weights."""
    return lambda each: each.values(weights, share)


def held_out(chosen: Mapping[str, tuple[Weights, float]], each: CaseSet) -> list[float]:
    """Score a set with the weights that were chosen without it."""
    return each.values(*chosen[each.name])


def table(sets: Sequence[CaseSet], title: str, rows: Mapping[str, Row]) -> Figures:
    """Print the mean and its 95 % interval for each row and set, and return them."""
    print(f"\n{title}\n{'':36}" + "".join(f"{each.name:>24}" for each in sets))
    figures: Figures = {}
    for name, values_of in rows.items():
        figures[name] = {each.name: estimate(values_of(each)) for each in sets}
        cells = (
            f"{mean:.4f} [{low:.3f}, {high:.3f}]" for mean, low, high in figures[name].values()
        )
        print(f"{name:36}" + "".join(f"{cell:>24}" for cell in cells), flush=True)
    return figures


def estimate(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean and its 95 % interval."""
    return float(np.mean(values)), *bootstrap_interval(values)


def gain(after: Row, before: Row, each: CaseSet) -> list[float]:
    """Return what a stage adds, question by question."""
    pairs = zip(after(each), before(each), strict=True)
    return [one - other for one, other in pairs]


_VECTORS, _TOKENS = "words and vectors", "words, vectors and tokens"
_SENTENCE = "and the nearest sentence"
_SHIPPED = "and feedback (what is shipped)"
_GAINS = {
    _VECTORS: "words alone (BM25)",
    _TOKENS: _VECTORS,
    _SENTENCE: _TOKENS,
    _SHIPPED: _SENTENCE,
}


def main() -> None:
    """Print the weights, and the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sets", nargs="+", metavar="SET", help="[DOCUMENTS=]SET")
    parser.add_argument("--indexes", type=Path, default=Path("runs"), help="where indexes are kept")
    parser.add_argument("--fit", action="store_true", help="look for weights, which takes minutes")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    every = [read_set(each, options.indexes) for each in options.sets]
    figures: dict[str, object] = {}
    for title, sets, weights in (
        ("Languages that the model was made for", [s for s in every if not s.is_foreign], WEIGHTS),
        ("Other languages", [s for s in every if s.is_foreign], FOREIGN),
    ):
        if not sets:
            continue
        rows: dict[str, Row] = {
            "words alone (BM25)": by_weights(Weights(0, 1, 0, 0), 0),
            "vectors alone": by_weights(Weights(1, 0, 0, 0), 0),
            "tokens alone": by_weights(Weights(0, 0, 1, 0), 0),
            "nearest sentence alone": by_weights(Weights(0, 0, 0, 1), 0),
            "words and vectors, by rank (RRF)": lambda s: [c.value(c.by_rank()) for c in s.cases],
            _VECTORS: by_weights(Weights(0.45, 0.55, 0, 0), 0),
            _TOKENS: by_weights(
                replace(weights, late=weights.late + weights.sentence, sentence=0.0), 0
            ),
            _SENTENCE: by_weights(weights, 0),
            _SHIPPED: by_weights(weights, FEEDBACK),
        }
        if options.fit:
            best = fitted(sets)
            print(f"\nbest on all sets: {best[0]}, feedback {best[1]}")
            rows["best on all sets"] = by_weights(*best)
            if len(sets) > 1:
                chosen = {s.name: fitted([o for o in sets if o is not s]) for s in sets}
                for name, (found, share) in chosen.items():
                    print(f"best without {name}: {found}, feedback {share}")
                rows["best on the other sets"] = partial(held_out, chosen)
        figures[title] = table(sets, title, rows)
        gains = {name: partial(gain, rows[name], rows[before]) for name, before in _GAINS.items()}
        figures[f"{title}: gains"] = table(sets, "What each adds to the one above it", gains)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
