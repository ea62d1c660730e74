"""The same documents give the same index and the same answers, wherever and however built."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.integration.model_index import ModelIndex
from tests.integration.processes import run_python

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
