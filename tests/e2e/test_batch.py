"""Many questions in one go, killed, stopped and taken up again: real processes and files."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.terminal import Json, Terminal, environment

_ROOT = Path(__file__).parents[2]
_WORDS = ("harbour", "lighthouse", "office", "ferry", "crane")
_QUESTIONS = 150
_KNOWN = "the ferry counts 3 ships a day"
_NAME = "answers.jsonl"
_TIMEOUT_S = 60


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of a few briefs and a file of questions, which no test may change."""
    folder = tmp_path_factory.mktemp("batch")
    (folder / "briefs").mkdir()
    for number, word in enumerate(_WORDS):
        text = f"---\npublished: {2020 + number}\n---\n\nThe {word} counts {number} ships a day.\n"
        (folder / "briefs" / f"{word}.md").write_text(text, encoding="utf-8")
    lines = [
        json.dumps({"_id": f"q{n}", "text": f"the {_WORDS[n % 5]} counts {n} ships a day"})
        for n in range(_QUESTIONS)
    ]
    # One fails, in the midst: it is asked again by every run.
    lines[40] = '{"_id": "q40", "text": ""}'
    lines[90] = '{"_id": "q90", "text": "How are penguins cooked?"}'
    (folder / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = Terminal(folder)("index", "briefs", "--embedder", "hash")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def terminal(place: Path, tmp_path: Path) -> Terminal:
    """A copy of that folder which a test may change."""
    return Terminal(Path(shutil.copytree(place, tmp_path / "copy")))


def _timeless(data: str) -> list[Json]:
    lines = [json.loads(line) for line in data.splitlines()]
    return [{name: value for name, value in line.items() if name != "took_ms"} for line in lines]


def _read(path: Path) -> list[Json]:
    return _timeless(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def whole(place: Path) -> list[Json]:
    """The answers of a run that nothing interrupted."""
    folder = place.parent / "whole"
    shutil.copytree(place, folder)
    done = Terminal(folder)("batch", "questions.jsonl", "-o", "answers.jsonl")
    assert done.returncode == 1, done.stderr
    return _read(folder / "answers.jsonl")


def _size(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.exists())


def _start(terminal: Terminal, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "briefqa", "batch", "questions.jsonl", "-o", _NAME, *arguments],
        cwd=terminal.folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _interrupted(
    terminal: Terminal, sign: signal.Signals, *arguments: str, after: int
) -> subprocess.CompletedProcess[str]:
    """Run a batch, and send it a signal once it has written ``after`` bytes more."""
    folder = terminal.folder
    growing = [folder / name for name in ("answers.jsonl", ".answers.jsonl.partial")]
    before = _size(growing)
    with _start(terminal, *arguments) as process:
        deadline = time.monotonic() + _TIMEOUT_S
        while process.poll() is None and _size(growing) < before + after:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        process.send_signal(sign)
        output, said = process.communicate(timeout=_TIMEOUT_S)
    return subprocess.CompletedProcess([], process.returncode, output, said)


def test_every_question_has_its_line_in_order(whole: list[Json], terminal: Terminal) -> None:
    """Each line is what `ask --json` prints, with the question's id and position."""
    assert [line["position"] for line in whole] == list(range(1, _QUESTIONS + 1))
    assert [line["id"] for line in whole] == [f"q{n}" for n in range(_QUESTIONS)]
    assert whole[40] == {
        "id": "q40",
        "position": 41,
        "question": "",
        "error": {
            "kind": "QuestionError",
            "message": "the question is empty; ask something in words",
        },
    }
    asked = json.loads(terminal("ask", whole[3]["question"], "--json").stdout)
    del asked["took_ms"]
    declines = whole[3]["declines"]
    place = {"id": "q3", "position": 4, "top_k": 5, "reranker": None, "writer": None}
    assert whole[3] == {**place, "declines": declines, **asked}
    assert whole[3]["answered"] == (whole[3]["confidence"] >= declines["below"])
    assert {line.get("answered") for line in whole} == {True, False, None}


@pytest.mark.parametrize("seed", range(3))
def test_a_batch_killed_at_any_moment_goes_on_where_it_was(
    terminal: Terminal, whole: list[Json], seed: int
) -> None:
    """A night's work must survive whatever ends it: nothing lost, nothing twice, nothing torn."""
    moment = random.Random(seed)  # noqa: S311 - moments are no secrets
    path = terminal.folder / _NAME
    arguments: tuple[str, ...] = ()
    if seed == 2:
        # Every line of this run is stale to those that follow, which repair them one by one.
        assert terminal("batch", "questions.jsonl", "-o", path.name, "--top-k", "1").returncode == 1
    for _ in range(3):
        _interrupted(terminal, signal.SIGKILL, *arguments, after=moment.randrange(1, 90_000))
        if seed < 2:
            kept = path.read_bytes().rpartition(b"\n")[0].decode()
            assert _timeless(kept) == whole[: len(kept.splitlines())]

    done = terminal("batch", "questions.jsonl", "-o", path.name)

    assert done.returncode == 1
    assert _read(path) == whole
    assert path.read_bytes().endswith(b"\n")
    assert not list(terminal.folder.glob(".answers*"))
    said = done.stderr.splitlines()[-1]
    assert said.startswith("asked 150 questions: ")
    assert "1 failed (" in said


def test_what_was_answered_is_kept_word_for_word(terminal: Terminal, whole: list[Json]) -> None:
    """Even the times are those of the first run, so nothing was asked twice."""
    path = terminal.folder / _NAME
    _interrupted(terminal, signal.SIGKILL, after=20_000)
    before = path.read_bytes().splitlines()[:-1]

    summary = terminal.json("batch", "questions.jsonl", "-o", path.name, code=1)

    after = path.read_bytes().splitlines()
    assert after[: len(before)] == before
    assert _read(path) == whole
    assert summary["kept"] >= len(before) - 1
    assert (summary["questions"], summary["failed"]) == (150, 1)
    assert summary["answered"] + summary["declined"] == 149
    assert summary["output"] == path.name


def test_an_interrupted_batch_keeps_what_it_has_and_says_so(
    terminal: Terminal, whole: list[Json]
) -> None:
    """Ctrl-C is a wish to stop, not to throw away."""
    done = _interrupted(terminal, signal.SIGINT, "--jobs", "4", after=20_000)

    lines = _read(terminal.folder / _NAME)
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == "briefqa: interrupted"
    assert f"stopped after {len(lines)} questions: " in done.stderr
    assert "Traceback" not in done.stderr
    assert 0 < len(lines) < _QUESTIONS
    assert lines == whole[: len(lines)]


def test_a_restart_asks_everything_anew(terminal: Terminal, whole: list[Json]) -> None:
    """Whoever distrusts the old answers gets new ones."""
    path = terminal.folder / _NAME
    terminal("batch", "questions.jsonl", "-o", path.name)
    before = path.read_bytes()

    done = terminal("batch", "questions.jsonl", "-o", path.name, "--restart")

    assert "kept" not in done.stderr
    assert _read(path) == whole
    assert path.read_bytes() != before


def test_answers_go_through_pipes(terminal: Terminal, whole: list[Json]) -> None:
    """A batch fits between two other programs, with nothing but its lines on stdout."""
    questions = "".join(f"{line['question']}\n" for line in whole[:5])

    done = terminal("batch", "-", "--as-of", "2022", stdin=questions)
    searched = terminal("batch", "-", "--search", "--top-k", "2", stdin=questions)

    answers, found = _timeless(done.stdout), _timeless(searched.stdout)
    assert [line["id"] for line in answers] == ["1", "2", "3", "4", "5"]
    assert all(line["filters"] == ["published<=2022"] for line in answers)
    assert {p["doc_id"] for line in answers for p in line["passages"]} == {
        *("harbour.md", "lighthouse.md", "office.md")
    }
    assert searched.returncode == 0
    assert [len(line["passages"]) for line in found] == [2] * 5
    assert not any("answered" in line for line in found)
    asked = json.loads(terminal("search", found[0]["question"], "--top-k", "2", "--json").stdout)
    assert found[0]["passages"] == asked["passages"]
    assert "asked 5 questions: 5 with passages, 0 without, 0 failed" in searched.stderr


def test_exit_codes_tell_what_came_of_it(terminal: Terminal) -> None:
    """A script sees at a glance whether there is anything to look into."""
    all_declined = terminal("batch", "-", stdin="penguins\nrecipes\n")
    one_answered = terminal("batch", "-", stdin=f"penguins\n{_KNOWN}\n")
    nothing_asked = terminal("batch", "-", stdin="\n\n")

    assert (all_declined.returncode, one_answered.returncode) == (3, 0)
    assert "asked 2 questions: 0 answered, 2 declined, 0 failed" in all_declined.stderr
    assert nothing_asked.returncode == 2
    assert "stdin holds no question" in nothing_asked.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("questions.jsonl", "-o", "questions.jsonl"), 2, "holds the questions"),
        (("questions.jsonl", "-o", "briefs/ferry.md"), 2, "holds something else than answers"),
        (("questions.jsonl", "-o", "briefs/ferry.md", "--restart"), 2, "holds something else"),
        (("questions.jsonl", "-o", "briefs"), 2, "'briefs' cannot be written: Is a directory"),
        (("questions.jsonl", "-o", "no/answers.jsonl"), 2, "cannot be written: No such file"),
        (("questions.jsonl", "--json"), 2, "add -o FILE"),
        (("none.jsonl", "-o", "answers.jsonl"), 2, "'none.jsonl' cannot be read"),
        (("questions.jsonl", "-o", "answers.jsonl", "--jobs", "0"), 2, "jobs is 0"),
        (("questions.jsonl", "-o", "answers.jsonl", "--as-of", "x"), 2, "as_of is 'x'"),
        (("questions.jsonl", "-o", "answers.jsonl", "--where", "x=1"), 2, "no field 'x'"),
        (("questions.jsonl", "-o", "answers.jsonl", "--index", "none"), 4, "no index in 'none'"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_wrong_use_is_said_in_a_line_and_writes_nothing(
    terminal: Terminal, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """A slip must neither cost a file nor leave one."""
    before = {path: path.read_bytes() for path in terminal.folder.rglob("*.*") if path.is_file()}

    done = terminal("batch", *arguments)

    after = {path: path.read_bytes() for path in terminal.folder.rglob("*.*") if path.is_file()}
    assert done.returncode == code
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert after == before


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell")
def test_the_example_finds_what_was_declined(terminal: Terminal) -> None:
    """The script is copied by those who evaluate, so it must run as it stands."""
    questions = terminal.folder / "few.txt"
    questions.write_text(f"{_KNOWN}\nHow are penguins cooked?\n")
    program = terminal.folder / "bin" / "briefqa"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m briefqa "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{Path(sys.executable).parent}:{environment()['PATH']}"

    done = subprocess.run(
        [shutil.which("bash") or "", str(_ROOT / "examples" / "batch_eval.sh"), "few.txt"],
        check=False,
        cwd=terminal.folder,
        env=environment(PATH=path),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )

    assert done.returncode == 0, done.stderr
    assert [line["position"] for line in _read(terminal.folder / _NAME)] == [1, 2]
    assert "How are penguins cooked?" in done.stdout
    assert _KNOWN not in done.stdout
