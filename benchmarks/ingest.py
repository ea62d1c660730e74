"""Measures how fast an index is built, and how near embedding comes to what the cores can do.

A folder is indexed, one file in a hundred is changed, and it is indexed again, each time by
`briefqa index` in a process of its own. Then chunks of one length and of mixed lengths are
embedded as a build does it, and so many operations a second are compared with those of a
matrix product in numpy, taken just before and just after on the same cores. numpy's library
does not know every processor and may then use narrower registers than there are, so the
product is also taken with its kernel for AVX-512 where the processor has that.
"""

import argparse
import gzip
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from folders import Build, exported, scratch, write_files

from briefqa.assembly.embedders import embedder_for_indexing
from briefqa.machine import available_cores
from briefqa.protocols import TokenEmbedder

# The default model: six layers of width 384 whose inner layers are four times as wide.
_EMBEDDER = "sentence-transformers:all-MiniLM-L6-v2"
_LAYERS, _WIDTH, _INNER = 6, 384, 1536
_BATCH, _BATCHES_AT_ONCE = 32, 2
_EVEN, _FEWEST, _MOST = 200, 8, 250
_PRODUCT = """
import time
import numpy as np
draw = np.random.default_rng(0)
one, other = (draw.random((2048, 2048), dtype=np.float32) for _ in range(2))
best = 1e9
for _ in range(12):
    started = time.perf_counter()
    one @ other
    best = min(best, time.perf_counter() - started)
print(2 * 2048**3 / best / 1e9)
"""


def operations(lengths: Sequence[int]) -> float:
    """Return what the model's matrix products take for texts of these lengths in tokens."""
    weights = _LAYERS * (4 * _WIDTH * _WIDTH + 2 * _WIDTH * _INNER)
    return float(sum(2 * weights * n + 4 * _LAYERS * _WIDTH * n * n for n in lengths))


def kernels() -> Mapping[str, dict[str, str]]:
    """Return the ways to run numpy's product, each as what it adds to the environment."""
    found = {"numpy as it is": dict[str, str]()}
    cpu = Path("/proc/cpuinfo")
    if cpu.exists() and " avx512f" in cpu.read_text():
        found["numpy with AVX-512"] = {"OPENBLAS_CORETYPE": "SkylakeX"}
    return found


def product_limit(environment: Mapping[str, str]) -> float:
    """Return how many GFLOP/s a product of two large matrices of float32 gets on all cores."""
    command = [sys.executable, "-c", _PRODUCT]
    merged = {**os.environ, **environment}
    return float(subprocess.run(command, env=merged, check=True, capture_output=True).stdout)


def texts_of(lengths: Sequence[int], embedder: TokenEmbedder) -> list[str]:
    """Return texts of exactly these lengths in tokens, the two special ones included."""
    draw = random.Random(0)  # noqa: S311 - no secret
    words = ["report", "market", "energy", "water", "school", "risk", "policy", "trade", "data"]
    texts = [" ".join(draw.choices(words, k=length - 2)) for length in lengths]
    if [len(starts) + 2 for starts in embedder.tokens.offsets(texts)] != list(lengths):
        sys.exit("a word is not one token of this model")
    return texts


def embedding_rate(lengths: Sequence[int], embedder: TokenEmbedder) -> tuple[float, float]:
    """Return tokens and GFLOP a second."""
    texts = iter(texts_of(lengths, embedder))
    batches = list(iter(lambda: list(islice(texts, _BATCH)), []))

    def embed(batch: list[str]) -> None:
        embedder.embed_document_tokens(batch)

    with ThreadPoolExecutor(_BATCHES_AT_ONCE) as callers:
        list(callers.map(embed, batches[:_BATCHES_AT_ONCE]))
        started = time.perf_counter()
        list(callers.map(embed, batches))
        seconds = time.perf_counter() - started
    return sum(lengths) / seconds, operations(lengths) / seconds / 1e9


def measure_embedding(models: Path, texts: int) -> dict[str, float]:
    """Embed texts of even and of mixed lengths, and print both beside the limit."""
    embedder = embedder_for_indexing(_EMBEDDER, models)
    if not isinstance(embedder, TokenEmbedder):
        sys.exit("the model gives no vectors of tokens")
    draw = random.Random(1)  # noqa: S311 - no secret
    kinds = {
        f"all of {_EVEN} tokens": [_EVEN] * texts,
        f"{_FEWEST} to {_MOST} tokens": [draw.randint(_FEWEST, _MOST) for _ in range(texts)],
    }
    figures: dict[str, float] = {}
    print(f"embedding {texts:,} texts on {available_cores()} cores")
    for kind, lengths in kinds.items():
        before = {name: product_limit(extra) for name, extra in kernels().items()}
        tokens, gflops = embedding_rate(lengths, embedder)
        after = {name: product_limit(extra) for name, extra in kernels().items()}
        figures[f"{kind}: tokens/s"], figures[f"{kind}: GFLOP/s"] = tokens, gflops
        print(f"  {kind:18} {tokens:8,.0f} tokens/s {gflops:6.0f} GFLOP/s")
        for name, first in before.items():
            limit = statistics.fmean((first, after[name]))
            figures[f"{kind}: share of {name}"] = gflops / limit
            print(f"    {gflops / limit:5.0%} of {limit:4.0f} GFLOP/s: {name}")
    print()
    return figures


def measure_builds(folder: Path, place: Path, models: Path | None) -> dict[str, float]:
    """Index ``folder``, change one file in a hundred, and index again."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    first = Build(folder, place / "index", _EMBEDDER, models)
    for path in files[::100]:
        path.write_text(path.read_text(encoding="utf-8") + "\nOne more line.\n")
    again = Build(folder, place / "index", _EMBEDDER)
    print(f"{len(files):,} files, {first.report['chunks']:,} chunks")
    for name, build in (("first build", first), ("one in a hundred", again)):
        print(
            f"  {name:18} {build.seconds:8.2f} s {build.core_seconds:8.2f} s of a core "
            f"{len(files) / build.seconds:8.1f} files/s {build.megabytes:6.0f} MB   "
            f"{build.report['embedded']:,} texts embedded"
        )
    print(f"  {first.seconds / again.seconds:.1f} times as fast again\n")
    return {
        "files": len(files),
        "first_s": first.seconds,
        "first_mb": first.megabytes,
        "files_per_s": len(files) / first.seconds,
        "first_core_s": first.core_seconds,
        "again_s": again.seconds,
        "again_core_s": again.core_seconds,
        "again_mb": again.megabytes,
    }


def _documents(corpus: Path) -> Iterator[tuple[str, str]]:
    """Yield a name and a text for each record of a corpus in JSON lines."""
    opened = gzip.open if corpus.suffix == ".gz" else open
    with opened(corpus, "rt", encoding="utf-8") as stream:
        for line in stream:
            record = json.loads(line)
            yield f"{record['_id']}.txt", f"{record.get('title', '')}\n\n{record['text']}\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=2_000, help="how many files are indexed")
    parser.add_argument(
        "--corpus",
        type=Path,
        help="JSON lines, may be gzipped, whose texts become the files; made up by default",
    )
    parser.add_argument("--texts", type=int, default=1_000, help="texts of each kind of length")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    with scratch() as place, exported(_EMBEDDER) as models:
        folder = place / "briefs"
        folder.mkdir()
        if options.corpus is None:
            write_files(folder, options.files, words=450)
        else:
            for name, text in islice(_documents(options.corpus), options.files):
                (folder / name).write_text(text, encoding="utf-8")
        figures["builds"] = measure_builds(folder, place, models)
        if models is not None:
            shutil.copytree(models, place / "models")
            figures["embedding"] = measure_embedding(place / "models", options.texts)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
