"""Damage to the files of an index, eight ways, and what a reader must make of it."""

import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.testclient import TestClient
from tests.corpus import Corpus, fill
from tests.faults.scenarios import State, difference, state_of, strangers
from tests.faults.trial import Sample, Trial

from briefqa.api import create_app
from briefqa.assembly.service import Service
from briefqa.errors import IndexFileError
from briefqa.indexing import Current, read_current
from briefqa.indexing.checks import check_files
from briefqa.indexing.integrity import MANIFEST, read_manifest

_FLIPS = 4


def _with_bit_flipped(data: bytes, at: int) -> bytes:
    return data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    return _with_bit_flipped(data, chance.randrange(8 * len(data)))


_Change = Callable[[bytes, random.Random], bytes]
WAYS: Mapping[str, _Change] = {
    **{f"a bit flipped ({number})": _flipped for number in range(1, _FLIPS + 1)},
    "truncated": lambda data, chance: data[: chance.randrange(len(data))],
    "empty": lambda _, __: b"",
    "missing": lambda _, __: b"",
    "zeros": lambda data, _: bytes(len(data)),
    "appended to": lambda data, _: data + b"\0",
    "garbage": lambda data, chance: chance.randbytes(len(data)),
    "swapped with another": lambda _, __: b"",
}
"""What each makes of a file's bytes; the last sees to two files, and "missing" to none."""


@dataclass(frozen=True, slots=True)
class _Base:
    """An index of two generations, and what it says with either."""

    corpus: Corpus
    current: Current
    files: tuple[str, ...]
    whole: State
    fallback: State


def damage_trials(name: str, place: Path, sample: Sample) -> Iterator[Trial]:
    """Damage each file of the generation that serves, and CURRENT, in every way."""
    base = _prepared(place)
    cases = [(file, way) for file in base.files for way in WAYS]
    for number in sample.of(range(len(cases))):
        file, way = cases[number]
        index = place / "trial"
        shutil.rmtree(index, ignore_errors=True)
        shutil.copytree(base.corpus.index, index)
        corpus = Corpus(base.corpus.folder, index)
        if _damage(index, file, way, base.files, random.Random(number)):  # noqa: S311 - no secret
            judge = _wrong_pointer if file == "CURRENT" else _wrong_generation
            problems = [*judge(corpus, base, file), *_wrong_after_a_sync(corpus, base)]
            # Segments have another name each time.
            yield Trial(name, Path(file).suffix or file, way, "opened", tuple(problems))


def pointer_trials(name: str, place: Path, sample: Sample) -> Iterator[Trial]:
    """Flip each bit of CURRENT, the one file that no manifest vouches for."""
    base = _prepared(place)
    path = base.corpus.index / "CURRENT"
    data = path.read_bytes()
    for bit in sample.of(range(8 * len(data))):
        path.write_bytes(_with_bit_flipped(data, bit))
        problems = tuple(_wrong_pointer(base.corpus, base, "CURRENT"))
        yield Trial(name, "CURRENT", f"bit {bit}", "opened", problems)


def _prepared(place: Path) -> _Base:
    (place / "briefs").mkdir(parents=True)
    corpus = fill(Corpus(place / "briefs", place / "index"))
    corpus.sync()
    fallback = state_of(corpus)
    corpus.write("later.txt", "This came later.\n")
    corpus.sync()
    current = read_current(corpus.index)
    folder = f"generations/{current.serving.generation}"
    names = [*read_manifest(corpus.index, current.serving).files, MANIFEST]
    files = ("CURRENT", *(f"{folder}/{name}" for name in sorted(names)))
    return _Base(corpus, current, files, state_of(corpus), {**fallback, "degraded": True})


def _damage(
    index: Path, name: str, way: str, files: tuple[str, ...], chance: random.Random
) -> bool:
    """Damage a file; return whether it is any different now."""
    path, before = index / name, (index / name).read_bytes()
    if way == "missing":
        path.unlink()
        return True
    if way == "swapped with another":
        # CURRENT has damage of its own: with a second damaged file, there would be two to find.
        other = index / chance.choice([each for each in files if each not in {name, "CURRENT"}])
        path.write_bytes(other.read_bytes())
        other.write_bytes(before)
        return path.read_bytes() != before
    path.write_bytes(WAYS[way](before, chance) if before else b"?")
    return path.read_bytes() != before


def _wrong_generation(corpus: Corpus, base: _Base, name: str) -> Iterator[str]:
    """Tell whether a reader keeps away from the damage, and says so on every surface."""
    wrong = difference(state_of(corpus), base.fallback)
    if wrong is not None:
        yield f"opened: {wrong}"
        return
    folder = base.current.previous.folder(corpus.index) if base.current.previous else None
    if corpus.words.opened != [folder / "lexical" if folder else None]:
        yield f"the word index of a damaged generation was parsed: {corpus.words.opened}"
    if len(corpus.stores.parsed) != 1:
        yield "the vectors of a damaged generation were parsed"
    with Service(corpus.index) as service, TestClient(create_app(service)) as client:
        ready = client.get("/ready").json()
        asked = client.post("/v1/search", json={"question": "chips"}).json()
    if ready["status"] != "degraded" or base.current.serving.generation not in ready["reason"]:
        yield f"/ready does not say what is wrong: {ready}"
    if {ready["generation"], asked["index"]["generation"]} != {base.fallback["generation"]}:
        yield "another generation than the last good one answers over HTTP"
    manifest = f"{Path(name).parts[0]}/{base.current.serving.generation}/{MANIFEST}"
    if not {name, manifest} & {problem.path for problem in check_files(corpus.index)}:
        yield "a check does not find the file"


def _wrong_pointer(corpus: Corpus, base: _Base, _: str) -> Iterator[str]:
    """Tell whether CURRENT is refused, or does no harm."""
    try:
        found = read_current(corpus.index)
    except IndexFileError as error:
        if error.exit_code != 4:
            yield f"refused with exit code {error.exit_code}"
        if "briefqa index" not in str(error):
            yield f"refused without saying what to do: {error}"
        if "error" not in state_of(corpus):
            yield "opened all the same"
        return
    if found != base.current:
        yield "a damaged CURRENT is believed"


def _wrong_after_a_sync(corpus: Corpus, base: _Base) -> Iterator[str]:
    try:
        corpus.sync()
    except IndexFileError as error:
        yield f"the next sync fails: {error}"
        return
    wrong = difference(state_of(corpus), base.whole)
    if wrong is not None:
        yield f"after the next sync: {wrong}"
    if strangers(corpus.index):
        yield f"left over after the next sync: {strangers(corpus.index)}"
