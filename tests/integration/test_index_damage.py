"""Damage, mismatch and readers beside a writer: wrong answers are never the result."""

import os
import re
import runpy
from pathlib import Path

import pytest
from tests.faults.damage import WAYS
from tests.faults.run import KNOWN
from tests.faults.swaps import SWAPS
from tests.faults.trial import ALL, ROOT, Sample, Trial, run_trials, told


def _tried(fault: str, place: Path, sample: Sample = ALL) -> list[Trial]:
    return list(run_trials([fault], "-", place, sample))


def test_every_kind_of_damage_is_found_before_use(tmp_path: Path) -> None:
    """The last good generation serves, and all surfaces say that it does, and why."""
    trials = _tried("file damaged", tmp_path, Sample(45, 3))

    assert {trial.point for trial in trials} == set(WAYS)
    assert told(trials) == ""


def test_no_flipped_bit_of_the_pointer_is_believed(tmp_path: Path) -> None:
    """It alone says what serves, what was removed and where the documents are."""
    trials = _tried("CURRENT damaged", tmp_path)

    assert len(trials) > 1000
    assert told(trials) == ""


def test_index_made_otherwise_is_refused_and_then_rebuilt(tmp_path: Path) -> None:
    """Both sides are named, and the command that mends it mends it."""
    assert told(_tried("made otherwise", tmp_path)) == ""


@pytest.mark.model
def test_model_with_other_files_under_the_same_name_is_refused(tmp_path: Path) -> None:
    """Other weights of the same width give vectors that mean nothing to the old ones."""
    assert told(_tried("model files changed", tmp_path)) == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks the writer")
def test_answers_during_a_hundred_swaps_come_from_one_generation_each(tmp_path: Path) -> None:
    """A quote from one state and a source from another would be a false receipt."""
    trials = _tried("reader during swaps", tmp_path)

    assert len(trials) == SWAPS + 1
    assert sum(trial.ended == "asked" for trial in trials) > SWAPS // 2
    assert told(trials) == ""


def test_page_and_benchmark_name_every_fault() -> None:
    """A fault that is tried and not told of, or told of and not tried, misleads."""
    told_of = runpy.run_path(str(ROOT / "benchmarks" / "reliability.py"))["FAULTS"]
    page = (ROOT / "docs" / "explanation" / "reliability.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|*]+) \| ([^|]+) \| +([\d,]+) \| +([\d,]+) \|$", page, re.MULTILINE)

    assert told_of.keys() == KNOWN
    assert {fault: what for fault, what, _, _ in rows} == told_of
    assert [(fault, tried) for fault, _, tried, _ in rows] == [
        (fault, survived) for fault, _, _, survived in rows
    ]
