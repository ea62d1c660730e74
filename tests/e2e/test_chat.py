"""A conversation in the terminal: typed at a real pseudo-terminal, and through pipes."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.models_server import ModelServer, Talk
from tests.terminal import Json, Terminal, environment

_TIMEOUT_S = 60
_INTERRUPT, _LEAVE = "\x03", "\x04"
_PROMPT = "> "
_NORTH = "# Kenya\n\nKenya spends two billion shillings on drones each year.\n"
_SOUTH = "# Uganda\n\nUganda spends five billion shillings on drones each year.\n"
_FIRST = "What shillings does Kenya spend on drones each year?"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="module")
def briefqa(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A folder with ``briefs`` and an ``index`` of them, which no test may change."""
    return _indexed(tmp_path_factory.mktemp("chat"))


def _indexed(folder: Path) -> Terminal:
    (folder / "briefs").mkdir()
    (folder / "briefs" / "kenya.md").write_text(_NORTH, encoding="utf-8")
    (folder / "briefs" / "uganda.md").write_text(_SOUTH, encoding="utf-8")
    terminal = Terminal(folder)
    done = terminal("index", "briefs", "--embedder", "hash")
    assert done.returncode == 0, done.stderr
    return terminal


class _Typist:
    """Someone at a terminal in which `briefqa chat` runs."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "briefqa", "chat", *arguments],
            cwd=folder,
            env=environment(NO_COLOR="1", COLUMNS="100"),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            # A terminal of its own, so that its Ctrl-C reaches it and not the tests.
            preexec_fn=_own_terminal,  # noqa: PLW1509 - nothing else runs in this process
        )
        os.close(theirs)
        self.seen = ""

    def type(self, text: str) -> None:
        self.type_bytes(text.encode())

    def type_bytes(self, data: bytes) -> None:
        os.write(self._ours, data)

    def wait_for(self, text: str, within_s: float = _TIMEOUT_S) -> str:
        """Read until ``text`` has come since the last wait; return all of it up to there."""
        ends = time.monotonic() + within_s
        while text not in self.seen:
            assert time.monotonic() < ends, f"{text!r} is not in {self.seen!r}"
            if not select.select([self._ours], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self._ours, 4_096)
            except OSError:
                data = b""
            assert data, f"it ended, and {text!r} is not in {self.seen!r}"
            self.seen += _ESCAPES.sub("", data.decode("utf-8", "replace"))
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def interrupt_until(self, text: str) -> None:
        """Press Ctrl-C until ``text`` comes; one that comes while a key is read may be lost."""
        ends = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < ends:
            self.type(_INTERRUPT)
            with contextlib.suppress(AssertionError):
                self.wait_for(text, within_s=10)
                return
        pytest.fail(f"{text!r} never came: {self.seen!r}")

    def has_ended_within(self, seconds: float) -> bool:
        """Say whether it ends in that time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def ends_with(self) -> int:
        """Return the exit code, reading on meanwhile."""
        ends = time.monotonic() + _TIMEOUT_S
        while self.process.poll() is None:
            assert time.monotonic() < ends, f"it goes on: {self.seen!r}"
            if select.select([self._ours], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    self.seen += os.read(self._ours, 4_096).decode("utf-8", "replace")
        while select.select([self._ours], [], [], 0)[0]:
            try:
                data = os.read(self._ours, 4_096)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode("utf-8", "replace")
        return self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._ours)


def _own_terminal() -> None:
    os.setsid()
    # Whatever session leader first opens a terminal has it for its own.
    os.close(os.open(os.ttyname(0), os.O_RDWR))


@contextlib.contextmanager
def _chatting(folder: Path, *arguments: str) -> Iterator[_Typist]:
    typist = _Typist(folder, *arguments)
    try:
        typist.wait_for("/help lists commands")
        typist.wait_for(_PROMPT)
        yield typist
    finally:
        typist.close()


def _lines(text: str) -> list[Json]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_follow_up_is_understood_and_shown_in_full(briefqa: Terminal) -> None:
    """Who asks "and Uganda?" sees what was asked, and the answer to that."""
    with _chatting(briefqa.folder) as typist:
        typist.type(f"{_FIRST}\n")
        first = typist.wait_for("generation")
        typist.wait_for(_PROMPT)
        typist.type("and Uganda?\n")
        second = typist.wait_for("generation")
        typist.wait_for(_PROMPT)
        typist.type("/quit\n")

        assert typist.ends_with() == 0
    assert "Kenya spends two billion shillings on drones each year. [1]" in first
    assert "Asked as" not in first
    assert "Asked as: What shillings does Uganda spend on drones each year?" in second
    assert "Uganda spends five billion shillings on drones each year. [1]" in second


def test_ctrl_d_leaves(briefqa: Terminal) -> None:
    """As everywhere else."""
    with _chatting(briefqa.folder) as typist:
        typist.type(_LEAVE)

        assert typist.ends_with() == 0


def test_ctrl_c_drops_what_is_typed_and_leaves_at_an_empty_prompt(briefqa: Terminal) -> None:
    """A line can be given up without giving up the conversation."""
    with _chatting(briefqa.folder) as typist:
        typist.type("half a quest")
        typist.wait_for("half a quest")
        typist.interrupt_until(_PROMPT)
        assert typist.process.poll() is None

        # Pressed before the prompt reads, it drops an empty line; a person presses it again.
        for _ in range(3):
            typist.type(_INTERRUPT)
            if typist.has_ended_within(10):
                break

        assert typist.ends_with() == 130
        assert "interrupted" in typist.seen


def test_ctrl_c_stops_an_answer_and_not_the_conversation(tmp_path: Path) -> None:
    """A model that takes for ever is let go of, its request too, and the next question is asked."""
    _indexed(tmp_path)

    def hang(talk: Talk) -> None:
        talk.stream([])
        talk.wait(_TIMEOUT_S)

    with ModelServer(hang) as server:
        settings = f'[models.slow]\nbase_url = "{server.url}"\n'
        (tmp_path / "briefqa.toml").write_text(settings, encoding="utf-8")
        with _chatting(tmp_path) as typist:
            typist.type(f"{_FIRST}\n")
            typist.wait_for("generation")
            typist.wait_for(_PROMPT)
            typist.type("/model slow\nand Uganda?\n")
            _wait_until(lambda: bool(server.talks))

            typist.type(_INTERRUPT)

            typist.wait_for("stopped; Ctrl-C once more leaves")
            typist.wait_for(_PROMPT)
            _wait_until(server.saw_client_leave.is_set)
            typist.type("/model off\nand Uganda?\n")
            typist.wait_for("Uganda spends five billion shillings")


def _wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + _TIMEOUT_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_nothing_that_goes_wrong_ends_a_conversation(briefqa: Terminal) -> None:
    """A slip of the finger must not cost what was asked so far."""
    slips = {
        "/nope": "there is no command '/nope'; /help lists them",
        "/sources 1": "nothing was answered yet; ask something first",
        "/where nonsense": "condition 'nonsense'",
        "/as-of soon": "as_of is 'soon'",
        "/model nobody": "there is no language model 'nobody'",
        "/save": "/save needs the name of a file",
        "x" * 4_001: "at most 4000 are read",
    }
    with _chatting(briefqa.folder) as typist:
        for line, said in slips.items():
            # A terminal holds at most 4,095 characters of a line that is not edited.
            typist.type(f"{line}\n")
            typist.wait_for(said)
            typist.wait_for(_PROMPT)
        typist.type_bytes(b"\xff\xfe\n")
        typist.wait_for("No answer")
        typist.wait_for(_PROMPT)
        typist.type(f"{_FIRST}\n")
        typist.wait_for("Kenya spends two billion shillings")
        typist.wait_for("generation")
        typist.wait_for(_PROMPT)
        typist.type(_LEAVE)

        assert typist.ends_with() == 0


def test_a_new_generation_is_picked_up(tmp_path: Path) -> None:
    """A conversation may be open for days."""
    terminal = _indexed(tmp_path)
    with _chatting(tmp_path) as typist:
        typist.type(f"{_FIRST}\n")
        typist.wait_for("two billion")
        typist.wait_for(_PROMPT)
        new = _NORTH.replace("two billion", "nine billion")
        (tmp_path / "briefs" / "kenya.md").write_text(new, encoding="utf-8")
        assert terminal("index", "briefs").returncode == 0

        typist.type("/sources 1\n")
        typist.wait_for("'kenya.md' has changed since it was cited; ask again")
        typist.type(f"{_FIRST}\n")

        typist.wait_for("nine billion")
        typist.wait_for("note: the index has changed; it is now generation")


def test_a_pipe_is_asked_line_by_line(briefqa: Terminal) -> None:
    """A script needs no terminal, and a faulty line does not cost it the others."""
    lines = f"{_FIRST}\n\n/nope\nand Uganda?\n/reset\nand Kenya?\n"

    done = briefqa("chat", "--json", stdin=lines)
    answers = _lines(done.stdout)

    assert done.returncode == 2
    assert "there is no command '/nope'" in done.stderr
    assert [each["question"] for each in answers] == [_FIRST, "and Uganda?", "and Kenya?"]
    assert [each["asked"] for each in answers] == [
        None,
        "What shillings does Uganda spend on drones each year?",
        None,
    ]


def test_people_can_read_what_came_through_a_pipe(briefqa: Terminal) -> None:
    """Each question stands before its answer, and nothing of a prompt is on stderr."""
    done = briefqa("chat", stdin=f"{_FIRST}\n/passages\n/sources 1\n/quit\n{_FIRST}\n")

    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.count(f"> {_FIRST}") == 1
    assert "\x1b" not in done.stdout
    assert done.stdout.count("Kenya spends two billion shillings") >= 4


def test_a_conversation_can_be_saved_and_gone_on_with(briefqa: Terminal, tmp_path: Path) -> None:
    """What was saved is what was answered, verifies, and is a history."""
    path = tmp_path / "answers.jsonl"
    lines = f"{_FIRST}\nand Uganda?\n/save {path}\n/save {path}\n"

    done = briefqa("chat", "--json", stdin=lines)
    saved = path.read_text(encoding="utf-8")

    assert done.returncode == 0, done.stderr
    assert saved == done.stdout
    assert briefqa("verify", "--batch", str(path)).returncode == 0
    asked = briefqa("ask", "--history", str(path), "Kenya?", "--json")
    assert (
        json.loads(asked.stdout)["asked"] == "What shillings does Kenya spend on drones each year?"
    )
    assert "Asked as: What shillings" in briefqa("ask", "--history", str(path), "Kenya?").stdout
    refused = briefqa("chat", stdin=f"{_FIRST}\n/save {path}\n")
    assert refused.returncode == 2
    assert "is there already" in refused.stderr
    assert path.read_text(encoding="utf-8") == saved


def test_commands_hold_the_questions_after_them(briefqa: Terminal) -> None:
    """Conditions add up, show in the answer, and can be lifted."""
    lines = (
        f"/where doc_id~kenya\n{_FIRST}\n/as-of 2025\n{_FIRST}\n/as-of off\n/where off\n{_FIRST}\n"
    )

    done = briefqa("chat", "--json", stdin=lines)

    assert [each["filters"] for each in _lines(done.stdout)] == [
        ["doc_id~kenya"],
        ["doc_id~kenya", "published<=2025"],
        [],
    ]
    assert done.stderr.splitlines()[0] == "conditions: doc_id~kenya"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[1]", "entry 1 is no object"),
        (b'{"question": 1}', "line 1 has no question"),
        (b'{"question": "Who?"}\nnonsense\n', "line 2 is not JSON"),
        (b'[{"question": "Who?", "answer": []}]', "entry 1 has an answer that is no text"),
        (b"\xff", "it is not UTF-8"),
        (b'[{"question": ""}]', "turn 1 of the history has an empty question"),
    ],
)
def test_a_history_that_is_none_is_refused(
    briefqa: Terminal, tmp_path: Path, content: bytes, said: str
) -> None:
    """It is said which part of the file is wrong, and what is expected."""
    path = tmp_path / "history.json"
    path.write_bytes(content)

    done = briefqa("ask", "--history", str(path), "why?")

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
