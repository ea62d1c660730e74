"""Measures a whole index at several sizes: building, opening, asking, and what stays in memory.

Documents are made by combining real sentences, one drawn at random and two near it in meaning,
and each is one chunk. Their vectors and tokens are put together from those of their sentences,
vectors with a little noise: to embed a million passages would take hours. Questions are real,
and embedded by the model. What is not as in a million real passages: each sentence comes many
times, no word is rarer than its sentences, and sentences do not see each other. Each size is built
in a process of its own, and measured in another. Beside what passed, ``cpu`` says what the
processor worked, on all cores: others may use it too.
"""

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import faiss
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
from briefqa.indexing.current import read_current
from briefqa.indexing.generations import Backends
from briefqa.indexing.sources import roots_of
from briefqa.indexing.sync import sync
from briefqa.protocols import Progress, TokenCounter, TokenEmbedder, TokenVectors, Vectors

SIZES = (1_000, 10_000, 100_000)
_SENTENCES = 4000
_NEAR = 40
_NOISE = 0.35
_A_FILE = 50_000
_WARMING, _TIMED = 200, 300
_SEED = 1


class Combined:
    """The default model, but for passages: theirs come from their lines, embedded beforehand."""

    def __init__(self, model: TokenEmbedder, sentences: Sequence[str]) -> None:
        self._model = model
        self._sentences = sentences
        self._rows, tokens = model.embed_document_tokens(sentences)
        self._known = dict(zip(sentences, zip(self._rows, tokens, strict=True), strict=True))

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
        noise = _NOISE / np.sqrt(self.dim)
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
            random = np.random.default_rng(zlib.crc32(text.encode()))
            total = np.mean(vectors, axis=0) + random.normal(size=self.dim) * noise
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

    def near(self) -> list[list[str]]:
        """Return each sentence, and those nearest to it."""
        _, places = faiss.knn(self._rows, self._rows, _NEAR + 1, faiss.METRIC_INNER_PRODUCT)
        return [[self._sentences[place] for place in near] for near in places]


def write_documents(folder: Path, near: Sequence[Sequence[str]], count: int) -> None:
    """Write ``count`` documents into JSONL files below the new ``folder``."""
    folder.mkdir(parents=True)
    chance = random.Random(_SEED)  # noqa: S311 - the same every time
    for first in range(0, count, _A_FILE):
        with (folder / f"{first:09}.jsonl").open("w", encoding="utf-8") as stream:
            for number in range(first, min(count, first + _A_FILE)):
                sentence, *others = chance.choice(near)
                text = "\n".join([sentence, *chance.sample(others, 2)])
                stream.write(json.dumps({"_id": f"{number:07}", "text": text}) + "\n")


def build(data: Path, index: Path, count: int, recall: float) -> dict[str, float]:
    """Index documents; the process has done nothing else. One more is then added to them."""
    documents = index.with_name(f"documents-{count}")
    model = embedder_for_indexing(DEFAULT_EMBEDDER, index / MODELS_FOLDER)
    embedder = Combined(model, _sentences(data))  # type: ignore[arg-type] # it has tokens
    write_documents(documents, embedder.near(), count)
    before = _resident()
    first = _indexed(documents, index, embedder, recall)
    figures = {
        "build_s": first[0],
        "build_cpu_s": first[1],
        "before_build_mb": before,
        # Pages of files that are mapped count as well, as long as nobody else wants the memory.
        "most_while_built_mb": _most(),
    }
    (documents / "new.txt").write_text("The harbour of Osterlund is closed in winter.\n")
    again = _indexed(documents, index, embedder, recall)
    shutil.rmtree(documents)
    return figures | {"one_more_s": again[0], "one_more_cpu_s": again[1]}


def _indexed(
    documents: Path, index: Path, embedder: TokenEmbedder, recall: float
) -> tuple[float, float]:
    """Bring the index up to date; return the seconds that passed, and those of the processor."""
    options = ReadingOptions()
    began, worked = time.perf_counter(), time.process_time()
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
    return time.perf_counter() - began, time.process_time() - worked


class _Told:
    """Says on stderr how far a build is, once every ten seconds."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last > 10:  # noqa: PLR2004 - as above
            self._last = now
            done = f"{progress.done:,} of {progress.total:,}"
            print(f"{progress.stage}: {done}, {_most():.0f} MB at most", file=sys.stderr)


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


def _most() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Print the figures of each size, and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of data sets")
    parser.add_argument("folder", type=Path, help="where indexes are built; what is there stays")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--recall", type=float, default=0.98)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--build", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, _questions(options.data))))
        return
    if options.build:
        index = options.folder / f"index-{options.build}"
        print(json.dumps(build(options.data, index, options.build, options.recall)))
        return
    results: list[dict[str, object]] = []
    for size in options.sizes:
        index = options.folder / f"index-{size}"
        figures: dict[str, float] = {}
        if not index.exists():
            figures |= _of_a_process("--build", str(size), "--recall", str(options.recall))
        figures |= _of_a_process("--measure", str(index))
        folder = read_current(index).serving.folder(index)
        files = {
            path.relative_to(folder).as_posix(): path.stat().st_size / 1e6
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.stat().st_size > 1e6  # noqa: PLR2004 - the rest is little
        }
        results.append({"chunks": size, **figures, "mb": files})
        print(f"{size:,} chunks")
        print("".join(f"    {name:24}{value:10.1f}\n" for name, value in figures.items()), end="")
        print(
            f"    MB on disk: { {name: round(size) for name, size in files.items()} }", flush=True
        )
        if options.json:
            options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def _of_a_process(*arguments: str) -> dict[str, float]:
    """Return what this program prints when it is given these arguments too."""
    command = [sys.executable, __file__, *sys.argv[1:3], *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


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
