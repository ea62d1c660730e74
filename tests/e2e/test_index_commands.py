"""Commands that change an index: real processes, real files, the hash embedder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx2
import pytest
from tests.terminal import Json, Terminal, environment

from briefqa.indexing.journal import JOURNAL


@pytest.fixture
def briefqa(tmp_path: Path) -> Terminal:
    """A folder of two briefs, indexed twice."""
    briefs = tmp_path / "briefs"
    briefs.mkdir()
    (briefs / "harbour.md").write_text("# Harbour\n\nThe harbour was dredged in 1998.\n")
    terminal = Terminal(tmp_path)
    terminal.json("index", "briefs", "--embedder", "hash")
    (briefs / "ferry.md").write_text("# Ferry\n\nThe ferry began to sail in 1931.\n")
    terminal.json("index", "briefs")
    return terminal


def _ids(briefqa: Terminal) -> list[str]:
    return [each["doc_id"] for each in briefqa.json("documents", "list")["documents"]]


def test_folders_need_not_be_named_again(briefqa: Terminal) -> None:
    """An index knows what it was made of."""
    (briefqa.folder / "briefs" / "ferry.md").unlink()

    report = briefqa.json("index")

    assert report["removed"] == ["ferry.md"]


def test_several_folders_are_indexed_together(briefqa: Terminal) -> None:
    """Ids begin with the name of their folder; the same words keep their vectors."""
    notes = briefqa.folder / "notes"
    notes.mkdir()
    (notes / "ferry.md").write_text("# Ferry\n\nThe ferry is blue.\n")

    report = briefqa.json("index", "briefs", "n=notes")

    assert _ids(briefqa) == ["briefs/ferry.md", "briefs/harbour.md", "n/ferry.md"]
    assert report["embedded"] == 1
    checked = briefqa("verify", "-", stdin=briefqa("ask", "--json", "Is the ferry blue?").stdout)
    assert checked.returncode == 0, checked.stdout


def test_folders_of_one_name_are_refused(briefqa: Terminal) -> None:
    """The message says how to tell them apart."""
    other = briefqa.folder / "other" / "briefs"
    other.mkdir(parents=True)

    done = briefqa("index", "briefs", "other/briefs")

    assert done.returncode == 2
    assert "NAME=FOLDER" in done.stderr


def test_removed_document_is_gone_until_restored(briefqa: Terminal) -> None:
    """Also through a sync: its file is still there."""
    assert briefqa.json("documents", "remove", "ferry.md")["removed"] == ["ferry.md"]

    assert briefqa.json("index")["excluded"] == 1
    assert _ids(briefqa) == ["harbour.md"]
    assert briefqa("documents", "remove", "ferry.md").returncode == 3
    assert briefqa.json("documents", "restore", "ferry.md")["added"] == ["ferry.md"]
    done = briefqa("documents", "restore", "ferry.md")
    assert (done.returncode, "removed were: none" in done.stderr) == (3, True)
    assert _ids(briefqa) == ["ferry.md", "harbour.md"]


def test_generations_go_back_and_forth_and_are_let_go(briefqa: Terminal) -> None:
    """What an operator does after a bad morning."""
    now, before = briefqa.json("generations", "list")["generations"]
    assert (now["serving"], now["documents"], before["documents"]) == (True, 2, 1)

    assert briefqa.json("generations", "rollback")["serving"] == before["generation"]
    assert _ids(briefqa) == ["harbour.md"]
    assert briefqa.json("index")["generation"] == now["generation"]
    assert briefqa.json("generations", "gc") == {"removed": [before["generation"]]}
    assert briefqa.json("generations", "gc") == {"removed": []}
    done = briefqa("generations", "rollback")
    assert done.returncode == 3
    assert now["generation"] in done.stderr
    shown = briefqa("generations", "list").stdout.splitlines()
    assert shown[0].split() == ["generation", "documents", "chunks", "size", "state"]
    assert shown[1].split()[-1] == "serving"


@contextmanager
def _watching(briefqa: Terminal) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "briefqa", "index", "--watch", "--json"],
        cwd=briefqa.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _next_report(stream: IO[str] | None, is_it: Callable[[Json], bool]) -> Json:
    """Return the next report that is meant; an editor may save in several steps."""
    assert stream is not None
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        report: Json = json.loads(stream.readline())
        if is_it(report):
            return report
    msg = "no such report came"
    raise AssertionError(msg)


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals to send")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_build_goes_on_where_it_was(how: signal.Signals, tmp_path: Path) -> None:
    """Only the rest is embedded, and the index is that of a build that was left alone."""
    facts = ({"_id": f"f{n}", "text": f"Fact {n} is {n * n}. " * 20} for n in range(1_500))
    (tmp_path / "briefs").mkdir()
    (tmp_path / "briefs" / "facts.jsonl").write_text("\n".join(map(json.dumps, facts)))
    command = [sys.executable, "-m", "briefqa", "index", "briefs", "--embedder", "hash"]
    build = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    journal = tmp_path / "index" / JOURNAL
    ends = time.monotonic() + 90
    while not (journal.exists() and journal.stat().st_size > 150_000) and time.monotonic() < ends:
        time.sleep(0.002)
    build.send_signal(how)
    build.communicate(timeout=60)
    assert build.returncode == (-how if how is signal.SIGKILL else 130)
    assert journal.exists()

    terminal = Terminal(tmp_path)
    rest = terminal.json("index", "briefs", "--embedder", "hash")
    whole = terminal.json("index", "briefs", "--embedder", "hash", "--index", "undisturbed")

    assert 0 < rest["embedded"] < whole["embedded"] == whole["chunks"] == rest["chunks"]
    assert rest["generation"] == whole["generation"]
    assert not journal.exists()
    folders = [tmp_path / name / "generations" / whole["generation"] for name in _BUILDS]
    names = {path.relative_to(folders[0]) for path in folders[0].rglob("*") if path.is_file()}
    # tantivy makes up the names of its files, which the manifest repeats.
    same = {name for name in names if name.parts[0] not in {"lexical", "manifest.json"}}
    assert len(same) > 5
    assert [name for name in same if _differ(folders, name)] == []


_BUILDS = ("index", "undisturbed")


def _differ(folders: list[Path], name: Path) -> bool:
    one, other = ((folder / name).read_bytes() for folder in folders)
    return one != other


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send")
def test_watch_follows_changes_until_interrupted(briefqa: Terminal) -> None:
    """Whoever saves a brief finds it in the next answer."""
    briefs = briefqa.folder / "briefs"
    with _watching(briefqa) as process:
        _next_report(process.stdout, lambda report: not report["published"])

        (briefs / "pier.md").write_text("# Pier\n\nThe pier is of oak.\n")
        _next_report(process.stdout, lambda report: report["added"] == ["pier.md"])
        (briefs / "pier.md").rename(briefs / "jetty.md")
        moved = _next_report(process.stdout, lambda report: report["added"] == ["jetty.md"])
        assert (moved["removed"], moved["embedded"]) == (["pier.md"], 0)
        assert "jetty.md" in _ids(briefqa)
        (briefs / "jetty.md").unlink()
        _next_report(process.stdout, lambda report: report["removed"] == ["jetty.md"])

        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_operators_send_documents_to_a_running_server(briefqa: Terminal) -> None:
    """The key comes from the environment, and shows nowhere."""
    key = "a key for this test only"
    server = subprocess.Popen(
        [sys.executable, "-m", "briefqa", "serve", "--port", "0"],
        cwd=briefqa.folder,
        env=environment(BRIEFQA_SERVER__ADMIN_KEY=key),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        url = next(line.split(" at ")[1].split()[0] for line in server.stderr if " at " in line)
        with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
            page = b"<html><title>Cranes</title><h1>Cranes</h1><p>The cranes lift forty tonnes.</p>"
            sent = client.put("/v1/documents/sent/cranes.html", content=page)
            answer = client.post("/v1/ask", json={"question": "What do the cranes lift?"}).json()
            checked = client.post("/v1/verify", json=answer).json()
            removed = client.delete("/v1/documents/sent/cranes.html")
            stranger = httpx2.put(f"{url}/v1/documents/x.md", content=b"Words.")
    finally:
        server.terminate()
        _, log = server.communicate(timeout=30)

    assert (sent.status_code, sent.json()["added"]) == (201, ["sent/cranes.html"])
    assert answer["citations"][0]["doc_id"] == "sent/cranes.html"
    assert checked["holds"]
    assert (removed.status_code, stranger.status_code) == (200, 401)
    assert _ids(briefqa) == ["ferry.md", "harbour.md"]
    assert key not in log
    shown = briefqa("config", "show", BRIEFQA_SERVER__ADMIN_KEY=key).stdout
    assert "server.admin_key" in shown
    assert key not in shown
