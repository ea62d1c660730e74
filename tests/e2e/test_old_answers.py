"""Answers given before the documents changed, checked in the terminal and over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.integration.processes import ROOT, run_python
from tests.terminal import Terminal

from briefqa import open_index
from briefqa.api import create_app
from briefqa.api.judgements import VerifyReply

_QUESTION = "Does the harbour fund hold four million pounds?"
_QUOTE = "The harbour fund holds four million pounds."
_FILES = {
    "harbour.md": f"# Harbour\n\n{_QUOTE} The quay was built in stone.\n",
    "ferry.md": "# Ferry\n\nThe ferry to the island is blue and sails on every second day.\n",
}

# Any: parsed JSON.
_Answer = dict[str, Any]


@pytest.fixture
def briefqa(tmp_path: Path) -> Terminal:
    """A terminal in a folder with an index of two briefs."""
    (tmp_path / "briefs").mkdir()
    terminal = Terminal(tmp_path)
    for name, text in _FILES.items():
        _change(terminal, name, text)
    assert terminal("index", "briefs", "--embedder", "hash").returncode == 0
    return terminal


@pytest.fixture
def answer(briefqa: Terminal) -> _Answer:
    """An answer that cites one sentence, with a field that we know nothing of."""
    found = briefqa.json("ask", _QUESTION)
    found["citations"] = [each for each in found["citations"] if each["quote"] == _QUOTE]
    assert len(found["citations"]) == 1
    number = found["citations"][0]["number"]
    return {**found, "answer": f"{_QUOTE} [{number}]", "asked_by": "Ann", "took": 0.30}


def _change(briefqa: Terminal, name: str, text: str) -> None:
    (briefqa.folder / "briefs" / name).write_text(text, encoding="utf-8")


def _reindex(briefqa: Terminal) -> None:
    assert briefqa("index").returncode == 0


def _verified_apart(briefqa: Terminal, file: str) -> int:
    script = ROOT / "examples" / "verify_receipt.py"
    folder = briefqa.folder
    return run_python(script, folder / file, folder / "index", folder / "briefs").returncode


def test_quote_that_moved_is_found_and_renewed(briefqa: Terminal, answer: _Answer) -> None:
    """The renewed answer holds for us and for the script, and nothing of the old one is lost."""
    data = json.dumps(answer)
    moved = _FILES["harbour.md"].replace("# Harbour\n", "# Harbour\n\nNew words come first.\n")
    _change(briefqa, "harbour.md", moved.replace("fund holds", "fund\nholds"))
    _reindex(briefqa)

    said = briefqa("verify", "-", "--update", "renewed.json", stdin=data)
    again = briefqa("verify", "renewed.json", "--update", "twice.json")

    shown = " ".join(said.stdout.split())
    assert said.returncode == 1
    assert shown.startswith(f"moved [{answer['citations'][0]['number']}] harbour.md")
    assert "its SHA-256 differs; now at harbour.md" in shown
    assert "line 5" in shown
    assert again.returncode == 0, again.stdout
    assert _verified_apart(briefqa, "renewed.json") == 0
    text = (briefqa.folder / "renewed.json").read_text(encoding="utf-8")
    assert (briefqa.folder / "twice.json").read_text(encoding="utf-8") == text
    renewed = json.loads(text)
    (old,), (new,) = answer["citations"], renewed["citations"]
    assert {**renewed, "citations": []} == {**answer, "citations": []}
    assert new["quote"].split() == old["quote"].split()
    (was,) = new.pop("was")
    assert {**new, **was} == old


def test_quote_that_is_gone_is_marked_until_it_is_back(briefqa: Terminal, answer: _Answer) -> None:
    """What stands in its place is shown, and the receipt is kept as it was."""
    file = briefqa.folder / "answer.json"
    file.write_text(json.dumps(answer), encoding="utf-8")
    _change(briefqa, "harbour.md", _FILES["harbour.md"].replace("four", "nine"))
    _reindex(briefqa)

    said = briefqa("verify", "answer.json", "--update", "answer.json")
    marked = json.loads(file.read_text(encoding="utf-8"))
    _change(briefqa, "harbour.md", _FILES["harbour.md"])
    _reindex(briefqa)
    back = briefqa("verify", "answer.json", "--update", "answer.json")

    assert said.returncode == 1
    assert "there now stands" in " ".join(said.stdout.split())
    assert "nine million" in " ".join(said.stdout.split())
    assert marked["citations"] == [{**answer["citations"][0], "gone": True}]
    assert back.returncode == 0, back.stdout
    assert json.loads(file.read_text(encoding="utf-8")) == answer


def test_update_that_cannot_be_written_leaves_the_old_file(
    briefqa: Terminal, answer: _Answer
) -> None:
    """Half an answer would be worse than an old one."""
    done = briefqa("verify", "-", "--update", "none/answer.json", stdin=json.dumps(answer))

    assert done.returncode == 2
    assert "'none/answer.json' cannot be written" in done.stderr


def _batch(briefqa: Terminal, answer: _Answer) -> None:
    """Write a batch: an answer on the harbour, a failure, one on the ferry, a refusal."""
    ferry = {
        **briefqa.json("ask", "Does the ferry to the island sail on every second day?"),
        "id": "ferry",
    }
    failed = {"id": "x", "position": 2, "question": "", "error": {"kind": "E", "message": "m"}}
    declined = {"id": "d", "question": "Why?", "answer": "", "citations": []}
    lines = [{"id": "harbour", **answer}, failed, ferry, declined]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (briefqa.folder / "answers.jsonl").write_text(text, encoding="utf-8")


def test_batch_lists_what_to_revisit_in_order(briefqa: Terminal, answer: _Answer) -> None:
    """One line an answer, and the counts where they do not mix with them."""
    _batch(briefqa, answer)
    fresh = briefqa("verify", "--batch", "answers.jsonl")
    (briefqa.folder / "briefs" / "ferry.md").rename(briefqa.folder / "briefs" / "boat.md")
    _change(briefqa, "harbour.md", _FILES["harbour.md"].replace("four", "nine"))
    _reindex(briefqa)

    found = briefqa("verify", "answers.jsonl", "--batch", "--json")
    shown = briefqa("verify", "answers.jsonl", "--batch")

    assert (fresh.returncode, fresh.stdout) == (0, "")
    assert "checking: 4 of 4 answers" in fresh.stderr
    assert "checked 3 answers, 0 to revisit" in fresh.stderr
    assert "1 without an answer passed over" in fresh.stderr
    assert found.returncode == shown.returncode == 1
    harbour, ferry = map(json.loads, found.stdout.splitlines())
    assert (harbour["line"], harbour["id"], ferry["line"], ferry["id"]) == (
        1,
        "harbour",
        3,
        "ferry",
    )
    assert [row["status"] for row in harbour["receipts"]] == ["gone"]
    assert {row["status"] for row in ferry["receipts"]} == {"moved"}
    assert {row["now"]["doc_id"] for row in ferry["receipts"]} == {"boat.md"}
    assert shown.stdout.splitlines()[0] == f"line 1 (harbour): {_QUESTION}"


def test_changed_source_alone_is_a_notice_to_a_batch(briefqa: Terminal, answer: _Answer) -> None:
    """The words stand; that the index is behind is said once."""
    _batch(briefqa, answer)
    _change(briefqa, "harbour.md", _FILES["harbour.md"] + "\nMore.\n")

    done = briefqa("verify", "--batch", "answers.jsonl")

    assert (done.returncode, done.stdout) == (0, "")
    assert "has changed since it was indexed" in done.stderr


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"question": 3}', '{"passages": []}'])
def test_line_that_is_no_answer_is_named(briefqa: Terminal, line: str) -> None:
    """A file of something else must not pass for one in which all holds."""
    data = '{"answer": "", "citations": []}\n' + line + "\n"

    done = briefqa("verify", "--batch", "-", stdin=data)

    assert done.returncode == 2
    assert "line 2 of stdin" in done.stderr
    assert briefqa("verify", "--batch", "-", "--index", "none", stdin=data).returncode == 4


def test_batch_is_not_renewed(briefqa: Terminal) -> None:
    """Two wishes that do not go together are refused before anything is read."""
    done = briefqa("verify", "--batch", "none.jsonl", "--update", "x.json")

    assert done.returncode == 2
    assert "--update renews one answer" in done.stderr


def test_status_and_new_receipt_over_http(briefqa: Terminal, answer: _Answer) -> None:
    """A client can put `now` in the place of what it has, and it holds."""
    index = briefqa.folder / "index"
    with open_index(index) as service:
        client = TestClient(create_app(service))
        held = client.post("/v1/verify", json=answer).json()
        _change(briefqa, "other.md", _FILES["harbour.md"])
        _change(briefqa, "harbour.md", "# Harbour\n\nNothing is known.\n")
        _reindex(briefqa)
        moved = client.post("/v1/verify", json=answer).json()
        (row,) = moved["receipts"]
        renewed = client.post("/v1/verify", json={**answer, "citations": [row["now"]]}).json()
        (briefqa.folder / "briefs" / "other.md").unlink()
        _reindex(briefqa)
        gone = client.post("/v1/verify", json=answer).json()

    for reply in (held, moved, renewed, gone):
        VerifyReply.model_validate(reply)
    assert [each["holds"] for each in (held, moved, renewed, gone)] == [True, False, True, False]
    assert (held["receipts"][0]["status"], held["receipts"][0]["now"]) == ("holds", None)
    assert (row["status"], row["now"]["doc_id"]) == ("moved", "other.md")
    assert (gone["receipts"][0]["status"], gone["receipts"][0]["now"]) == ("gone", None)
