"""After any history an index holds what a plain model says, and is what a fresh build would be."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.corpus import Corpus
from tests.faults.scenarios import faults_of, strangers

from briefqa.assembly.service import Service
from briefqa.datatypes import DocId
from briefqa.documents import read_file
from briefqa.errors import (
    DocumentOwnedError,
    NoGenerationError,
    UnknownDocumentError,
)
from briefqa.indexing.changes import put_document, remove_document
from briefqa.indexing.retention import collect_garbage, roll_back

_FOLDERS = ("north", "south")
_NAMES = ("one.txt", "two.txt", "three.txt")
# Some of them are ids that a file in a folder may have too.
_UPLOADS = ("sent.txt", "south/one.txt")
_WORDS = ("harbour", "copper", "wheat", "signal", "granite", "lantern", "orchard")
_QUESTIONS = ("harbour or wheat", "copper signal lantern", "granite of the orchard")

_places = st.tuples(st.sampled_from(_FOLDERS), st.sampled_from(_NAMES)).map("/".join)
_ids = st.one_of(_places, st.sampled_from(_UPLOADS))
_texts = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=40).map(
    lambda words: " ".join([*words, "and no more."])
)


@dataclass
class _Model:
    """What should be there: texts by id, in the folders, among the uploads and in the index.

    ``serving`` and ``previous`` are the two states that the index can serve.
    """

    files: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    serving: dict[str, str] = field(default_factory=dict)
    previous: dict[str, str] | None = None

    def publish(self, texts: dict[str, str]) -> None:
        """Let the index serve these; nothing happens if it does already."""
        if texts != self.serving:
            self.serving, self.previous = texts, self.serving

    def sync(self) -> None:
        """Let it serve all there is, but what was removed; an upload goes before a file."""
        there = {**self.files, **self.uploads}
        self.publish({name: there[name] for name in there.keys() - self.removed})


class Histories(RuleBasedStateMachine):
    """Everything people do to an index, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.model = _Model()
        for name in _FOLDERS:
            (self.place / "briefs" / name).mkdir(parents=True)
        self.corpus = Corpus(
            self.place / "briefs",
            self.place / "index",
            folders=[self.place / "briefs" / name for name in _FOLDERS],
        )

    @initialize(files=st.dictionaries(_places, _texts, max_size=3))
    def begin(self, files: Mapping[str, str]) -> None:
        """Build an index, and open it."""
        for place, text in files.items():
            self.write(place, text)
        self.corpus.sync(allow_empty=True)
        self.model.serving = dict(self.model.files)
        self.service = Service(self.corpus.index)

    @rule(place=_places, text=_texts)
    def write(self, place: str, text: str) -> None:
        """Add a file, or change one."""
        self.corpus.write(place, text)
        self.model.files[place] = text

    @precondition(lambda self: self.model.files)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Delete a file."""
        place = data.draw(st.sampled_from(sorted(self.model.files)))
        (self.corpus.folder / place).unlink()
        del self.model.files[place]

    @precondition(lambda self: self.model.files)
    @rule(data=st.data(), new=_places)
    def move(self, data: st.DataObject, new: str) -> None:
        """Rename a file, or move it to the other folder, maybe over another file."""
        old = data.draw(st.sampled_from(sorted(self.model.files)))
        (self.corpus.folder / old).replace(self.corpus.folder / new)
        self.model.files[new] = self.model.files.pop(old)

    @rule()
    def sync(self) -> None:
        """Bring the index in step; no text that it has is embedded again."""
        corpus = self.corpus
        with corpus.open() as before:
            ids = [info.doc_id for info in before.documents()]
            known = {c.embedded_text for doc_id in ids for c in before.chunks_of(doc_id)}
        corpus.embedder.seen.clear()

        corpus.sync(allow_empty=True)

        assert known.isdisjoint(corpus.embedder.seen)
        self.model.sync()

    @rule(doc_id=_ids)
    def remove(self, doc_id: str) -> None:
        """Take a document out of the index and keep it out, whether or not its file stays."""
        model = self.model
        if doc_id not in model.serving:
            with pytest.raises(UnknownDocumentError):
                remove_document(DocId(doc_id), self.corpus.index, backends=self.corpus.backends)
            return
        remove_document(DocId(doc_id), self.corpus.index, backends=self.corpus.backends)
        was_sent = model.uploads.pop(doc_id, None) is not None
        if not was_sent or doc_id in model.files:
            model.removed.add(doc_id)
        model.publish({name: text for name, text in model.serving.items() if name != doc_id})

    @rule(doc_id=_ids)
    def restore(self, doc_id: str) -> None:
        """Let a removed document come back with the next sync."""
        self.model.removed.discard(doc_id)
        self.corpus.sync(restored=[doc_id], allow_empty=True)
        self.model.sync()

    @rule(doc_id=st.sampled_from(_UPLOADS), text=_texts)
    def put(self, doc_id: str, text: str) -> None:
        """Send a document, or another version of it."""
        model, corpus = self.model, self.corpus
        if doc_id in model.serving and doc_id not in model.uploads:
            with pytest.raises(DocumentOwnedError):
                self._put(doc_id, text)
            return
        self._put(doc_id, text)
        assert "south" not in {path.name for path in (corpus.index / "uploads").iterdir()}
        model.uploads[doc_id] = text
        model.removed.discard(doc_id)
        model.publish({**model.serving, doc_id: text})

    def _put(self, doc_id: str, text: str) -> None:
        corpus = self.corpus
        put_document(
            DocId(doc_id), text.encode(), corpus.index, backends=corpus.backends, read=read_file
        )

    @rule()
    def roll_back(self) -> None:
        """Go back to the state before, if it is still there."""
        if self.model.previous is None:
            with pytest.raises(NoGenerationError):
                roll_back(self.corpus.index)
            return
        roll_back(self.corpus.index)
        self.model.serving, self.model.previous = self.model.previous, self.model.serving

    @rule()
    def collect(self) -> None:
        """Let go of the state before."""
        assert len(collect_garbage(self.corpus.index)) == (self.model.previous is not None)
        self.model.previous = None
        assert len(self.corpus.generations()) == 1

    @rule()
    def restart(self) -> None:
        """End the process that serves, and begin another."""
        self.service.close()
        self.service = Service(self.corpus.index)

    @rule(word=st.sampled_from(_WORDS))
    def search(self, word: str) -> None:
        """A word leads to the documents that hold it, and to none that is gone."""
        holding = {name for name, text in self.model.serving.items() if word in text.split()}

        found = self.service.search(word, top_k=50)

        assert {p.document.doc_id for p in found.passages} <= self.model.serving.keys()
        # All of them: passages that say what a better one says are left out of a result.
        with self.corpus.open() as generation:
            hits = generation.chunks(i for i, _ in generation.words.search(word, 50))
        assert {hit.doc_id for hit in hits} == holding

    @invariant()
    def a_running_service_holds_what_the_model_says(self) -> None:
        """No more, no less, and with these texts."""
        if not hasattr(self, "service"):
            return
        told = {str(info.doc_id): info for info in self.service.documents()}
        assert told.keys() == self.model.serving.keys()
        assert {name: self.service.document(name).text for name in told} == self.model.serving
        assert self.service.degraded is None

    def teardown(self) -> None:
        """Compare with a fresh build: the index as it is, then in step with all there is."""
        try:
            if hasattr(self, "service"):
                self._compare("as it is")
                self.sync()
                self.a_running_service_holds_what_the_model_says()
                self._compare("in step")
                self.service.close()
        finally:
            shutil.rmtree(self.place)

    def _compare(self, when: str) -> None:
        """Hold the index against one made at a stroke, of one folder with all the texts."""
        fresh = Corpus(self.place / when, self.place / f"index {when}")
        fresh.folder.mkdir()
        for doc_id, text in self.model.serving.items():
            fresh.write(doc_id, text)
        fresh.sync(allow_empty=True)
        with self.corpus.open() as ours, fresh.open() as theirs:
            assert ours.info == theirs.info
            assert self.corpus.token_files() == fresh.token_files()
            vectors = fresh.embedder.embed_queries(_QUESTIONS)
            dense = zip(
                ours.vectors.search(vectors, 50), theirs.vectors.search(vectors, 50), strict=True
            )
            pairs = [*dense]
            pairs += [
                (ours.words.search(question, 50), theirs.words.search(question, 50))
                for question in _QUESTIONS
            ]
            for found, expected in pairs:
                assert [hit for hit, _ in found] == [hit for hit, _ in expected]
                assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)
        with Service(fresh.index) as other:
            for question in _QUESTIONS:
                found, expected = (
                    [(p.hit.chunk.chunk_id, p.hit.score) for p in each.search(question).passages]
                    for each in (self.service, other)
                )
                assert [hit for hit, _ in found] == [hit for hit, _ in expected]
                assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)
        assert faults_of(self.corpus) == []
        uploads = {name for name in strangers(self.corpus.index) if name.startswith("uploads/")}
        assert len(uploads) == len(self.model.uploads)


def test_any_history_ends_in_what_the_model_says_and_a_fresh_build_gives() -> None:
    """Deleted documents that are found again, and syncs that drift, are what people report most."""
    options = settings(
        max_examples=15,
        stateful_step_count=20,
        # A history of twenty steps can be read; to shorten it takes minutes.
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )

    run_state_machine_as_test(Histories, settings=options)


def test_removed_upload_does_not_uncover_a_file_of_its_name(tmp_path: Path) -> None:
    """What was removed under an id must not come back under it with the next sync."""
    corpus = Corpus(tmp_path / "briefs", tmp_path / "index")
    corpus.write("kept.txt", "Wheat is cheap.\n")
    corpus.sync()
    doc_id = DocId("sent.txt")
    put_document(doc_id, b"Copper.", corpus.index, backends=corpus.backends, read=read_file)
    corpus.write("sent.txt", "Granite.\n")

    corpus.sync()
    with corpus.open() as generation:
        before = generation.document(doc_id).text
    remove_document(doc_id, corpus.index, backends=corpus.backends)
    corpus.sync()

    assert before == "Copper."
    with corpus.open() as generation:
        assert [info.doc_id for info in generation.documents()] == ["kept.txt"]
