"""Reads the sentences of data sets, and embeds them: real passages for other measurements.

A passage is one sentence, or up to three that follow each other. They are embedded in an order
that is drawn once and for all, until all are or the time is up, and written as a file of vectors.
"""

import argparse
import gzip
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from nupunkt import sent_spans

from briefqa.assembly.embedders import DEFAULT_EMBEDDER, embedder_for_indexing

_AT_ONCE = 256
_SEED = 1


def sentences_by_document(folder: Path) -> Iterator[list[str]]:
    """Yield the sentences of each record of each ``corpus.jsonl.gz`` below ``folder``."""
    for path in sorted(folder.rglob("corpus.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)["text"]
                found = (text[start:end].strip() for start, end in sent_spans(text))
                yield [sentence for sentence in found if sentence]


def questions_in(folder: Path) -> list[str]:
    """Return the questions of every ``queries.jsonl`` below ``folder``, each once."""
    texts: dict[str, None] = {}
    for path in sorted(folder.rglob("queries.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            texts[record.get("question") or record["text"]] = None
    return list(texts)


def passages_in(folder: Path, longest: int) -> list[str]:
    """Return every run of 1 to ``longest`` sentences that follow each other, each once."""
    texts: dict[str, None] = {}
    for sentences in sentences_by_document(folder):
        for start in range(len(sentences)):
            for end in range(start + 1, min(start + longest, len(sentences)) + 1):
                texts[" ".join(sentences[start:end])] = None
    return list(texts)


def embed(folder: Path, vectors: Path, questions: Path, *, longest: int, most_s: float) -> None:
    """Write the vectors of the passages and questions below ``folder``, and say how many."""
    with tempfile.TemporaryDirectory() as models:
        embedder = embedder_for_indexing(DEFAULT_EMBEDDER, Path(models))
        asked = questions_in(folder)
        np.save(questions, embedder.embed_queries(asked))
        passages = passages_in(folder, longest)
        random.Random(_SEED).shuffle(passages)  # noqa: S311 - the same every time
        began = time.perf_counter()
        rows = []
        for start in range(0, len(passages), _AT_ONCE):
            rows.append(embedder.embed_documents(passages[start : start + _AT_ONCE]))
            if time.perf_counter() - began > most_s:
                break
        np.save(vectors, np.concatenate(rows))
    done = min(len(passages), len(rows) * _AT_ONCE)
    took = time.perf_counter() - began
    print(f"{len(asked):,} questions; {done:,} of {len(passages):,} passages in {took:.0f} s")


def main() -> None:
    """Embed what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of data sets")
    parser.add_argument("vectors", type=Path, help="where the passages' vectors go, .npy")
    parser.add_argument("questions", type=Path, help="where the questions' vectors go, .npy")
    parser.add_argument("--longest", type=int, default=3, help="most sentences of a passage")
    parser.add_argument("--most-s", type=float, default=900, help="when to stop, in seconds")
    options = parser.parse_args()
    embed(
        options.folder,
        options.vectors,
        options.questions,
        longest=options.longest,
        most_s=options.most_s,
    )


if __name__ == "__main__":
    main()
