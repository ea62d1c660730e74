"""What is being written when a fault strikes, and what the index may be afterwards."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.corpus import Corpus, fill

from briefqa.datatypes import JsonValue
from briefqa.errors import IndexFileError, IndexMissingError
from briefqa.indexing import read_current
from briefqa.indexing.checks import check_contents
from briefqa.indexing.generations import LEXICAL, TOKENS, VECTORS
from briefqa.indexing.integrity import MANIFEST, read_manifest
from briefqa.indexing.retention import collect_garbage

QUESTIONS = ("chips in Germany", "power of the old grid", "water this summer")
_DECIMALS = 6

State = Mapping[str, JsonValue]
"""All that a reader can see of an index; equal states cannot be told apart by one."""

MISSING: State = {"error": "IndexMissingError"}


def state_of(corpus: Corpus) -> State:
    """Return what the index says: documents, texts, and the answers of each search."""
    try:
        generation = corpus.open()
    except IndexMissingError:
        return MISSING
    except IndexFileError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    with generation:
        assert generation.tokens is not None
        vectors = corpus.embedder.embed_queries(QUESTIONS)
        dense = generation.vectors.search(vectors, 50)
        lexical = [generation.words.search(question, 50) for question in QUESTIONS]
        _, asked = corpus.embedder.embed_query_tokens(QUESTIONS)
        parts = [(each, ()) for each in generation.catalogue.chunk_ids()]
        late = [generation.tokens.similarities(each, parts)[0] for each in asked]
        return {
            "generation": generation.info.generation,
            "degraded": generation.degraded is not None,
            "texts": {
                info.doc_id: generation.document(info.doc_id).text
                for info in generation.documents()
            },
            "dense": [[[i, round(s, _DECIMALS)] for i, s in hits] for hits in dense],
            "lexical": [[[i, round(s, _DECIMALS)] for i, s in hits] for hits in lexical],
            "late": [[round(score, _DECIMALS) for score in each.tolist()] for each in late],
        }


def strangers(index: Path) -> list[str]:
    """Name what lies in ``index`` and is neither its own nor named by what is its own."""
    known = {"CURRENT", ".lock", "generations"}
    try:
        current = read_current(index)
    except IndexFileError:
        pass
    else:
        for ref in current.kept:
            folder = f"generations/{ref.generation}"
            known |= {
                folder,
                *(f"{folder}/{each}" for each in (LEXICAL, TOKENS, VECTORS, MANIFEST)),
            }
            try:
                known |= {f"{folder}/{name}" for name in read_manifest(index, ref).files}
            except IndexFileError:
                # Nobody can tell what belongs to it; it stays until there is a better one.
                known |= {p.relative_to(index).as_posix() for p in (index / folder).rglob("*")}
    found = (path.relative_to(index).as_posix() for path in index.rglob("*"))
    return sorted(name for name in found if name not in known)


def faults_of(corpus: Corpus) -> list[str]:
    """Return what a full check of the index finds."""
    problems = check_contents(corpus.index, stores=corpus.stores, words=corpus.words)
    return [f"{problem.path}: {problem.detail}" for problem in problems]


def _version_1(corpus: Corpus) -> None:
    fill(corpus)


def _version_2(corpus: Corpus) -> None:
    """Add, change, delete and rename."""
    corpus.write("later.md", "# Later\n\nThis came later. Water is still scarce.\n")
    corpus.write("chips.md", "# Chips\n\nGermany makes chips in Dresden and in Munich.\n")
    (corpus.folder / "grid" / "power.txt").unlink()
    (corpus.folder / "notes.jsonl").rename(corpus.folder / "grid" / "notes.jsonl")


def _nothing_yet(corpus: Corpus) -> None:
    _version_1(corpus)


def _one_generation(corpus: Corpus) -> None:
    _version_1(corpus)
    corpus.sync()
    _version_2(corpus)


def _two_generations(corpus: Corpus) -> None:
    corpus.write("first.txt", "This was here first.\n")
    corpus.sync()
    (corpus.folder / "first.txt").unlink()
    _one_generation(corpus)


def _updated(corpus: Corpus) -> None:
    _one_generation(corpus)
    corpus.sync()


def _collect(corpus: Corpus) -> None:
    collect_garbage(corpus.index)


def _taken_back(corpus: Corpus) -> None:
    _version_1(corpus)
    corpus.sync()
    later = corpus.write("later.txt", "This came later.\n")
    corpus.sync()
    later.unlink()


def _damaged(corpus: Corpus) -> None:
    _version_1(corpus)
    corpus.sync()
    corpus.write("later.txt", "This came later.\n")
    report = corpus.sync()
    (corpus.index / "generations" / report.generation / "vectors" / "rows.bin").write_bytes(b"?")


@dataclass(frozen=True, slots=True)
class Scenario:
    """``prepare`` makes an index and a folder that differs from it; ``work`` is then broken.

    Work that ``clears`` promises that nothing is left of what it removes.
    """

    name: str
    prepare: Callable[[Corpus], None]
    work: Callable[[Corpus], object] = Corpus.sync
    clears: bool = False


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("first build", _nothing_yet),
        Scenario("update", _one_generation),
        Scenario("clean-up", _two_generations),
        Scenario("undo", _taken_back),
        Scenario("repair", _damaged),
        Scenario("garbage collection", _updated, _collect, clears=True),
    )
}


def _sync_without_syncs(corpus: Corpus) -> object:
    os.fsync = lambda fd: None  # noqa: ARG005 - its parameter has this name
    return corpus.sync()


def _sync_in_place(corpus: Corpus) -> object:
    Path.replace = shutil.copyfile  # type: ignore[assignment,method-assign] # not at once any more
    return corpus.sync()


PLANTED = {
    scenario.name: scenario
    for scenario in (
        Scenario("update that syncs nothing", _one_generation, _sync_without_syncs),
        Scenario("update that overwrites", _one_generation, _sync_in_place),
    )
}
"""Work with a mistake in it, which trials must find."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where trials of a scenario happen; each begins with a copy of the same index.

    Only ``trial`` is watched, so that an index, like a real one, has a parent
    folder in which its name must last.
    """

    place: Path
    scenario: Scenario

    @property
    def trial(self) -> Path:
        """The folder that faults strike."""
        return self.place / "trial"

    @property
    def corpus(self) -> Corpus:
        """The documents, and the index as the trial has it."""
        return Corpus(self.place / "briefs", self.trial / "index")

    def prepare(self) -> None:
        """Make the documents and the index that every trial starts from."""
        (self.place / "briefs").mkdir(parents=True)
        (self.place / "base").mkdir()
        corpus = Corpus(self.place / "briefs", self.place / "base" / "index")
        self.scenario.prepare(corpus)

    def reset(self) -> None:
        """Begin anew."""
        shutil.rmtree(self.trial, ignore_errors=True)
        self.fill()

    def fill(self) -> None:
        """Put the index into a folder that is empty or not there."""
        shutil.copytree(self.place / "base", self.trial, dirs_exist_ok=True)


def shown(state: State) -> str:
    """Name a state in a few words."""
    if "error" in state:
        return str(state["error"])
    return f"{state['generation']}{', degraded' if state['degraded'] else ''}"


def difference(found: State, *expected: State) -> str | None:
    """Say how a state differs from those expected; None if it is one of them."""
    found = json.loads(json.dumps(found))
    if any(found == json.loads(json.dumps(each)) for each in expected):
        return None
    return f"{shown(found)} instead of {' or '.join(shown(each) for each in expected)}"
