"""Whatever ends a batch, and when: whole lines, in order, none twice, and none lost."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefqa.assembly.batching import answers as module
from briefqa.assembly.batching.answers import AnswerFile
from briefqa.errors import UsageError

_NAME = "answers.jsonl"


def _line(position: int, version: int) -> bytes:
    """Make a line of its own length, as a run of that version would."""
    record = {"id": "é", "position": position, "question": "q" * (position * 7 % 5 + version % 3)}
    return json.dumps({**record, "index": version}, ensure_ascii=False).encode() + b"\n"


def _version(line: bytes) -> int:
    return int(json.loads(line)["index"])


def _put(answers: AnswerFile, kept: Sequence[bool], version: int, *, ahead: int) -> list[bytes]:
    """Put a line for each of ``kept``: the earlier one if so and there is one, else a new one.

    The earlier lines are read up to ``ahead`` lines before they are put.
    """
    earlier = answers.earlier()
    waiting: list[bytes | None] = []
    done: list[bytes] = []
    for position, is_kept in enumerate(kept, 1):
        while len(waiting) < ahead + 1:
            waiting.append(next(earlier, None))
        before = waiting.pop(0)
        line = before if is_kept and before is not None else _line(position, version)
        answers.put(line, before)
        done.append(line)
    return done


def _crash(folder: Path, copy: Path, torn: int) -> None:
    """Copy the folder as a kill would leave it, with the last write cut off at ``torn`` bytes."""
    shutil.copytree(folder, copy)
    partial = copy / f".{_NAME}.partial"
    growing = partial if partial.exists() else copy / _NAME
    with growing.open("ab") as stream:
        stream.write(_line(1, 999)[:torn])


@settings(max_examples=80)
@given(
    runs=st.lists(
        st.tuples(st.lists(st.booleans(), max_size=9), st.integers(0, 40), st.booleans()),
        max_size=4,
    ),
    last=st.lists(st.booleans(), max_size=9),
    ahead=st.integers(0, 4),
)
def test_killed_runs_lose_nothing_and_the_last_one_has_its_lines_only(
    runs: list[tuple[list[bool], int, bool]], last: list[bool], ahead: int
) -> None:
    """A list of the lines, kept in memory, is what the file must be after any history."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "0"
        folder.mkdir()
        model: list[bytes] = []
        for version, (kept, torn, is_killed) in enumerate(runs):
            copy = Path(name) / str(version + 1)
            with AnswerFile(folder / _NAME) as answers:
                assert list(answers.earlier()) == model
                done = _put(answers, kept, version, ahead=ahead)
                if is_killed:
                    _crash(folder, copy, torn)
            # A process that could still close it has nothing half done either.
            closed = (folder / _NAME).read_bytes()
            model = done + model[len(done) :]
            assert closed.splitlines(keepends=True) == model
            assert not (folder / f".{_NAME}.partial").exists()
            folder = copy if is_killed else folder
            whole = (folder / _NAME).read_bytes().rpartition(b"\n")
            assert all(json.loads(line) for line in whole[0].splitlines())

        with AnswerFile(folder / _NAME) as answers:
            expected = _put(answers, last, len(runs), ahead=ahead)
            answers.finish()

        assert (folder / _NAME).read_bytes() == b"".join(expected)
        assert [path.name for path in folder.iterdir()] == [_NAME]


def test_what_an_interrupted_run_has_asked_again_replaces_the_old(tmp_path: Path) -> None:
    """Lines of a repair that was stopped are joined with those it had not come to."""
    path = tmp_path / _NAME
    for version, kept in ((0, [False] * 4), (1, [True, False])):
        with AnswerFile(path) as answers:
            _put(answers, kept, version, ahead=0)

    assert [_version(line) for line in path.read_bytes().splitlines()] == [0, 1, 0, 0]


def test_starting_over_drops_every_line(tmp_path: Path) -> None:
    """Whoever says so wants none of the old."""
    path = tmp_path / _NAME
    path.write_bytes(_line(1, 0) + _line(2, 0))

    with AnswerFile(path) as answers:
        answers.start_over()
        _put(answers, [True], 1, ahead=0)
        answers.finish()

    assert path.read_bytes() == _line(1, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"Dear diary,\n",
        b'{"id": "1", "question": "What?"}\n',
        b'{"id": "1", "question": "What?"}',
        b'{"id": broken\n',
        b'[{"id": "1", "position": 1}]\n',
        b"\n",
        b"\0\xff",
    ],
)
def test_what_no_batch_has_written_is_never_written_over(tmp_path: Path, content: bytes) -> None:
    """A slip of the keyboard must not cost someone their questions, or anything else."""
    path = tmp_path / _NAME
    path.write_bytes(content)

    with pytest.raises(UsageError, match="holds something else"):
        AnswerFile(path)

    assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == [_NAME]


@pytest.mark.parametrize("size", range(0, 60, 7))
def test_a_first_line_that_was_cut_off_is_begun_again(tmp_path: Path, size: int) -> None:
    """A run that was killed at its first line is a run all the same."""
    path = tmp_path / _NAME
    path.write_bytes(_line(1, 0)[:size])

    with AnswerFile(path) as answers:
        assert list(answers.earlier()) == []

    assert path.read_bytes() == b""


def test_one_batch_writes_a_file_at_a_time(tmp_path: Path) -> None:
    """Two would put every line twice."""
    path = tmp_path / _NAME

    with AnswerFile(path), pytest.raises(UsageError, match="written by another batch"):
        AnswerFile(path)

    assert [each.name for each in tmp_path.iterdir()] == [_NAME]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Answers that are kept on another disk go there, after a repair as well."""
    (tmp_path / "disk").mkdir()
    link, path = tmp_path / _NAME, tmp_path / "disk" / "real.jsonl"
    link.symlink_to(path)
    for version, kept in ((0, [False] * 3), (1, [False, True, True])):
        with AnswerFile(link) as answers:
            _put(answers, kept, version, ahead=1)
            answers.finish()

    assert link.is_symlink()
    assert [_version(line) for line in path.read_bytes().splitlines()] == [1, 0, 0]


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system takes as much of a line as it has room for."""
    path = tmp_path / _NAME

    def fill(stream: object, data: bytes) -> None:
        stream.write(data[:9])  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    with AnswerFile(path) as answers:
        answers.put(_line(1, 0), None)
        monkeypatch.setattr(module, "_write", fill)
        with pytest.raises(OSError, match="No space"):
            answers.put(_line(2, 0), None)

    assert path.read_bytes() == _line(1, 0)
