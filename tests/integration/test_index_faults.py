"""Whatever happens to storage, the index is as before or as after, and says nothing untrue.

Each test tries a sample of the points at which a fault can strike; which ones differs
from run to run. ``benchmarks/reliability.py`` tries them all.
"""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.instrument import why_unusable
from tests.faults.scenarios import PLANTED, SCENARIOS
from tests.faults.storage import MOUNTED_FAULTS, STORAGE_FAULTS
from tests.faults.trial import Sample, Trial, run_trials, told

_SEED = int(os.environ.get("BRIEFQA_FAULTS_SEED", random.randrange(10_000)))  # noqa: S311 - no secret
_RIVALS = ("second writer", "lock holder killed")
_FAULTS = (*STORAGE_FAULTS, *_RIVALS)


def _explained(trials: list[Trial]) -> str:
    problems = told(trials)
    return f"BRIEFQA_FAULTS_SEED={_SEED}: {problems}" if problems else ""


@pytest.fixture(scope="module", autouse=True)
def _usable(tmp_path_factory: pytest.TempPathFactory) -> None:
    why = why_unusable(tmp_path_factory.mktemp("instrument"))
    if why is not None:
        pytest.skip(why)


@pytest.fixture(scope="module", params=SCENARIOS)
def tried(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Trial]]:
    """Every fault on one scenario, at some points of it."""
    place = tmp_path_factory.mktemp("faults")
    yield list(run_trials(_FAULTS, request.param, place, Sample(2, _SEED)))
    shutil.rmtree(place)


@pytest.mark.parametrize("fault", _FAULTS)
def test_no_fault_of_storage_breaks_the_index_or_a_promise(tried: list[Trial], fault: str) -> None:
    """Old or new state, clear errors, nothing left over, and no success that would not last."""
    trials = [trial for trial in tried if trial.fault == fault]

    assert trials
    assert _explained(trials) == ""


@pytest.mark.parametrize("fault", MOUNTED_FAULTS)
def test_full_and_read_only_file_systems_cost_the_new_generation_only(
    fault: str, tmp_path: Path
) -> None:
    """The kernel's own way of refusing, beside the ways that are made up."""
    unshare = shutil.which("unshare")
    mount = [unshare or "", "--map-root-user", "--mount"]
    if unshare is None or subprocess.run([*mount, "true"], check=False).returncode:
        pytest.skip("this system lets the tests mount no file system")

    trials = list(run_trials([fault], "clean-up", tmp_path, Sample(6, _SEED), prefix=mount))

    assert trials
    assert {trial.ended for trial in trials} == {"IndexWriteError"}
    assert _explained(trials) == ""


@pytest.mark.parametrize("scenario", PLANTED)
def test_a_mistake_that_was_planted_is_found(scenario: str, tmp_path: Path) -> None:
    """Trials that can find nothing prove nothing."""
    trials = list(run_trials(["killed at a step", "power lost"], scenario, tmp_path, Sample(4)))

    assert told(trials) != ""
