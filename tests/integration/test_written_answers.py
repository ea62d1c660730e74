"""Answers that a model server writes, from the terminal and over HTTP, over real sockets."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.listening import listening
from tests.models_server import ModelServer, Talk, answer, event
from tests.terminal import Terminal

from briefqa import build_index, open_index
from briefqa.answering import Writer
from briefqa.backends.openai import load
from briefqa.datatypes import ModelDescription

_QUESTION = "The harbour fund holds how many million pounds?"
_TRUE = "The harbour fund holds 3 million pounds."
_FALSE = "The harbour fund holds 4 million pounds."
_PATIENCE_S = 15


def _writes(*sentences: str) -> Callable[[Talk], None]:
    """Write the sentences, each with the key of the first passage."""

    def behave(talk: Talk) -> None:
        prompt = talk.asked["messages"][-1]["content"]
        key = prompt.partition("<passage ")[2][:4]
        talk.stream(answer(*(f"{sentence} [{key}] " for sentence in sentences)))

    return behave


def _writes_one_and_is_silent(talk: Talk) -> None:
    talk.stream([event({"content": f"{_TRUE} It"})])
    talk.wait(60)


def _refuses(talk: Talk) -> None:
    talk.reply("503 Service Unavailable", "Content-Type: application/json", body=b"{}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of a few briefs."""
    folder = tmp_path_factory.mktemp("written")
    (folder / "briefs").mkdir()
    (folder / "briefs" / "fund.md").write_text(f"# Money\n\n{_TRUE} It was set up in 2020.\n")
    (folder / "briefs" / "ferry.md").write_text("# Ferry\n\nThe ferry began in 1931.\n")
    build_index(folder / "briefs", folder / "index", embedder="hash")
    return folder


@contextmanager
def _named(server: ModelServer) -> Iterator[dict[str, str]]:
    with server:
        yield {"BRIEFQA_MODELS__SMALL__BASE_URL": server.url, "BRIEFQA_MODEL": "small"}


def _asked(place: Path, variables: dict[str, str], *arguments: str) -> dict[str, Any]:
    done = Terminal(place)("ask", _QUESTION, "--json", *arguments, **variables)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_terminal_shows_who_wrote_and_what_was_withheld(place: Path) -> None:
    """A reader must know whose words these are, and that there were others."""
    with _named(ModelServer(_writes(_TRUE, _FALSE))) as variables:
        done = Terminal(place)("ask", _QUESTION, **variables)
        found = _asked(place, variables)

    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0] == f"{_TRUE} [1]"
    assert "1 sentence was withheld: the passages do not bear them out." in lines
    assert "Written by small; each sentence was held against what it cites." in lines
    assert "4 million" not in done.stdout
    assert (found["answer"], found["model"], found["fault"]) == (f"{_TRUE} [1]", "small", None)
    assert [each["verdict"] for each in found["withheld"]] == ["contradicted"]
    assert "4 million" in found["withheld"][0]["detail"]


def test_receipts_of_a_written_answer_verify(place: Path) -> None:
    """Whoever wrote the sentence, the quote is the document's."""
    with _named(ModelServer(_writes(_TRUE))) as variables:
        found = _asked(place, variables)

    verified = Terminal(place).json("verify", "-", stdin=json.dumps(found))

    assert verified["holds"] is True
    assert len(verified["receipts"]) == 1


@pytest.mark.parametrize(
    ("policy", "verdicts"),
    [("flag", ["supported", "contradicted"]), ("off", ["unjudged", "unjudged"])],
)
def test_policy_is_the_reader_s_to_choose(place: Path, policy: str, verdicts: list[str]) -> None:
    """Who wants to see all sees it, marked."""
    with _named(ModelServer(_writes(_TRUE, _FALSE))) as variables:
        found = _asked(place, variables, "--policy", policy)

    assert [sentence["verdict"] for sentence in found["sentences"]] == verdicts


def test_failing_server_leaves_an_answer_of_quotes(place: Path) -> None:
    """And the exit code of an answer: the question was answered."""
    with _named(ModelServer(_refuses)) as variables:
        found = _asked(place, variables)
        done = Terminal(place)("ask", _QUESTION, **variables)
        without = _asked(place, variables, "--model", "extractive")

    assert found["fault"]["kind"] == "server_error"
    assert (found["answer"], found["model"]) == (without["answer"], None)
    assert found["passages"] == without["passages"]
    assert "The language model failed (server_error)" in " ".join(done.stdout.split())


def test_unknown_model_is_told_before_anything_is_asked(place: Path) -> None:
    """With those that there are."""
    with _named(ModelServer(_refuses)) as variables:
        done = Terminal(place)("ask", "--model", "smal", _QUESTION, **variables)

    assert done.returncode == 2
    assert "there are local, small" in done.stderr


@pytest.mark.parametrize("is_streamed", [True, False])
def test_model_is_stopped_when_the_client_leaves(place: Path, *, is_streamed: bool) -> None:
    """From the socket of a browser to that of the model server, through all that lies between."""
    with ModelServer(_writes_one_and_is_silent) as models:
        model = load(ModelDescription("small", base_url=models.url))
        writers = {"small": Writer(model)}
        with (
            open_index(place / "index", writers=writers, writer="small") as service,
            listening(service) as url,
            httpx2.Client(base_url=url, timeout=_PATIENCE_S) as client,
        ):
            body = {"question": _QUESTION, "stream": is_streamed}
            if is_streamed:
                with client.stream("POST", "/v1/ask", json=body) as reply:
                    lines = iter(reply.iter_lines())
                    names = [line for line in (next(lines) for _ in range(6)) if line]
                    assert "event: sentence" in names
                    assert not models.saw_client_leave.is_set()
            else:
                with pytest.raises(httpx2.ReadTimeout):
                    client.post("/v1/ask", json=body, timeout=2)

            assert models.saw_client_leave.wait(_PATIENCE_S)
