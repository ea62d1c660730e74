"""Compares forms of a vector index: what each takes to build and hold, and how fast it finds.

Every form is searched with the least effort that finds the wished share of the ten nearest, in
one thread. Forms that keep less than the vectors themselves give candidates, which the vectors
score exactly, as the index does; those vectors count in "on disk" and not in "held".
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from briefqa.backends.faiss.lists import candidate_count, list_count
from briefqa.protocols import Vectors

K = 10
_SEED = 1


def forms(count: int, dim: int) -> dict[str, str]:
    """Return how FAISS names each form, for ``count`` vectors of width ``dim``."""
    lists = list_count(count)
    return {
        "exact": "Flat",
        "HNSW": "HNSW32,Flat",
        "HNSW of bytes": "HNSW32,SQ8",
        "lists of bytes": f"IVF{lists},SQ8",
        "lists of product codes": f"IVF{lists},PQ{dim // 4}",
    }


def measured(
    factory: str, rows: Vectors, questions: Vectors, best: NDArray[np.int64], wished: float
) -> dict[str, float]:
    """Build an index, find the effort that it needs, and time every question."""
    began = time.perf_counter()
    # Any: the stub knows no index of this kind.
    index: Any = faiss.index_factory(rows.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        sample = np.random.default_rng(_SEED).permutation(len(rows))[:100_000]
        index.train(rows[np.sort(sample)])
    index.add(rows)
    built = time.perf_counter() - began
    effort, recall, took = 1, 0.0, np.zeros(1)
    while recall < wished and effort <= len(rows):
        name = "efSearch" if factory.startswith("HNSW") else "nprobe"
        if factory != "Flat":
            faiss.ParameterSpace().set_index_parameter(index, name, effort)
        recall, took = _asked(index, rows, questions, best, is_exact=factory == "Flat")
        effort *= 2
    return {
        "build_s": built,
        "held_mb": len(faiss.serialize_index(index)) / 1e6,
        "effort": effort // 2,
        "recall": recall,
        "p50_ms": float(np.percentile(took, 50)) * 1000,
        "p95_ms": float(np.percentile(took, 95)) * 1000,
    }


def _asked(
    index: Any,  # noqa: ANN401 - as above
    rows: Vectors,
    questions: Vectors,
    best: NDArray[np.int64],
    *,
    is_exact: bool,
) -> tuple[float, NDArray[np.float64]]:
    took = np.empty(len(questions))
    found = 0
    for number, query in enumerate(questions):
        began = time.perf_counter()
        _, places = index.search(query[None], K if is_exact else candidate_count(K))
        candidates = places[0][places[0] >= 0]
        nearest = candidates[np.argsort(-(rows[candidates] @ query))[:K]]
        took[number] = time.perf_counter() - began
        found += len(set(nearest.tolist()) & set(best[number].tolist()))
    return found / best.size, took


def main() -> None:
    """Print a line a form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, help="vectors, float32 one after another (rows.bin)")
    parser.add_argument("questions", type=Path, help="vectors of questions, .npy")
    parser.add_argument("--size", type=int, default=200_000)
    parser.add_argument("--questions-asked", type=int, default=1000)
    parser.add_argument("--recall", type=float, default=0.98)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    questions = np.load(options.questions)[: options.questions_asked]
    dim = questions.shape[1]
    rows = np.fromfile(options.rows, dtype="<f4", count=options.size * dim).reshape(-1, dim)
    _, best = faiss.knn(questions, rows, K, faiss.METRIC_INNER_PRODUCT)
    results: dict[str, dict[str, float]] = {}
    print(f"{len(rows):,} vectors of {dim} dimensions, {rows.nbytes / 1e6:.0f} MB themselves")
    for name, factory in forms(len(rows), dim).items():
        results[name] = measured(factory, rows, questions, best, options.recall)
        figures = "  ".join(f"{key} {value:,.3f}" for key, value in results[name].items())
        print(f"{name:24}{figures}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
