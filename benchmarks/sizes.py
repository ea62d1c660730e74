"""Measures a whole index at several sizes: building, opening, asking, and what stays in memory.

Documents are made by combining real sentences, three to a document, drawn at random, and each
is one chunk. Their vectors and tokens are put together from those of their sentences: to embed
a million passages would take hours. Questions are real, and embedded by the model. What is not
as in a million real passages: each sentence comes many times, no word is rarer than its
sentences, and sentences do not see each other. Each size is measured in a process of its own.
Beside what passed, ``cpu`` says what the processor worked, on all cores: others may use it too.
"""

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentences import questions_in, sentences_by_document

from briefqa import Service
from briefqa.assembly.embedders import DEFAULT_EMBEDDER, embedder_for_indexing
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.opening import open_texts
from briefqa.backends.faiss import FaissBackend
from briefqa.backends.tantivy import TantivyBackend
from briefqa.chunking import ChunkingOptions
from briefqa.documents import ReadingOptions
from briefqa.documents.isolation import ReaderProcess
from briefqa.indexing.generations import Backends
from briefqa.indexing.sources import roots_of
from briefqa.indexing.sync import sync
from briefqa.protocols import Progress, TokenCounter, TokenEmbedder, TokenVectors, Vectors

SIZES = (1_000, 10_000, 100_000)
_SENTENCES = 4000
_A_DOCUMENT = 3
_A_FILE = 50_000
_WARMING, _TIMED = 200, 300
_SEED = 1


class Combined:
    """The default model, but for passages: theirs come from their lines, embedded beforehand."""

    def __init__(self, model: TokenEmbedder, sentences: Sequence[str]) -> None:
        self._model = model
        rows, tokens = model.embed_document_tokens(sentences)
        self._known = dict(zip(sentences, zip(rows, tokens, strict=True), strict=True))

    @property
    def model_id(self) -> str:
        """Those of the model, which embeds the questions."""
        return self._model.model_id

    @property
    def dim(self) -> int:
        """Width of every vector returned."""
        return self._model.dim

    @property
    def tokens(self) -> TokenCounter:
        """The model's own tokenizer."""
        return self._model.tokens

    @property
    def languages(self) -> frozenset[str] | None:
        """Those of the model."""
        return self._model.languages

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Embed questions; returns shape (len(texts), dim)."""
        return self._model.embed_queries(texts)

    def embed_query_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed questions, and their tokens."""
        return self._model.embed_query_tokens(texts)

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Put passages together; returns shape (len(texts), dim)."""
        return self.embed_document_tokens(texts)[0]

    def embed_document_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Put passages and their tokens together."""
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        tokens: list[TokenVectors] = []
        for place, text in enumerate(texts):
            start = 0
            vectors, parts = [], []
            for line in text.split("\n"):
                if line.strip():
                    row, part = self._line(line)
                    vectors.append(row)
                    parts.append((part, start))
                start += len(line) + 1
            total = np.sum(vectors, axis=0)
            rows[place] = total / np.linalg.norm(total)
            tokens.append(
                TokenVectors(
                    np.concatenate([part.ids for part, _ in parts]),
                    np.concatenate([part.starts + at for part, at in parts]).astype(np.int32),
                    np.concatenate([part.rows for part, _ in parts]),
                )
            )
        return rows, tokens

    def _line(self, line: str) -> tuple[NDArray[np.float32], TokenVectors]:
        if line not in self._known:
            # What the reader has changed, or what was too long for one chunk.
            [row], [own] = self._model.embed_document_tokens([line])
            self._known[line] = row, own
        return self._known[line]


def write_documents(folder: Path, sentences: Sequence[str], count: int) -> None:
    """Write ``count`` documents into JSONL files below the new ``folder``."""
    folder.mkdir(parents=True)
    chance = random.Random(_SEED)  # noqa: S311 - the same every time
    for first in range(0, count, _A_FILE):
        with (folder / f"{first:09}.jsonl").open("w", encoding="utf-8") as stream:
            for number in range(first, min(count, first + _A_FILE)):
                text = "\n".join(chance.sample(sentences, _A_DOCUMENT))
                stream.write(json.dumps({"_id": f"{number:07}", "text": text}) + "\n")


def build(documents: Path, index: Path, embedder: TokenEmbedder, recall: float) -> float:
    """Index a folder; return the seconds that took."""
    options = ReadingOptions()
    began = time.perf_counter()
    with ReaderProcess(options) as reader:
        sync(
            roots_of([documents]),
            index,
            backends=Backends(FaissBackend(), TantivyBackend(), embedder),
            read=reader.read,
            chunking=ChunkingOptions(),
            options=options,
            recall=recall,
            on_progress=_Told(),
        )
    return time.perf_counter() - began


class _Told:
    """Says on stderr how far a build is, once every ten seconds."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last > 10:  # noqa: PLR2004 - as above
            self._last = now
            print(f"{progress.stage}: {progress.done:,} of {progress.total:,}", file=sys.stderr)


def measure(index: Path, questions: Sequence[str]) -> dict[str, float]:
    """Open the index and ask it; the process has done nothing else."""
    before = _resident()
    began, worked = time.perf_counter(), time.process_time()
    open_texts(index).close()
    opened, opened_cpu = time.perf_counter() - began, time.process_time() - worked
    began = time.perf_counter()
    service = Service(index)
    whole = time.perf_counter() - began
    at_rest = _resident()
    began = time.perf_counter()
    service.search(questions[0])
    first = time.perf_counter() - began
    for question in questions[1:_WARMING]:
        service.search(question)
    took: list[float] = []
    used: list[float] = []
    stages: dict[str, list[float]] = {}
    for question in questions[_WARMING : _WARMING + _TIMED]:
        began, worked = time.perf_counter(), time.process_time()
        result = service.search(question)
        took.append((time.perf_counter() - began) * 1000)
        used.append((time.process_time() - worked) * 1000)
        for stage in result.stages:
            stages.setdefault(stage.name, []).append(stage.took_s * 1000)
    return {
        "open_index_ms": opened * 1000,
        "open_index_cpu_ms": opened_cpu * 1000,
        "open_service_ms": whole * 1000,
        "first_ms": first * 1000,
        "p50_ms": float(np.percentile(took, 50)),
        "p95_ms": float(np.percentile(took, 95)),
        "cpu_p50_ms": float(np.percentile(used, 50)),
        "cpu_p95_ms": float(np.percentile(used, 95)),
        "before_mb": before,
        "opened_mb": at_rest,
        "asked_mb": _resident(),
    } | {f"p50 {name}": float(np.median(times)) for name, times in stages.items()}


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Print the figures of each size, and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of data sets")
    parser.add_argument("folder", type=Path, help="where indexes are built; what is there stays")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--recall", type=float, default=0.98)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, _questions(options.data))))
        return
    results: list[dict[str, object]] = []
    embedder: TokenEmbedder | None = None
    for size in options.sizes:
        index, documents = options.folder / f"index-{size}", options.folder / f"documents-{size}"
        built: float | None = None
        if not index.exists():
            sentences = _sentences(options.data)
            write_documents(documents, sentences, size)
            model = embedder_for_indexing(DEFAULT_EMBEDDER, index / MODELS_FOLDER)
            embedder = embedder or Combined(model, sentences)  # type: ignore[arg-type] # it has tokens
            built = build(documents, index, embedder, options.recall)
            shutil.rmtree(documents)
        command = [sys.executable, __file__, *sys.argv[1:3], "--measure", str(index)]
        asked = subprocess.run(command, check=True, capture_output=True, text=True)
        figures = json.loads(asked.stdout)
        folder = next((index / "generations").iterdir())
        files = {
            path.relative_to(folder).as_posix(): path.stat().st_size / 1e6
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.stat().st_size > 1e6  # noqa: PLR2004 - the rest is little
        }
        results.append({"chunks": size, "build_s": built, **figures, "mb": files})
        print(f"{size:,} chunks, built in {built or float('nan'):.0f} s")
        print("".join(f"    {name:24}{value:10.1f}\n" for name, value in figures.items()), end="")
        print(
            f"    MB on disk: { {name: round(size) for name, size in files.items()} }", flush=True
        )
        if options.json:
            options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def _sentences(data: Path) -> list[str]:
    """Return some of the sentences, of ten words or more."""
    texts = dict.fromkeys(
        " ".join(sentence.split())
        for sentences in sentences_by_document(data)
        for sentence in sentences
        if len(sentence.split()) >= 10  # noqa: PLR2004 - as above
    )
    return random.Random(_SEED).sample(list(texts), _SENTENCES)  # noqa: S311 - the same every time


def _questions(data: Path) -> list[str]:
    found = questions_in(data)
    random.Random(_SEED).shuffle(found)  # noqa: S311 - the same every time
    return found


if __name__ == "__main__":
    main()
