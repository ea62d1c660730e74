"""What the pages tell a reader to type is typed here, in a folder like a reader's."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.integration.model_index import ModelIndex
from tests.integration.processes import ROOT

_FENCED = re.compile(r"^```(console|sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PAGES = (
    "README.md",
    "docs/tutorial.md",
    "docs/how-to/filter-by-metadata.md",
    "docs/how-to/ask-in-batch.md",
    "docs/how-to/chat-in-the-terminal.md",
    "docs/how-to/check-old-answers.md",
    "docs/how-to/replace-a-brief.md",
    "docs/how-to/find-out-why.md",
)
_SERVE = "briefqa serve"
_PORT = "8321"
# These install, run make, or need a container engine.
_NOT_RUN = ("make", "python3 -m venv", ".venv/", "docker ")
_ANSWERED_OR_DECLINED = {0, 3}


def _commands(page: str) -> list[str]:
    """Return the commands of ``page`` in order; Python blocks as a command of their own."""
    found: list[str] = []
    for kind, block in _FENCED.findall((ROOT / page).read_text(encoding="utf-8")):
        if kind == "python":
            found.append(f"python -c '{block}'")
            continue
        lines = block.replace("\\\n", " ").splitlines()
        if kind == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        found += [line.partition("  #")[0] for line in lines if not line.startswith(_NOT_RUN)]
    return found


@pytest.fixture
def place(model_index: ModelIndex, tmp_path: Path) -> Path:
    """A folder as a reader has it after cloning, with the model at hand."""
    for name in ("seeds", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    model_index.share_model_with(tmp_path / "index")
    return tmp_path


@contextmanager
def _serving(place: Path, environment: dict[str, str], port: str) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-m", "briefqa", "serve"],
        cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as server:  # fmt: skip
        try:
            _wait_for(server, port)
            yield
        finally:
            server.terminate()


def _wait_for(server: subprocess.Popen[bytes], port: str) -> None:
    while server.poll() is None:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", int(port))):
                return
        time.sleep(0.1)
    pytest.fail(f"the server ended with {server.returncode}")


@pytest.mark.model
@pytest.mark.parametrize("page", _PAGES)
def test_the_commands_of_a_page_work(page: str, place: Path) -> None:
    """A first page with a command that fails is the last page a newcomer reads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "BRIEFQA_SERVER__PORT": port,
    }
    commands = _commands(page)

    assert len(commands) > 5
    with ExitStack() as running:
        for command in commands:
            if command == _SERVE:
                running.enter_context(_serving(place, environment, port))
                continue
            if command.startswith("curl") and not shutil.which("curl"):
                continue
            done = subprocess.run(
                ["/bin/bash", "-c", command.replace(f":{_PORT}", f":{port}")],
                cwd=place, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode in _ANSWERED_OR_DECLINED, (command, done.stderr)
            assert "problem" not in done.stdout[:200], (command, done.stdout)


@pytest.mark.model
def test_the_answer_on_the_first_page_is_what_the_program_says(place: Path) -> None:
    """A page that shows another answer than the reader gets has lost the reader's trust."""
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    for arguments in (
        ["index", "seeds"],
        ["ask", "Why did the UK invite China to Bletchley Park?"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "briefqa", *arguments],
            cwd=place, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip

    assert done.stdout.strip() in shown
