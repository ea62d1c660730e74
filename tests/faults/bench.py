"""A scenario on its stage: undisturbed once, then disturbed, and judged each time."""

import re
import shutil
import time
from collections.abc import Iterable, Iterator

from tests.corpus import Corpus
from tests.faults.disk import WORST, Disk, Image, Record, read_journal, write_image
from tests.faults.forks import Ending, forked
from tests.faults.instrument import Instrument, Kind, Plan, Tally
from tests.faults.scenarios import Stage, State, difference, faults_of, state_of, strangers

from briefqa.datatypes import JsonValue

# The first document read imports these: here once, instead of anew in every fork.
from briefqa.documents import text_files as text_files  # noqa: PLC0414 - imported for its own sake
from briefqa.indexing import read_current
from briefqa.indexing.rewriting import SyncReport

# What differs from run to run: generations, tantivy's segments, names made up on the spot.
_NAME = re.compile(r"[0-9a-f]{20,32}|(?<=/\.tmp)\w{6}\b")


class Bench:
    """Works on a stage as often as wanted, each time under another fault."""

    def __init__(self, stage: Stage, instrument: Instrument) -> None:
        self.stage = stage
        self._instrument = instrument
        self.tally = Tally()
        self._journal = stage.place / "journal"
        _require(forked(stage.prepare))
        self.reset()
        self.before = self._state(stage.corpus)
        started = time.perf_counter()
        _require(self.attempt(Plan()))
        self.seconds = time.perf_counter() - started
        self.bytes_needed = self.tally.read().peak
        self.after = self._state(stage.corpus)

    def reset(self) -> None:
        """Begin anew."""
        self.stage.reset()
        self.restart()

    def restart_from(self, image: Image) -> None:
        """Begin with what a power cut has left."""
        shutil.rmtree(self.stage.trial)
        write_image(image, self.stage.trial)
        self.restart()

    def restart(self) -> None:
        """Begin with what is on the stage now, and take it to be durable."""
        self._journal.unlink(missing_ok=True)
        self._disk = Disk(self.stage.trial)

    def attempt(self, plan: Plan, *, kill_after_s: float | None = None) -> Ending:
        """Do the scenario's work under ``plan``; its result is the generation it claims."""
        self.tally.reset()
        ending = forked(lambda: self.work(plan), kill_after_s=kill_after_s)
        if self.tally.read().unseen:
            msg = "the work changes files in a way that the instrument does not see"
            raise RuntimeError(msg)
        return ending

    @property
    def has_struck(self) -> bool:
        """Whether the last attempt came to the point at which its plan strikes."""
        return self.tally.read().acted > 0

    def work(self, plan: Plan) -> JsonValue:
        """Do the scenario's work, in this very process, which `plan` befalls from then on."""
        corpus = self.stage.corpus
        self._instrument.arm(self.stage.trial, plan, self.tally, self._journal)
        report = self.stage.scenario.work(corpus)
        return report.generation if isinstance(report, SyncReport) else None

    def steps(self, kinds: frozenset[Kind]) -> int:
        """Return how many calls of these kinds undisturbed work makes."""
        self.reset()
        _require(self.attempt(Plan(kinds=kinds)))
        return self.tally.read().steps

    def undisturbed(self) -> tuple[Disk, list[Record]]:
        """Return the disk before undisturbed work, and all that the work does to it."""
        self.reset()
        _require(self.attempt(Plan()))
        return self._disk, read_journal(self._journal)

    def verdict(self, ending: Ending, *, is_lasting: bool = False) -> tuple[str, ...]:
        """Return what is wrong with the index as it is now, and after the next sync."""
        return tuple(self._wrong(ending, is_lasting=is_lasting))

    def _wrong(self, ending: Ending, *, is_lasting: bool) -> Iterator[str]:
        now = self._state(self.stage.corpus)
        if ending.was_killed:
            yield from _unless_none("after the fault", difference(now, self.before, self.after))
        elif ending.error is None:
            yield from self._wrong_claim(ending, now)
        else:
            yield from self._wrong_error(ending, now, is_lasting=is_lasting)
        yield from self._wrong_next()

    def _wrong_claim(self, ending: Ending, now: State) -> Iterator[str]:
        yield from _unless_none("after a sync that succeeded", difference(now, self.after))
        left = [name for name in strangers(self.stage.corpus.index) if "/" in name]
        if left and self.stage.scenario.clears:
            yield self._masked(f"left over after work that succeeded: {left}")
        if ending.result not in {None, now.get("generation")}:
            yield "the sync claims to have published a generation that does not serve"
        yield from self._wrong_in_the_dark("what the sync claims")

    def _wrong_error(self, ending: Ending, now: State, *, is_lasting: bool) -> Iterator[str]:
        clears = self.stage.scenario.clears
        # A fault that lasts keeps the sync from taking anything back. What is cleared
        # away is let go of first: it is not taken back if a part of it cannot be removed.
        allowed = [self.before, self.after] if is_lasting or clears else [self.before]
        yield from _unless_none("after an error", difference(now, *allowed))
        if not ending.is_ours:
            yield self._masked(f"a bare {ending.error}: {ending.message}")
        elif str(self.stage.corpus.index) not in ending.message:
            yield self._masked(f"an error that does not name the index: {ending.message}")
        left = strangers(self.stage.corpus.index)
        if left and not is_lasting and not (clears and "cannot be removed" in ending.message):
            yield self._masked(f"left over after an error: {left}")

    def _wrong_next(self) -> Iterator[str]:
        ending = self.attempt(Plan())
        if ending.was_killed or ending.error is not None:
            yield self._masked(f"the next sync fails: {ending.name}: {ending.message}")
            return
        corpus = self.stage.corpus
        yield from _unless_none("after the next sync", difference(self._state(corpus), self.after))
        left = strangers(corpus.index)
        if left:
            yield self._masked(f"left over after the next sync: {left}")
        checked = forked(lambda: list(faults_of(corpus)))
        if checked.result != []:
            yield self._masked(f"a check then finds: {checked.result or checked.message}")
        yield from self._wrong_in_the_dark("what the next sync claims")

    def _wrong_in_the_dark(self, what: str) -> Iterator[str]:
        """Tell whether what was claimed would outlive a power cut that comes now."""
        if self._journal.exists():
            for record in read_journal(self._journal):
                self._disk.apply(record)
            self._journal.unlink()
        place = self.stage.place / "dark"
        shutil.rmtree(place, ignore_errors=True)
        write_image(self._disk.after(WORST), place)
        wrong = difference(
            self._state(Corpus(self.stage.corpus.folder, place / "index")), self.after
        )
        yield from _unless_none(f"{what} does not outlive a power cut", wrong)

    def _state(self, corpus: Corpus) -> State:
        ending = forked(lambda: {**state_of(corpus), **self._kept(corpus)})
        if isinstance(ending.result, dict):
            return ending.result
        return {"error": f"cannot be opened: {ending.name}: {ending.message}"}

    def _kept(self, corpus: Corpus) -> State:
        # Only where something is to go: a generation that cannot be read for a moment
        # need not be kept beside the one that serves.
        if not self.stage.scenario.clears:
            return {}
        return {"kept": [ref.generation for ref in read_current(corpus.index).kept]}

    def _masked(self, text: str) -> str:
        return _NAME.sub("*", text.replace(str(self.stage.place), ""))


def _unless_none(when: str, wrong: str | None) -> Iterable[str]:
    return [] if wrong is None else [f"{when}: {wrong}"]


def _require(ending: Ending) -> None:
    if ending.was_killed or ending.error is not None:
        msg = f"undisturbed work ends with {ending.name}: {ending.message}"
        raise RuntimeError(msg)
