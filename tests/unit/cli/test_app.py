"""Every way to end is one line on stderr and an exit code."""

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest
import typer

from briefqa.cli import app as module
from briefqa.cli.commands import GROUPS
from briefqa.errors import BackendError, BriefqaError, DocumentError


def _ends_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(arguments: Sequence[str] | None, *, prog_name: str, standalone_mode: bool) -> int:
        assert (arguments, prog_name, standalone_mode) == (["ask"], "briefqa", False)
        raise error

    monkeypatch.setattr(module, "_program", lambda _: fail)


@pytest.mark.parametrize(
    "error",
    [BriefqaError("a"), BackendError("b"), DocumentError("c", reason="d", detail="e")],
    ids=lambda error: type(error).__name__,
)
def test_errors_on_purpose_end_with_their_own_code(
    error: BriefqaError, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scripts act on the code, people on the line."""
    _ends_with(monkeypatch, error)

    assert module.run(["ask"]) == error.exit_code
    assert capsys.readouterr() == ("", f"briefqa: {error}\n")


def test_messages_are_one_harmless_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message may quote a file's name, and that is anyone's text."""
    _ends_with(monkeypatch, BriefqaError("first\nsecond \x1b[31m"))

    module.run(["ask"])

    assert capsys.readouterr().err == "briefqa: first second ␛[31m\n"


def test_unexpected_errors_are_called_bugs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback helps only those who ask for it."""
    monkeypatch.delenv("BRIEFQA_DEBUG", raising=False)
    _ends_with(monkeypatch, KeyError("lost"))

    code = module.run(["ask"])
    quiet = capsys.readouterr().err
    monkeypatch.setenv("BRIEFQA_DEBUG", "1")
    module.run(["ask"])
    loud = capsys.readouterr().err

    assert code == 1
    assert quiet.count("\n") == 1
    assert "unexpected KeyError: 'lost'; this is a bug" in quiet
    assert "Traceback" in loud
    assert loud.startswith(quiet)


def test_interrupt_is_a_short_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C is a wish, not an accident."""
    _ends_with(monkeypatch, KeyboardInterrupt())

    assert module.run(["ask"]) == 130
    assert capsys.readouterr().err == "briefqa: interrupted\n"


def test_only_the_command_that_is_called_is_imported() -> None:
    """A question would wait for what serves, evaluates and draws tables."""
    code = (
        "import json, sys; from briefqa.cli.app import run; run(['ask', '--help']);"
        " print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "briefqa.cli.asking" in loaded
    assert not {"briefqa.cli.indexing", "briefqa.answering", "numpy"} & loaded


@pytest.mark.parametrize("only", [None, "--help", "no-such-command", "documents", "ask"])
def test_what_is_no_command_is_for_the_whole_program(only: str | None) -> None:
    """It knows what is meant by a word that is nearly one of its commands."""
    names = {group.name for group in GROUPS[1:]} | {each.name for each in GROUPS[0].commands}

    found = typer.main.get_command(module.application(only))

    assert isinstance(found, typer.core.TyperGroup)
    assert set(found.commands) == ({only} if only in names else names)
