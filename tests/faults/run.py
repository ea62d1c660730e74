"""Tries faults on a scenario: ``python -m tests.faults.run FAULTS SCENARIO PLACE SAMPLE``.

FAULTS is a list and SAMPLE a record, both as JSON. Prints a line of JSON for each
trial. It runs in a process of its own because it forks one for every trial,
which is safe only where no other thread runs.
"""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.faults.bench import Bench
from tests.faults.canary import deletion_trials
from tests.faults.damage import damage_trials, pointer_trials
from tests.faults.instrument import Instrument
from tests.faults.mismatch import mismatch_trials, model_file_trials
from tests.faults.rivals import holder_killed, two_writers
from tests.faults.scenarios import PLANTED, SCENARIOS, Stage
from tests.faults.storage import MOUNTED_FAULTS, STORAGE_FAULTS
from tests.faults.swaps import swap_trials
from tests.faults.trial import Sample, Trial

_ON_A_BENCH: Mapping[str, Callable[[str, Bench, Sample], Iterator[Trial]]] = {
    **STORAGE_FAULTS,
    **MOUNTED_FAULTS,
    "second writer": two_writers,
    "lock holder killed": holder_killed,
}
_ON_THEIR_OWN: Mapping[str, Callable[[str, Path, Sample], Iterator[Trial]]] = {
    "file damaged": damage_trials,
    "CURRENT damaged": pointer_trials,
    "reader during swaps": swap_trials,
    "document deleted": deletion_trials,
    "made otherwise": mismatch_trials,
    "model files changed": model_file_trials,
}
KNOWN = _ON_A_BENCH.keys() | _ON_THEIR_OWN.keys()
"""The names of all faults."""


def _trials(faults: list[str], scenario: str, place: Path, sample: Sample) -> Iterator[Trial]:
    bench = None
    for number, fault in enumerate(faults):
        if fault in _ON_THEIR_OWN:
            yield from _ON_THEIR_OWN[fault](fault, place / str(number), sample)
            continue
        # Several faults of one scenario share what comes before the first of them.
        if bench is None:
            known = {**SCENARIOS, **PLANTED}
            bench = Bench(Stage(place / "stage", known[scenario]), Instrument(place))
        yield from _ON_A_BENCH[fault](fault, bench, sample)


def main(faults: str, scenario: str, place: str, sample: str) -> None:
    """Run the trials and print what became of each."""
    logging.disable()  # What an index says of its damage is expected here, and would fill screens.
    folder = Path(place)
    for trial in _trials(json.loads(faults), scenario, folder, Sample(**json.loads(sample))):
        print(trial.to_line(), flush=True)  # noqa: T201 - the output is what it is for


if __name__ == "__main__":
    main(*sys.argv[1:])
