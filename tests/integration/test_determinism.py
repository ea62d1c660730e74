"""The same documents give the same index and the same answers, wherever and however built."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.integration.model_index import ModelIndex
from tests.integration.processes import run_python

from briefqa import build_index
from briefqa.indexing import read_current

pytestmark = pytest.mark.model

_QUESTIONS = [
    "How large is the UK's AI investment?",
    "Who wrote the brief on AI sovereignty?",
    "What should middle powers export?",
    "Why was China invited to Bletchley Park?",
    "How is sourdough bread baked?",
]


# Any: the object that rankings.py prints.
def _build(model_index: ModelIndex, folder: Path, index: Path, threads: int) -> dict[str, Any]:
    model_index.share_model_with(index)

    done = run_python(
        "-m",
        "tests.integration.rankings",
        folder,
        index,
        str(threads),
        *_QUESTIONS,
        OMP_NUM_THREADS=str(threads),
    )

    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_order_place_time_and_threads_change_nothing(
    model_index: ModelIndex, tmp_path: Path
) -> None:
    """Else two machines would disagree about what the same briefs say."""
    files = sorted(model_index.sources.iterdir())
    elsewhere = tmp_path / "some" / "other place"
    elsewhere.mkdir(parents=True)
    for age, file in enumerate(reversed(files)):
        copy = elsewhere / file.name
        copy.write_bytes(file.read_bytes())
        os.utime(copy, (1_000_000_000 + age, 1_000_000_000 + age))

    here = _build(model_index, model_index.sources, tmp_path / "one", threads=1)
    there = _build(model_index, elsewhere, tmp_path / "two", threads=2)

    assert here["generation"] == there["generation"]
    assert here["tokens"] == there["tokens"]
    assert len(here["tokens"]) == 5
    for ranked, again in zip(here["rankings"], there["rankings"], strict=True):
        assert len(ranked) == 20
        assert [chunk_id for chunk_id, _ in ranked] == [chunk_id for chunk_id, _ in again]
        # To the last bit, on one kind of processor.
        assert [score for _, score in ranked] == [score for _, score in again]


def test_a_change_gives_the_vectors_that_a_clean_build_gives(
    model_index: ModelIndex, tmp_path: Path
) -> None:
    """What changed is embedded beside other texts than it would be in a whole build."""
    briefs, index, clean = tmp_path / "briefs", tmp_path / "index", tmp_path / "clean"
    model_index.share_model_with(index)
    model_index.share_model_with(clean)
    briefs.mkdir()
    # As many tokens each, so that a build embeds them side by side.
    words = ["river", "house", "court", "water", "light", "stone", "field", "road", "tree"]
    for word in words:
        text = f"The {word} beside the canal was closed for repairs in the spring of that year."
        (briefs / f"{word}.txt").write_text(text, encoding="utf-8")
    build_index(briefs, clean)
    changed = briefs / "court.txt"
    whole = changed.read_text(encoding="utf-8")
    changed.write_text("Another text, for now.", encoding="utf-8")
    build_index(briefs, index)
    changed.write_text(whole, encoding="utf-8")

    build_index(briefs, index)

    assert _files_of(index) == _files_of(clean)


def _files_of(index: Path) -> dict[str, bytes]:
    folder = read_current(index).serving.folder(index)
    # Not how a database lays out its pages, nor how tantivy names its files.
    kept = [folder / "texts.bin", *(folder / "vectors").iterdir(), *(folder / "tokens").iterdir()]
    return {str(each.relative_to(folder)): each.read_bytes() for each in kept}
