"""A build that finds less is not published, and leaves nothing behind."""

from pathlib import Path

import pytest
from tests.unit.evaluation.sets import write_lines

from briefqa import build_index, open_index
from briefqa.assembly.documents import put_into_index, remove_from_index
from briefqa.assembly.gating import Gate, judge_serving
from briefqa.errors import DatasetError, GateError, NoGenerationError
from briefqa.indexing import read_current

_BRIEFS = {
    "harbour.md": "# Harbour\n\nThe harbour was dredged in 1998.\n",
    "ferry.md": "# Ferry\n\nThe ferry began to sail in 1931.\n",
}


class _Place:
    """Two briefs, an index of them, and a question on each."""

    def __init__(self, folder: Path) -> None:
        self.briefs, self.index = folder / "briefs", folder / "index"
        self.questions = write_lines(
            folder / "questions.jsonl",
            [
                {"id": name, "question": f"What of the {name[:-3]}?",
                 "evidence": [{"doc": name, "quote": text.splitlines()[-1]}]}
                for name, text in _BRIEFS.items()
            ],
        )  # fmt: skip
        self.briefs.mkdir()
        for name, text in _BRIEFS.items():
            (self.briefs / name).write_text(text)

    def build(self, *, gated: bool = True, margin: float = 0.02, measure: str | None = None) -> str:
        gate = Gate(self.questions, measure, margin) if gated else None
        report = build_index(self.briefs, self.index, embedder="hash:64", gate=gate)
        return report.generation

    def spoil(self) -> None:
        """Change a brief so that it no longer says what its question asks for."""
        (self.briefs / "ferry.md").write_text("# Ferry\n\nNothing is known of it.\n")

    def files(self) -> set[str]:
        return {str(path.relative_to(self.index)) for path in self.index.rglob("*")}


@pytest.fixture
def place(tmp_path: Path) -> _Place:
    """A folder whose first index was built under the gate: with none before, it passes."""
    place = _Place(tmp_path)
    place.build()
    return place


def test_build_that_finds_less_is_refused(place: _Place) -> None:
    """With both figures and the way around, and the folder as it was to the last file."""
    before, files = read_current(place.index), place.files()
    place.spoil()

    with pytest.raises(GateError, match="briefqa index --no-gate") as caught:
        place.build()

    error = caught.value
    assert (error.measure, error.built, error.serving, error.count) == (
        "evidence_recall@5", 0.5, 1.0, 2,
    )  # fmt: skip
    assert error.exit_code == 1
    assert read_current(place.index) == before
    assert place.files() == files
    with open_index(place.index) as service:
        assert service.search("ferry").passages[0].hit.chunk.text.endswith("1931.")


@pytest.mark.parametrize(("gated", "margin"), [(False, 0.0), (True, 0.5)])
def test_build_is_published_without_a_gate_or_within_its_margin(
    place: _Place,
    gated: bool,  # noqa: FBT001 - a parameter of the test
    margin: float,
) -> None:
    """The gate is the user's, and so is the way around it."""
    place.spoil()

    built = place.build(gated=gated, margin=margin)

    assert read_current(place.index).serving.generation == built


def test_better_build_passes_and_going_back_is_judged_as_well(place: _Place) -> None:
    """The generation before last is published again without being built, but not unseen."""
    place.spoil()
    worse = place.build(gated=False)
    (place.briefs / "ferry.md").write_text(_BRIEFS["ferry.md"])
    better = place.build()
    place.spoil()

    with pytest.raises(GateError):
        place.build()

    current = read_current(place.index)
    assert current.serving.generation == better
    assert current.previous is not None
    assert current.previous.generation == worse


def test_deleted_document_takes_its_question_along(place: _Place) -> None:
    """What is deleted must be gone from every answer, whatever it was good for."""
    (place.briefs / "ferry.md").unlink()

    place.build()

    with open_index(place.index) as service:
        assert [info.doc_id for info in service.documents()] == ["harbour.md"]
    found = judge_serving(Gate(place.questions), place.index)
    assert (found.built, found.serving, found.count, found.left_out) == (1, 1, 1, 1)
    assert not found.is_worse


def test_document_that_can_no_longer_be_read_does_not(place: _Place) -> None:
    """A file that broke, or a reader, is just what the gate is for."""
    (place.briefs / "ferry.md").write_bytes(b"\x00\x01\xff" * 100)

    with pytest.raises(GateError):
        place.build()


def test_removal_and_uploads_pass_no_gate(place: _Place) -> None:
    """They are single changes that somebody asked for by name."""
    put_into_index("notes/a.txt", b"The tide is high.", place.index)
    removed = remove_from_index("ferry.md", place.index)

    assert read_current(place.index).serving.generation == removed.generation


def test_serving_generation_is_measured_against_the_one_before(place: _Place) -> None:
    """By hand, after a build that was published all the same."""
    with pytest.raises(NoGenerationError):
        judge_serving(Gate(place.questions), place.index)
    place.spoil()
    place.build(gated=False)

    found = judge_serving(Gate(place.questions, "success@1"), place.index)
    worse = judge_serving(Gate(place.questions), place.index)

    assert (found.measure, found.built, found.is_worse) == ("success@1", 1, False)
    assert (worse.built, worse.serving, worse.is_worse) == (0.5, 1, True)


def test_gate_that_cannot_measure_is_told_before_anything_is_built(place: _Place) -> None:
    """And a measure that none of its questions has, before anything is published."""
    before = read_current(place.index)
    place.spoil()

    with pytest.raises(DatasetError, match="applies to none of its questions"):
        place.build(measure="ndcg")
    write_lines(place.questions, [{"id": "a", "question": "Why?"}])
    with pytest.raises(DatasetError, match="no question says what would be right"):
        place.build()

    assert read_current(place.index) == before
