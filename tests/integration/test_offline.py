"""After the install, nothing is downloaded."""

import json
from pathlib import Path

import pytest
from tests.integration.model_index import ModelIndex
from tests.integration.processes import run_python

pytestmark = pytest.mark.model

_QUESTION = "How large is the UK's AI investment?"


def test_a_machine_without_a_network_indexes_asks_and_verifies(
    model_index: ModelIndex, offline: tuple[str, ...], tmp_path: Path
) -> None:
    """The main job, from the first export of the model on, with no route to anywhere."""
    if not offline:
        pytest.skip("this system lets the tests cut no process off from the network (unshare)")
    answer = tmp_path / "answer.json"

    asked = run_python(
        *("-m", "briefqa", "ask", "--json", "--index", model_index.folder, _QUESTION),
        prefix=offline,
    )
    answer.write_text(asked.stdout, encoding="utf-8")
    verified = run_python(
        *("-m", "briefqa", "verify", "--index", model_index.folder, answer), prefix=offline
    )

    assert asked.returncode == 0, asked.stderr
    assert "£2 billion" in json.loads(asked.stdout)["answer"]
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_nothing_tries_to_reach_the_network(model_index: ModelIndex, tmp_path: Path) -> None:
    """Where a network is there, it is left alone: no hub, no telemetry, no look for updates."""
    log = tmp_path / "attempts.txt"
    arguments = ("ask", "--index", model_index.folder, _QUESTION)

    asked = run_python("-m", "tests.integration.network_watch", log, *arguments)

    assert asked.returncode == 0, asked.stderr
    assert log.read_text(encoding="utf-8") == ""
    assert model_index.attempts == ()


def test_no_library_keeps_notes_on_its_use(model_index: ModelIndex, tmp_path: Path) -> None:
    """What onnxruntime reports from C++ the watch cannot see; but it is written down first."""
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}

    asked = run_python("-m", "briefqa", "ask", "--index", model_index.folder, _QUESTION, **home)

    assert asked.returncode == 0, asked.stderr
    assert list(tmp_path.iterdir()) == []


def test_notes_would_be_noticed(tmp_path: Path) -> None:
    """Should onnxruntime put them elsewhere, the test above would pass for ever."""
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}

    done = run_python("-c", "import onnxruntime", **home)

    assert done.returncode == 0, done.stderr
    if list(tmp_path.iterdir()) == []:
        pytest.skip("this build of onnxruntime reports nothing, or is told so by the environment")


def test_an_attempt_would_be_noticed(tmp_path: Path) -> None:
    """A watch that sees nothing would let the test above pass for ever."""
    log = tmp_path / "attempts.txt"
    attempt = (
        "import pathlib, socket, sys\n"
        "from tests.integration.network_watch import watch\n"
        "watch(pathlib.Path(sys.argv[1]))\n"
        "socket.create_connection(('127.0.0.1', 9), timeout=1)\n"
    )

    run_python("-c", attempt, log)

    events = [line.split()[0] for line in log.read_text(encoding="utf-8").splitlines()]
    assert events == ["socket.getaddrinfo", "socket.connect"]
