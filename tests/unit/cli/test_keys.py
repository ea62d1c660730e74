"""Keys are shown once, and typed nowhere that keeps them."""

import io
import json
import sys

import pytest

from briefqa.cli.app import run
from briefqa.settings.keys import hashed, key_digest


def test_new_key_is_on_stdout_and_its_hash_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the two only the hash is for a file."""
    assert run(["keys", "new", "alice"]) == 0

    told = capsys.readouterr()
    key = told.out.strip()
    assert told.err.splitlines()[-1] == f'alice = "{hashed(key)}"'
    assert key not in told.err


def test_key_of_the_operator_has_its_own_line(capsys: pytest.CaptureFixture[str]) -> None:
    """`admin` below [server.keys] would be refused."""
    assert run(["keys", "new", "admin"]) == 0

    told = capsys.readouterr()
    assert told.err.splitlines()[-1] == f'admin_key = "{hashed(told.out.strip())}"'


def test_json_has_key_and_hash(capsys: pytest.CaptureFixture[str]) -> None:
    """For whoever puts the one in a vault and the other in a file."""
    assert run(["keys", "new", "alice", "--json"]) == 0

    made = json.loads(capsys.readouterr().out)
    assert made["name"] == "alice"
    assert key_digest(made["hash"]) == key_digest(made["key"])


@pytest.mark.parametrize("name", ["Alice", "a b", "", "é", "x" * 65, "-a", 'a"\n[b]'])
def test_name_that_the_settings_would_refuse_makes_no_key(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed can be put into the file as it is."""
    assert run(["keys", "new", "--", name]) == 2

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nmore\n"])
def test_hash_reads_the_first_line(
    end: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`echo` ends it with a line break, and an editor on Windows with two characters."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("a-key-of-some-length" + end))

    assert run(["keys", "hash"]) == 0

    assert capsys.readouterr().out == hashed("a-key-of-some-length") + "\n"


@pytest.mark.parametrize("given", ["", "short-key", "schlüssel" * 3, "sha256:" + "0" * 64])
def test_what_cannot_be_a_key_is_refused_unquoted(
    given: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash of it would be put into a file, and never open anything."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(given))

    assert run(["keys", "hash"]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert not given or given not in told.err


def test_hash_takes_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments are seen by every process of the machine, and kept by shells."""
    assert run(["keys", "hash", "a-key-of-some-length"]) == 2

    assert "a-key-of-some-length" not in capsys.readouterr().out
