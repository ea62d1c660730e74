"""Measures the most memory that building an index takes, and what it grows by with each passage.

Documents of a few made-up words, each one chunk; the hash embedder, which costs little. Each size
is built in a process of its own, once from nothing and once more with one document added, and is
then opened and asked. What is counted is memory that belongs to no file (RssAnon), looked at every
few milliseconds: pages of files that are mapped leave when somebody else wants the room.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from briefqa.backends.faiss import FaissBackend
from briefqa.backends.hashing import HashEmbedder
from briefqa.backends.tantivy import TantivyBackend
from briefqa.chunking import ChunkingOptions
from briefqa.documents import ReadingOptions, read_file
from briefqa.indexing import open_generation
from briefqa.indexing.generations import Backends
from briefqa.indexing.sources import roots_of
from briefqa.indexing.sync import sync
from briefqa.retrieval import embed_question, find_hits

SIZES = (20_000, 80_000)
_A_FILE = 50_000
_SEED = 1
_EVERY_S = 0.005
_WORDS = [
    "grid",
    "power",
    "harbour",
    "brief",
    "chip",
    "water",
    "road",
    "plan",
    "cost",
    "law",
    "tax",
    "school",
    "city",
    "port",
    "rail",
]


def write_documents(folder: Path, count: int) -> None:
    """Write ``count`` documents, no two alike, into JSONL files of the new ``folder``."""
    folder.mkdir(parents=True)
    chance = random.Random(_SEED)  # noqa: S311 - the same every time
    for first in range(0, count, _A_FILE):
        with (folder / f"{first:09}.jsonl").open("w", encoding="utf-8") as stream:
            for number in range(first, min(count, first + _A_FILE)):
                # Its number in words, so that the words are few, as caches of them are bounded.
                told = [_WORDS[int(digit)] for digit in f"{number:07}"]
                text = f"{' '.join(told)} and {' '.join(chance.choices(_WORDS, k=8))}."
                stream.write(json.dumps({"_id": f"{number:07}", "text": text}) + "\n")


def measure(folder: Path, count: int) -> dict[str, float]:
    """Build, change, open and ask an index; the process has done nothing else."""
    documents, index = folder / "documents", folder / "index"
    backends = Backends(FaissBackend(), TantivyBackend(), HashEmbedder(384))
    write_documents(documents, min(count, 100))
    _index(documents, folder / "small", backends)
    shutil.rmtree(documents)
    write_documents(documents, count)
    figures: dict[str, float] = {}
    with _most(figures, "build"):
        _index(documents, index, backends)
    (documents / "new.txt").write_text("The harbour of Osterlund is closed in winter.\n")
    with _most(figures, "update"):
        _index(documents, index, backends)
    with _most(figures, "read"), open_generation(index, backends) as generation:
        asked = embed_question("Is the harbour closed?", HashEmbedder(384))
        find_hits(asked, generation, k=10)
    return figures


@contextmanager
def _most(figures: dict[str, float], name: str) -> Iterator[None]:
    """Put down how far memory rose within the block at most, in MB, and how long that took."""
    before, most, is_over = _anonymous(), 0.0, threading.Event()

    def look() -> None:
        nonlocal most
        while not is_over.wait(_EVERY_S):
            most = max(most, _anonymous())

    thread = threading.Thread(target=look)
    thread.start()
    began = time.perf_counter()
    try:
        yield
    finally:
        figures[f"{name}_s"] = time.perf_counter() - began
        is_over.set()
        thread.join()
        figures[f"{name}_mb"] = most - before


def _anonymous() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1e3
    msg = "this system does not say how much memory belongs to no file"
    raise OSError(msg)


def _index(documents: Path, index: Path, backends: Backends) -> None:
    sync(
        roots_of([documents]),
        index,
        backends=backends,
        read=read_file,
        chunking=ChunkingOptions(),
        options=ReadingOptions(),
    )


def main() -> None:
    """Print the figures of each size, and what each passage adds to them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a new folder, which is removed afterwards")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.folder, options.measure)))
        return
    results: list[dict[str, float]] = []
    for size in options.sizes:
        command = [sys.executable, __file__, str(options.folder), "--measure", str(size)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        shutil.rmtree(options.folder)
        results.append({"passages": size, **json.loads(done.stdout)})
        print("".join(f"{name} {value:,.1f}  " for name, value in results[-1].items()), flush=True)
    for one, other in pairwise(results):
        more = other["passages"] - one["passages"]
        for name in ("build_mb", "update_mb", "read_mb"):
            grown = (other[name] - one[name]) * 1e6 / more
            print(f"{name[:-3]}: {grown:,.0f} bytes a passage")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
