"""Building an index takes little memory for each passage more."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.corpus import Corpus

from briefqa.backends import faiss
from briefqa.chunking import ChunkingOptions
from briefqa.documents import ReadingOptions, read_file
from briefqa.indexing import __file__ as indexing
from briefqa.indexing import catalogue, database, embedding, numbering
from briefqa.indexing.sources import roots_of
from briefqa.indexing.sync import sync
from briefqa.protocols import Progress

_MOST_BYTES = 250
"""A document and its chunk as Python objects took a thousand; some numbers of each take eighty."""

_OURS = [
    tracemalloc.Filter(inclusive=True, filename_pattern=str(Path(file).with_name("*")))
    for file in (indexing, faiss.__file__)
]
_WORDS = ("grid", "power", "harbour", "brief", "chip", "water", "road", "plan", "cost", "law")


def _write(corpus: Corpus, count: int) -> None:
    """Write records of few words, no two alike."""
    texts = [" ".join(_WORDS[int(digit)] for digit in f"{number:06}") for number in range(count)]
    lines = [json.dumps({"_id": f"{n:06}", "text": text}) for n, text in enumerate(texts)]
    corpus.write("records.jsonl", "\n".join(lines))


def _held(corpus: Corpus) -> int:
    """Return how many bytes our code holds at the ends of the stages of a sync, at most."""
    held: list[int] = []

    def look(progress: Progress) -> None:
        if progress.done == progress.total and progress.stage not in seen:
            seen.add(progress.stage)
            kept = tracemalloc.take_snapshot().filter_traces(_OURS)
            held.append(sum(each.size for each in kept.traces))

    seen: set[str] = set()
    tracemalloc.start()
    _sync(corpus, look)
    tracemalloc.stop()
    assert seen >= {"reading", "writing", "embedding"}
    assert min(held) > 0
    return max(held)


def _sync(corpus: Corpus, look: Callable[[Progress], None]) -> None:
    sync(
        roots_of([corpus.folder]),
        corpus.index,
        backends=corpus.backends,
        read=read_file,
        chunking=ChunkingOptions(size=24, prefix=8),
        options=ReadingOptions(),
        on_progress=look,
    )


def test_memory_hardly_grows_with_the_number_of_passages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A corpus larger than the memory must be indexed too, and so must a change to it."""
    # What is kept at hand, or done at once, is bounded, but not by so few.
    for module, name in (
        (catalogue, "_CHUNKS_KEPT"),
        (database, "_ROWS_AT_ONCE"),
        (embedding, "_ROWS_AT_ONCE"),
        (numbering, "_KEPT"),
    ):
        monkeypatch.setattr(module, name, 32)
    fewer, more = 300, 1500
    built: dict[int, int] = {}
    changed: dict[int, int] = {}
    for count in (fewer, more):
        corpus = Corpus(tmp_path / f"briefs-{count}", tmp_path / f"index-{count}")
        _write(corpus, count)
        built[count] = _held(corpus)
        corpus.write("new.txt", "The harbour is closed in winter.")
        changed[count] = _held(corpus)

    assert built[more] - built[fewer] < _MOST_BYTES * (more - fewer)
    assert changed[more] - changed[fewer] < _MOST_BYTES * (more - fewer)
