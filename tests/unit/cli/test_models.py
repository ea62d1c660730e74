"""Listing language models, and trying one."""

import json
from pathlib import Path

import pytest
from tests.models_server import ModelServer, Talk, answer

from briefqa.cli.app import run

_KEY = "sk-canary-4f1d0b7a"


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SET_KEY", _KEY)
    monkeypatch.delenv("UNSET_KEY", raising=False)


def _describe(url: str) -> None:
    Path("briefqa.toml").write_text(
        f'model = "two"\n[models.one]\nbase_url = "{url}"\napi_key_env = "SET_KEY"\n'
        f'[models.two]\nbase_url = "{url}"\nmodel = "llama"\napi_key_env = "UNSET_KEY"\n'
        f'[models.three]\nbase_url = "{url}"\ntimeout_s = 0.3\n',
        encoding="utf-8",
    )


def test_the_list_tells_whether_keys_are_set_and_shows_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is what one looks at, and passes on, when a model does not answer."""
    _describe("http://127.0.0.1:1/v1")

    assert run(["models", "list", "--json"]) == 0
    wire = capsys.readouterr().out
    assert run(["models", "list"]) == 0
    page = capsys.readouterr().out

    found = json.loads(wire)
    assert found["default"] == "two"
    assert {each["name"]: each["key_is_set"] for each in found["models"]} == {
        "local": None,
        "one": True,
        "two": False,
        "three": None,
    }
    assert "SET_KEY, which is set" in page
    assert "UNSET_KEY, which is not set" in page
    assert _KEY not in wire + page


def test_a_model_that_answers_is_said_to(capsys: pytest.CaptureFixture[str]) -> None:
    """The first thing to do with a new description."""
    with ModelServer(lambda talk: talk.stream(answer("rea", "dy"))) as server:
        _describe(server.url)
        codes = [run(["models", "check", "one"]), run(["models", "check", "one", "--json"])]

    page, wire = capsys.readouterr().out.split("{", 1)
    assert codes == [0, 0]
    assert "one replies 'ready', after 0." in page
    assert json.loads("{" + wire)["said"] == "ready"


@pytest.mark.parametrize(
    ("name", "code", "complaint"),
    [
        ("one", 5, "failed (refused): the server at 127.0.0.1 does not accept the key"),
        ("two", 2, "UNSET_KEY, which is not set"),
        ("three", 5, "failed (refused)"),
        ("four", 2, "there are local, one, three, two"),
    ],
)
def test_what_fails_is_told_with_its_exit_code(
    name: str, code: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script tells a wrong description from a server that is away."""

    def refuse(talk: Talk) -> None:
        talk.reply("401 Unauthorized", body=f'{{"error": "{_KEY}"}}'.encode())

    with ModelServer(refuse) as server:
        _describe(server.url)

        assert run(["models", "check", name]) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err
    assert _KEY not in err


def test_a_server_that_is_down_is_told_from_one_that_refuses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The most common reason of all."""
    _describe("http://127.0.0.1:9/v1")

    assert run(["models", "check", "three"]) == 5
    assert "is it running?" in capsys.readouterr().err
