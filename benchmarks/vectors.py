"""Measures the vector store at several sizes: building, opening, searching, and what is found.

The vectors are made from real ones: each is that of a passage, mixed with a second one nearby in
meaning and a little noise, so that neighbourhoods stay as uneven as real ones are. They are not
a million real passages: those repeat each other less. Questions are real, and take no part in
the choice of how lists are searched. Every size is built and then measured in a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from briefqa.backends.faiss import FaissBackend
from briefqa.datatypes import ChunkId
from briefqa.protocols import Progress, Vectors

SIZES = (10_000, 100_000, 1_000_000)
K = 10
_PIECE = 16_384
_NOISE = 0.35


def made_rows(base: Vectors, near: NDArray[np.int64], count: int, seed: int) -> Vectors:
    """Return ``count`` unit vectors: a passage, a share of one near it, and noise."""
    random = np.random.default_rng(seed)
    first = random.integers(len(base), size=count)
    second = near[first, random.integers(near.shape[1], size=count)]
    share = random.uniform(0, 1, size=(count, 1))
    noise = random.normal(size=(count, base.shape[1])) * _NOISE / np.sqrt(base.shape[1])
    rows = base[first] + share * base[second] + noise
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Vectors = rows.astype(np.float32)
    return unit


def build(folder: Path, base: Vectors, count: int, backend: FaissBackend, recall: float) -> float:
    """Build a store of ``count`` vectors; return the seconds beyond making them up."""
    _, near = faiss.knn(base, base, 21, faiss.METRIC_INNER_PRODUCT)
    store = backend.create(folder, base.shape[1], recall=recall)
    seconds = 0.0
    for start in range(0, count, _PIECE):
        size = min(_PIECE, count - start)
        rows = made_rows(base, near[:, 1:], size, seed=start)
        began = time.perf_counter()
        store.add([ChunkId(str(start + each)) for each in range(size)], rows)
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    store.finish(_say)
    return seconds + time.perf_counter() - began


def measure(
    folder: Path, questions: Vectors, count: int, backend: FaissBackend
) -> dict[str, float]:
    """Open the store and ask it; the process has done nothing else."""
    ids = [ChunkId(str(each)) for each in range(count)]
    before = _resident()
    began = time.perf_counter()
    store = backend.load(folder, ids, lambda _path, _start, _end: None)
    opened = time.perf_counter() - began
    took: list[float] = []
    found: list[set[int]] = []
    for query in questions:
        began = time.perf_counter()
        (hits,) = store.search(query[None], K)
        took.append(time.perf_counter() - began)
        found.append({int(chunk_id) for chunk_id, _ in hits})
    resident = _resident()
    rows = np.memmap(folder / "rows.bin", dtype="<f4", mode="r").reshape(count, -1)
    _, best = faiss.knn(questions, rows, K, faiss.METRIC_INNER_PRODUCT)
    shares = [len(got & set(row)) / K for got, row in zip(found, best.tolist(), strict=True)]
    return {
        "open_ms": opened * 1000,
        "first_ms": took[0] * 1000,
        "p50_ms": float(np.percentile(took[1:], 50)) * 1000,
        "p95_ms": float(np.percentile(took[1:], 95)) * 1000,
        "recall": float(np.mean(shares)),
        "resident_mb": resident,
        "of_it_before_mb": before,
    }


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _say(progress: Progress) -> None:
    print(f"{progress.stage}: {progress.done:,} of {progress.total:,}", file=sys.stderr, flush=True)


def main() -> None:
    """Print a line a size, and write all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "base", type=Path, help="real vectors of passages, .npy, float32 of unit length"
    )
    parser.add_argument("questions", type=Path, help="real vectors of questions, likewise")
    parser.add_argument("folder", type=Path, help="where stores are built; must be empty")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--recall", type=float, default=0.98)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    backend = FaissBackend()
    if options.measure:
        folder, questions = options.folder / str(options.measure), np.load(options.questions)
        print(json.dumps(measure(folder, questions, options.measure, backend)))
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    results: list[dict[str, object]] = []
    for size in options.sizes:
        folder = options.folder / str(size)
        seconds = build(folder, np.load(options.base), size, backend, options.recall)
        command = [sys.executable, __file__, *sys.argv[1:4], "--measure", str(size)]
        asked = subprocess.run(command, check=True, capture_output=True, text=True)
        about = json.loads((folder / "about.json").read_bytes())
        megabytes = {path.name: path.stat().st_size / 1e6 for path in sorted(folder.iterdir())}
        figures = json.loads(asked.stdout)
        results.append(
            {
                "vectors": size,
                "build_s": seconds,
                **figures,
                "lists": about["lists"],
                "mb": megabytes,
            }
        )
        print(
            f"{size:>9,}  build {seconds:7.1f} s  "
            + "  ".join(f"{k} {v:.3f}" for k, v in figures.items()),
            flush=True,
        )
        print(f"           {about['lists']}  {megabytes}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
