"""Measures the vector store at several sizes: building, opening, searching, and what is found.

The vectors are made from real ones: each is that of a passage, mixed with a second one nearby in
meaning and a little noise, so that neighbourhoods stay as uneven as real ones are. They are not
a million real passages: those repeat each other less. ``--as-they-are`` takes the real ones
alone. Questions are real. How many lists are searched is chosen without them, on made-up ones;
but that those are hard enough was judged by questions like these, so what is found for them is
not wholly independent. Every size is built, and then measured in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from sentences import embed

from briefqa.backends.faiss import FaissBackend, FaissStore, NumberedChunks
from briefqa.datatypes import ChunkId
from briefqa.indexing.blocks import CheckedFiles
from briefqa.protocols import Progress, Selection, Vectors

SIZES = (10_000, 100_000, 1_000_000)
SHARES = (0.002, 0.02, 0.2)
K = 10
_PIECE = 16_384
_NOISE = 0.35
_ASKED, _FILTERED = 1000, 300


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


def build(store: FaissStore, base: Vectors, count: int, options: argparse.Namespace) -> float:
    """Put ``count`` vectors into a new store; return the seconds beyond making them up."""
    near = np.empty((0, 0), dtype=np.int64)
    if not options.as_they_are:
        _, near = faiss.knn(base, base, 21, faiss.METRIC_INNER_PRODUCT)
    seconds = 0.0
    for start in range(0, count, _PIECE):
        size = min(_PIECE, count - start)
        rows = (
            base[start : start + size]
            if options.as_they_are
            else made_rows(base, near[:, 1:], size, seed=start)
        )
        began = time.perf_counter()
        store.add([ChunkId(str(start + each)) for each in range(size)], rows)
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    store.finish(options.recall, _say)
    return seconds + time.perf_counter() - began


def measure(
    folder: Path, questions: Vectors, count: int, backend: FaissBackend
) -> dict[str, float]:
    """Open the store and ask it; the process has done nothing else."""
    chunks = NumberedChunks(ChunkId(str(each)) for each in range(count))
    before = _resident()["VmRSS"]
    began = time.perf_counter()
    store = backend.load(folder, chunks, CheckedFiles(folder, {}))
    opened = time.perf_counter() - began
    took, found = _asked(store, questions, None)
    resident = _resident()
    rows = np.memmap(folder / "rows.bin", dtype="<f4", mode="r").reshape(count, -1)
    return {
        "open_ms": opened * 1000,
        "first_ms": took[0][0] * 1000,
        **_percentiles(took[1:], ""),
        "recall": _recall(rows, questions, found, None),
        "resident_mb": resident["VmRSS"] - before,
        "of_it_files_mb": resident["RssFile"],
        **_filtered(store, rows, questions[:_FILTERED]),
    }


def _filtered(store: FaissStore, rows: Vectors, questions: Vectors) -> dict[str, float]:
    """Ask with a filter that leaves a share of the vectors, chosen at random."""
    figures: dict[str, float] = {}
    for share in SHARES:
        is_kept = np.random.default_rng(1).random(len(rows)) < share
        among = Selection(np.flatnonzero(is_kept))
        took, found = _asked(store, questions, among)
        name = f"{share:.1%}"
        figures[f"recall of {name}"] = _recall(rows, questions, found, among)
        figures |= _percentiles(took[1:], f" of {name}")
    return figures


def _percentiles(took: list[tuple[float, float]], of: str) -> dict[str, float]:
    """Return what questions took, and what the processor worked for them: others may use it."""
    return {
        f"{kind}p{percent}_ms{of}": float(np.percentile(times, percent)) * 1000
        for kind, times in zip(("", "cpu_"), zip(*took, strict=True), strict=True)
        for percent in (50, 95)
    }


def _asked(
    store: FaissStore, questions: Vectors, among: Selection | None
) -> tuple[list[tuple[float, float]], list[set[int]]]:
    took: list[tuple[float, float]] = []
    found: list[set[int]] = []
    for query in questions:
        began, worked = time.perf_counter(), time.thread_time()
        (hits,) = store.search(query[None], K, among=among)
        took.append((time.perf_counter() - began, time.thread_time() - worked))
        found.append({int(chunk_id) for chunk_id, _ in hits})
    return took, found


def _recall(
    rows: Vectors, questions: Vectors, found: list[set[int]], among: Selection | None
) -> float:
    """Return the share of the ten nearest that was found."""
    only = rows if among is None else rows[among.positions]
    _, best = faiss.knn(questions, np.ascontiguousarray(only), K, faiss.METRIC_INNER_PRODUCT)
    places = best if among is None else among.positions[best]
    shares = [len(got & set(row)) / K for got, row in zip(found, places.tolist(), strict=True)]
    return float(np.mean(shares))


def _resident() -> dict[str, float]:
    """Return what of this process is in memory, in MB, and how much of it are files."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines if line.endswith("kB"))
    return {name: int(fields[name].split()[0]) / 1000 for name in ("VmRSS", "RssFile")}


def _say(progress: Progress) -> None:
    print(f"{progress.stage}: {progress.done:,} of {progress.total:,}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "base",
        type=Path,
        help="real vectors of passages (.npy, float32 of unit length), or a folder of data sets",
    )
    parser.add_argument("folder", type=Path, help="where stores are built; must be empty")
    parser.add_argument("--questions", type=Path, help="real vectors of questions, likewise")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--recall", type=float, default=0.98)
    parser.add_argument("--beyond", type=int, default=150_000, help="the size from which on lists")
    parser.add_argument("--as-they-are", action="store_true", help="take the real vectors only")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Print a line a size, and write all of it as JSON."""
    options = _options()
    backend = FaissBackend(beyond=options.beyond)
    if options.measure:
        folder, questions = (
            options.folder / str(options.measure),
            np.load(options.questions)[:_ASKED],
        )
        print(json.dumps(measure(folder, questions, options.measure, backend)))
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    base_file, questions_file = options.base, options.questions
    if options.base.is_dir():
        base_file, questions_file = options.folder / "base.npy", options.folder / "questions.npy"
        embed(options.base, base_file, questions_file, longest=3, most_s=900)
    base = np.load(base_file)
    results: list[dict[str, object]] = []
    for size in [len(base)] if options.as_they_are else options.sizes:
        folder = options.folder / str(size)
        store = backend.create(folder, base.shape[1])
        seconds = build(store, base, size, options)
        measuring = ["--questions", str(questions_file), "--measure", str(size)]
        command = [sys.executable, __file__, str(base_file), str(options.folder), *measuring]
        asked = subprocess.run(command, check=True, capture_output=True, text=True)
        about = json.loads((folder / "about.json").read_bytes())
        megabytes = {path.name: path.stat().st_size / 1e6 for path in sorted(folder.iterdir())}
        figures = json.loads(asked.stdout)
        print(f"{size:>9,}  build {seconds:.1f} s", flush=True)
        print("".join(f"    {name:20}{value:12.3f}\n" for name, value in figures.items()), end="")
        print(f"    {about['lists']}\n    {megabytes}", flush=True)
        lists = about["lists"]
        results.append({"vectors": size, "build_s": seconds, **figures, "lists": lists})
        results[-1]["mb"] = megabytes
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
