"""Commands that measure: real processes, real files, the hash embedder."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.terminal import Terminal, environment
from tests.unit.evaluation.sets import write_lines

_HARBOUR = "The harbour was dredged in 1998."
_FERRY = "The ferry began to sail in 1931."


@pytest.fixture
def briefqa(tmp_path: Path) -> Terminal:
    """Two indexed briefs, three questions on them, and a BEIR folder of its own."""
    briefs = tmp_path / "briefs"
    briefs.mkdir()
    (briefs / "harbour.md").write_text(f"# Harbour\n\n{_HARBOUR}\n")
    (briefs / "ferry.md").write_text(f"# Ferry\n\n{_FERRY}\n")
    write_lines(
        tmp_path / "questions.jsonl",
        [
            {"id": "q1", "question": "When was the harbour dredged?",
             "evidence": [{"doc": "harbour.md", "quote": _HARBOUR}]},
            {"id": "q2", "question": "When did the ferry sail?",
             "evidence": [{"doc": "ferry.md", "quote": _FERRY}]},
            {"id": "q3", "question": "Who is the queen of Sheba?", "evidence": []},
        ],
    )  # fmt: skip
    beir = tmp_path / "beir"
    write_lines(beir / "corpus.jsonl", [{"_id": "d1", "text": "Blue whales sing."}])
    write_lines(beir / "queries.jsonl", [{"_id": "a", "text": "Which whales sing?"}])
    (beir / "qrels.tsv").write_text("a\td1\t1\n")
    terminal = Terminal(tmp_path)
    terminal.json("index", "briefs", "--embedder", "hash")
    return terminal


@contextmanager
def _server(briefqa: Terminal) -> Iterator[str]:
    """Serve the index, and give the address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "briefqa", "serve", "--port", "0"],
        cwd=briefqa.folder, env=environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        found = next(filter(None, (re.search(r"http://\S+:\d+", line) for line in server.stderr)))
        yield found[0]
    finally:
        server.terminate()
        server.communicate(timeout=60)


def test_own_questions_are_asked_of_the_own_index(briefqa: Terminal) -> None:
    """The first run of a user: one command, a table, and a folder."""
    done = briefqa("eval", "run", "--dataset", "questions.jsonl", "-o", "runs/before")

    assert done.returncode == 0, done.stderr
    assert re.search(r"evidence_recall@5 +1 ", done.stdout)
    assert "asking: 3 of 3 questions" in done.stderr
    folder = briefqa.folder / "runs" / "before"
    assert {path.name for path in folder.iterdir()} == {
        "run.json", "run.trec", "questions.jsonl", "metrics.json",
    }  # fmt: skip
    about = json.loads((folder / "run.json").read_bytes())
    assert about["index"]["embedder"].startswith("hash:256@")
    assert about["counts"]["questions"] == 3
    assert not (briefqa.folder / "runs" / "questions.index").exists()


def test_documents_of_a_set_get_an_index_of_their_own(briefqa: Terminal) -> None:
    """The user's index is never brought in step with a benchmark."""
    mine = (briefqa.folder / "index" / "CURRENT").read_bytes()

    first = briefqa.json("eval", "run", "--dataset", "beir", "--embedder", "hash")
    again = briefqa.json("eval", "run", "--dataset", "beir", "--index", "runs/beir.index")

    assert first["folder"] == "runs/beir"
    assert first["measures"]["recall@1"] == {"mean": 1, "low": 1, "high": 1, "questions": 1}
    assert first["index"]["documents"] == 1
    assert {k: v["mean"] for k, v in again["measures"].items()} == {
        k: v["mean"] for k, v in first["measures"].items()
    }
    assert (briefqa.folder / "index" / "CURRENT").read_bytes() == mine


def test_running_server_is_measured_like_its_index(briefqa: Terminal) -> None:
    """Over a real connection; what a server does not know, its tokens, is left out."""
    local = briefqa.json("eval", "run", "--dataset", "questions.jsonl", "-o", "local")

    with _server(briefqa) as url:
        arguments = ("eval", "run", "--dataset", "questions.jsonl", "-o", "remote", "--url", url)
        remote = briefqa.json(*arguments)

    known = {name: e for name, e in local["measures"].items() if "tokens" not in name}
    assert remote["measures"] == known
    assert remote["abstention"] == local["abstention"]
    assert remote["index"]["generation"] == local["index"]["generation"]
    away = briefqa(*arguments)
    assert away.returncode == 5
    assert "cannot reach a server" in away.stderr
    assert away.stdout == ""


def test_what_a_set_lacks_or_gets_wrong_is_told(briefqa: Terminal) -> None:
    """A quote that is nowhere, a line that is no question, options that exclude each other."""
    write_lines(
        briefqa.folder / "wrong.jsonl",
        [{"id": "a", "question": "Why?", "evidence": [{"doc": "ferry.md", "quote": "no such"}]}],
    )
    (briefqa.folder / "broken.jsonl").write_text('{"id": "a"}\n')

    unplaced = briefqa("eval", "run", "--dataset", "wrong.jsonl")
    broken = briefqa("eval", "run", "--dataset", "broken.jsonl")
    both = briefqa("eval", "run", "--dataset", "wrong.jsonl", "--url", "http://x", "--index", "y")

    assert unplaced.returncode == 0
    assert "references without place: 1" in unplaced.stderr
    assert "“no such” has no place in 'ferry.md'" in unplaced.stderr
    assert (broken.returncode, both.returncode) == (2, 2)
    assert "broken.jsonl:1" in broken.stderr
    assert "leave out --index" in both.stderr


def test_gate_keeps_a_worse_index_from_being_published(briefqa: Terminal) -> None:
    """Refused with both figures, published all the same on request, and measured by hand."""
    (briefqa.folder / "briefqa.toml").write_text('[gate]\nquestions = "questions.jsonl"\n')
    (briefqa.folder / "briefs" / "ferry.md").write_text("# Ferry\n\nNothing is known.\n")

    refused = briefqa("index")
    asked = briefqa("ask", "When did the ferry sail?")
    no_earlier = briefqa("eval", "gate")
    published = briefqa("index", "--no-gate")
    judged = briefqa.json("eval", "gate", code=1)

    assert refused.returncode == 1
    assert "evidence_recall@5 0.5000 against 1.0000 over 2 questions" in refused.stderr
    assert "1931" in asked.stdout
    assert no_earlier.returncode == 3
    assert published.returncode == 0
    assert judged == {
        "passed": False, "measure": "evidence_recall@5", "serving": 0.5, "previous": 1,
        "margin": 0.02, "questions": 2, "left_out": 0,
    }  # fmt: skip
    assert briefqa("eval", "gate").returncode == 1
    (briefqa.folder / "briefqa.toml").unlink()
    assert briefqa("eval", "gate").returncode == 2
