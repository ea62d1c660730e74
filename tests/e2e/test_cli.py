"""The terminal as people and scripts meet it: real processes, real files, the hash embedder."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.terminal import Json, Terminal, environment

_TIMEOUT_S = 100
_ESCAPE = "\x1b"
_SEEDS = Path(__file__).parents[2] / "seeds"
_QUESTIONS = _SEEDS.parent / "examples" / "questions.jsonl"
_REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"

_SOVEREIGNTY = """---
title: Sovereign computing
authors: [Ada Byron]
published: 2025-03-03
---

# Sovereign computing

The ministry spends two billion pounds on computing each year.

## Staff

The workforce counts fifty thousand engineers. They are paid by the ministry.
"""
_EXPORTS = """# Export controls

Middle powers bargain over export controls on chips.
"""
_QUESTION = "workforce counts fifty thousand engineers"


def _folder_with_index(folder: Path) -> Terminal:
    briefs = folder / "briefs"
    briefs.mkdir()
    (briefs / "sovereign.md").write_text(_SOVEREIGNTY, encoding="utf-8")
    (briefs / "exports.md").write_text(_EXPORTS, encoding="utf-8")
    terminal = Terminal(folder)
    done = terminal("index", "briefs", "--embedder", "hash")
    assert done.returncode == 0, done.stderr
    return terminal


@pytest.fixture(scope="module")
def briefqa(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A folder with ``briefs`` and an ``index`` of them, which no test may change."""
    return _folder_with_index(tmp_path_factory.mktemp("read"))


@pytest.fixture
def scratch(briefqa: Terminal, tmp_path: Path) -> Terminal:
    """A copy of that folder which a test may change."""
    folder = tmp_path / "copy"
    shutil.copytree(briefqa.folder, folder)
    return Terminal(folder)


@pytest.fixture(scope="module")
def answer(briefqa: Terminal) -> Json:
    """What ``ask --json`` prints."""
    return briefqa.json("ask", _QUESTION)


def _one_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that an error is."""
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("briefqa: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


# --- index


def test_index_reports_what_changed_and_embeds_only_that(scratch: Terminal) -> None:
    """A second run must not cost what the first did, and what is gone must go."""
    briefs = scratch.folder / "briefs"
    (briefs / "exports.md").unlink()
    (briefs / "new.md").write_text("# New\n\nA brand new brief.\n", encoding="utf-8")
    (briefs / "sovereign.md").write_text(_SOVEREIGNTY.replace("two", "three"), encoding="utf-8")

    report = scratch.json("index", "briefs", "--embedder", "hash")
    again = scratch.json("index", "briefs", "--embedder", "hash")

    assert report["added"] == ["new.md"]
    assert report["changed"] == ["sovereign.md"]
    assert report["removed"] == ["exports.md"]
    assert (report["unchanged"], report["failed"], report["published"]) == (0, [], True)
    assert report["embedded"] >= 1
    assert report["reused"] >= 1, "the section on staff did not change"
    assert (again["embedded"], again["unchanged"], again["published"]) == (0, 2, False)
    assert again["generation"] == report["generation"]


def test_index_lists_unreadable_files_and_goes_on(scratch: Terminal) -> None:
    """One broken file neither stops the rest nor goes unmentioned."""
    (scratch.folder / "briefs" / "broken.jsonl").write_text("{not json\n", encoding="utf-8")

    lenient = scratch("index", "briefs", "--embedder", "hash")
    strict = scratch("index", "briefs", "--embedder", "hash", "--strict")

    assert (lenient.returncode, strict.returncode) == (0, 1)
    assert "2 unchanged, 1 failed" in lenient.stdout
    assert re.search(r"^  broken\.jsonl:1: .+", lenient.stdout, re.MULTILINE)
    assert strict.stdout.count("broken.jsonl") == 1


def test_progress_is_plain_lines_on_stderr_where_that_is_no_terminal(scratch: Terminal) -> None:
    """A log file wants lines, and stdout must stay parsable."""
    done = scratch("index", "briefs", "--embedder", "hash:64", "--json")

    assert json.loads(done.stdout)["documents"] == 2
    assert "reading: 2 of 2 files" in done.stderr
    assert _ESCAPE not in done.stderr
    assert "\r" not in done.stderr


def test_empty_folder_is_accepted_only_when_said(scratch: Terminal) -> None:
    """Emptying an index by a mistyped path would be a nasty surprise."""
    (scratch.folder / "empty").mkdir()

    refused = scratch("index", "empty", "--embedder", "hash")
    before = scratch.json("documents", "list")
    report = scratch.json("index", "empty", "--embedder", "hash", "--allow-empty")

    assert refused.returncode == 3
    assert "empty' can be read" in refused.stderr.splitlines()[-1]
    assert len(before["documents"]) == 2
    assert report["documents"] == 0
    assert scratch("search", "anything").returncode == 3


# --- ask and search


def test_words_are_joined_and_a_dash_reads_stdin(briefqa: Terminal, answer: Json) -> None:
    """Typing quotes should not be needed, and a question may come from a file."""
    words = briefqa.json("ask", *_QUESTION.split())
    piped = briefqa.json("ask", "-", stdin=f"{_QUESTION}\n")

    for each in (words, piped):
        assert {**each, "took_ms": None} == {**answer, "took_ms": None}


def test_citations_can_be_checked_with_other_tools(briefqa: Terminal, answer: Json) -> None:
    """A receipt that only we can check proves nothing."""
    assert answer["answered"]
    for citation in answer["citations"]:
        shown = subprocess.run(
            [
                sys.executable,
                "-m",
                "briefqa",
                "documents",
                "show",
                citation["doc_id"],
                "--text",
            ],
            check=True,
            cwd=briefqa.folder,
            env=environment(),
            capture_output=True,
            timeout=_TIMEOUT_S,
        )
        text = shown.stdout.decode()
        file = (briefqa.folder / "briefs" / citation["source"]).read_bytes()
        assert hashlib.sha256(shown.stdout).hexdigest() == citation["text_sha256"]
        assert hashlib.sha256(file).hexdigest() == citation["file_sha256"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]


@pytest.mark.parametrize("columns", [80, 40, 24])
def test_answer_is_readable_at_any_width(briefqa: Terminal, answer: Json, columns: int) -> None:
    """Lines that a terminal breaks in the middle of a word are hard to read."""
    done = briefqa("ask", _QUESTION, COLUMNS=str(columns))

    assert done.returncode == 0
    assert all(len(line) <= columns for line in done.stdout.splitlines())
    assert all(line == line.rstrip() for line in done.stdout.splitlines())
    assert _ESCAPE not in done.stdout
    folded = " ".join(done.stdout.split())
    assert "The workforce counts fifty thousand engineers. [1]" in folded
    for part in ("[1] Sovereign computing", "Ada Byron · 2025-03-03", "sovereign.md, line 13"):
        assert part in folded
    assert f"“{answer['citations'][0]['quote']}”" in folded


def test_question_the_documents_do_not_answer_is_declined(briefqa: Terminal) -> None:
    """A script sees it by the exit code, a person by the first words."""
    done = briefqa("ask", "how are penguins cooked")
    declined = briefqa.json("ask", "how are penguins cooked", code=3)

    assert done.returncode == 3
    assert re.match(r"No answer \(confidence 0\.\d\d\)\.", done.stdout)
    assert "Nearest passages:" in done.stdout
    assert (declined["answered"], declined["citations"]) == (False, [])


def test_search_ranks_passages_best_first(briefqa: Terminal) -> None:
    """The order is what a search is for."""
    found = briefqa.json("search", "export controls on chips")["passages"]
    shown = briefqa("search", "export controls on chips", "--top-k", "1")

    assert found[0]["doc_id"] == "exports.md"
    scores = [passage["score"] for passage in found]
    assert scores == sorted(scores, reverse=True)
    assert f"1. {scores[0]:.2f}  Export controls" in shown.stdout
    assert "2." not in shown.stdout


def test_conditions_hold_a_question_to_some_documents(briefqa: Terminal) -> None:
    """An analyst asks what one author wrote, or what was written since a date."""
    where = ("--where", "published>=2025", "--where", "author~byron")
    found = briefqa.json("search", "export controls on chips", *where)
    answer = briefqa.json("ask", _QUESTION, *where)
    listed = briefqa.json("documents", "list", *where)

    assert {passage["doc_id"] for passage in found["passages"]} == {"sovereign.md"}
    assert answer["answered"]
    assert answer["filters"] == found["filters"] == ["published>=2025", "author~byron"]
    assert [document["doc_id"] for document in listed["documents"]] == ["sovereign.md"]


@pytest.mark.parametrize("command", ["ask", "search"])
def test_dates_leave_out_what_is_undated_and_say_so(briefqa: Terminal, command: str) -> None:
    """Whoever asks as of a day must see that a document without a date was not looked at."""
    dates = ("--since", "2025", "--as-of", "2025-03")
    found = briefqa.json(command, _QUESTION, *dates)
    shown = briefqa(command, _QUESTION, *dates)
    earlier = briefqa(command, _QUESTION, "--as-of", "2025-03-02")
    plain = briefqa(command, _QUESTION)

    assert {passage["doc_id"] for passage in found["passages"]} == {"sovereign.md"}
    assert found["filters"] == ["published>=2025", "published<=2025-03"]
    assert found["undated"] == 1
    assert "\n1 document without a date was left out.\n" in shown.stdout
    assert "Ada Byron · 2025-03-03" in shown.stdout
    assert earlier.returncode == 3
    assert "No document satisfies the conditions: published<=2025-03-02." in " ".join(
        earlier.stdout.split()
    )
    assert "1 document without a date was left out." in earlier.stdout
    assert "left out" not in plain.stdout


@pytest.mark.parametrize("command", [["ask", "x"], ["search", "x"], ["documents", "list"]])
def test_conditions_that_nothing_satisfies_are_said(briefqa: Terminal, command: list[str]) -> None:
    """The exit code is that of a question without an answer, and the reason is the filter."""
    shown = briefqa(*command, "--where", "published>2030", "--where", "tag=x", COLUMNS="200")
    found = briefqa.json(*command, "--where", "published>2030", code=3)

    assert shown.returncode == 3
    assert "No document satisfies the conditions: published>2030, tag=x." in shown.stdout
    assert not found.get("passages", found.get("documents"))


def test_settings_come_from_flag_then_environment_then_file(scratch: Terminal) -> None:
    """The nearer to the user a value was given, the more it counts."""
    (scratch.folder / "briefqa.toml").write_text("top_k = 1\n", encoding="utf-8")

    def shown(*flags: str, **variables: str) -> int:
        done = scratch("search", "ministry", "--json", *flags, **variables)
        return len(json.loads(done.stdout)["passages"])

    assert shown() == 1
    assert shown(BRIEFQA_TOP_K="2") == 2
    assert shown("--top-k", "3", BRIEFQA_TOP_K="2") == 3


def test_config_show_says_where_each_value_came_from(scratch: Terminal) -> None:
    """Otherwise nobody finds the variable that was set a year ago."""
    (scratch.folder / "briefqa.toml").write_text("[server]\nport = 9\n", encoding="utf-8")

    done = scratch("config", "show", "--json", BRIEFQA_TOP_K="7")
    rows = {row["name"]: row for row in json.loads(done.stdout)["settings"]}

    assert rows["top_k"]["value"] == "7"
    assert rows["top_k"]["origin"] == "environment (BRIEFQA_TOP_K)"
    assert (rows["server.port"]["value"], rows["server.port"]["origin"][:4]) == ("9", "file")
    assert rows["index"]["origin"] == "default"


# --- what documents may not do to a terminal


_HOSTILE = (
    "# Hostile [bold red]brief[/bold red]\n\nPayload \x1b]0;owned\x07 and \x1b[31mred\x1b[0m "
    "and \u202etxt.exe\u202c and [link=https://example.org]markup[/link] and \x9b2J tell all.\n"
)


def _on_terminal(folder: Path, *arguments: str, **variables: str) -> str:
    """Return what the command prints where stdout and stderr are a terminal."""
    pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "briefqa", *arguments],
        cwd=folder,
        env=environment(**({"COLUMNS": "80"} | variables)),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        output = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break  # Linux says so when the other side is closed.
            if not part:
                break
            output += part
    os.close(ours)
    return output.decode()


@pytest.mark.parametrize("command", ["ask", "search", "documents"])
def test_documents_cannot_command_the_terminal(tmp_path: Path, command: str) -> None:
    """Whoever writes a brief must not be able to recolour, rename or rearrange the screen."""
    (tmp_path / "briefs").mkdir()
    (tmp_path / "briefs" / "hostile.md").write_text(_HOSTILE, encoding="utf-8")
    assert Terminal(tmp_path)("index", "briefs", "--embedder", "hash").returncode == 0
    arguments = {
        "ask": ("ask", "payload owned red txt exe markup tell all"),
        "search": ("search", "payload owned"),
        "documents": ("documents", "show", "hostile.md", "--text"),
    }[command]

    seen = _on_terminal(tmp_path, *arguments)
    data = _on_terminal(tmp_path, "search", "payload", "--json")

    # Our own colours are the only sequences.
    plain = re.sub(r"\x1b\[[0-9;]*m", "", seen)
    for each in (plain, data):
        assert not re.search(
            "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", each
        )
    assert "\x1b[31mred" not in seen
    assert "␛]0;owned" in plain
    assert "[bold red]brief" in plain
    assert "[link=https://example.org]" in "".join(plain.split("\n"))
    assert "\x1b]0;owned\x07" in json.loads(data)["passages"][0]["text"]


def test_colour_is_for_terminals_and_can_be_declined(briefqa: Terminal) -> None:
    """Escape sequences in a file, or on a screen that was told not to, are dirt."""
    coloured = _on_terminal(briefqa.folder, "ask", _QUESTION)
    flagged = _on_terminal(briefqa.folder, "ask", _QUESTION, "--no-color")
    variable = _on_terminal(briefqa.folder, "ask", _QUESTION, NO_COLOR="1")

    assert _ESCAPE in coloured
    assert _ESCAPE not in flagged + variable
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == flagged == variable


def test_bars_on_a_terminal_leave_the_summary_behind(scratch: Terminal) -> None:
    """Progress is for while it lasts; the summary is what stays on the screen."""
    seen = _on_terminal(scratch.folder, "index", "briefs", "--embedder", "hash:32")

    assert "\x1b[2K" in seen, "a bar is drawn and cleared"
    assert "2 documents" in seen.rsplit("\x1b[2K", 1)[1]


# --- verify


def _tampered(answer: Json, **fields: object) -> str:
    changed = json.loads(json.dumps(answer))
    changed["citations"][0].update(fields)
    return json.dumps(changed)


def test_verify_accepts_what_ask_printed(briefqa: Terminal, answer: Json) -> None:
    """The two halves of the promise fit together."""
    done = briefqa("verify", "-", stdin=json.dumps(answer))

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0].startswith("holds  [1] sovereign.md ")
    assert done.stdout.splitlines()[-1].endswith("checked, 0 broken")


def test_verify_catches_every_tampered_claim(briefqa: Terminal, answer: Json) -> None:
    """A receipt with a single change is no receipt."""
    citation = answer["citations"][0]
    tampered = {
        "quote": _tampered(answer, quote=citation["quote"].replace("fifty", "sixty")),
        "offset": _tampered(answer, start=citation["start"] + 1),
        "end": _tampered(answer, end=10**12),
        "document": _tampered(answer, doc_id="exports.md"),
        "unknown document": _tampered(answer, doc_id="none.md"),
        "text hash": _tampered(answer, text_sha256="0" * 64),
        "file hash": _tampered(answer, file_sha256="0" * 64),
        "mark": json.dumps({**answer, "answer": f"{answer['answer']} And more. [99]"}),
    }

    for what, data in tampered.items():
        found = briefqa.json("verify", "-", code=1, stdin=data)
        assert not found["holds"], what
        assert [row["problem"] for row in found["receipts"] if not row["holds"]], what


def test_verify_reads_the_source_files_unless_told_not_to(scratch: Terminal, answer: Json) -> None:
    """A source edited after indexing no longer says what was quoted."""
    elsewhere = scratch.folder / "elsewhere"
    shutil.copytree(scratch.folder / "briefs", elsewhere)
    assert scratch("index", "briefs", "--embedder", "hash").returncode == 0
    with (scratch.folder / "briefs" / "sovereign.md").open("a", encoding="utf-8") as file:
        file.write(" ")
    data = json.dumps(answer)

    changed = scratch("verify", "-", stdin=data)

    assert changed.returncode == 1
    assert "has changed since it was indexed" in " ".join(changed.stdout.split())
    assert scratch("verify", "-", "--no-sources", stdin=data).returncode == 0
    assert scratch("verify", "-", "--sources", "elsewhere", stdin=data).returncode == 0


# --- the index and the installation


def test_damage_is_found_and_named(scratch: Terminal) -> None:
    """No question may be answered from a file that is not the one that was written."""
    (path,) = (scratch.folder / "index" / "generations").glob("*/vectors/rows.bin")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    slow = scratch.json("check", code=4)
    fast = scratch.json("check", "--fast", code=4)
    shown = scratch("check")
    asked = scratch("ask", _QUESTION)

    assert not slow["sound"]
    assert [problem["path"].rsplit("/", 1)[1] for problem in slow["problems"]] == ["rows.bin"]
    assert fast["problems"] == slow["problems"]
    assert "rows.bin: " in shown.stdout
    assert asked.returncode == 4
    assert "index is damaged" in _one_line(asked)


def test_sound_index_passes_its_check(briefqa: Terminal) -> None:
    """A check that always complains would be ignored."""
    assert briefqa.json("check") == {"sound": True, "problems": [], "notices": []}
    assert briefqa("check", "--fast").returncode == 0


def test_doctor_tells_what_is_there_and_what_is_wrong(scratch: Terminal) -> None:
    """It is what a report of a bug begins with."""
    well = scratch.json("doctor")
    absent = scratch.json("doctor", "--index", "none")
    shutil.rmtree(next((scratch.folder / "index" / "generations").iterdir()))
    ill = scratch.json("doctor", code=1)

    states = {check["name"]: check for check in well["checks"]}
    assert well["ok"]
    assert "2 documents" in states["index"]["detail"]
    assert states["index model"]["detail"].startswith("hash:256@")
    assert {"python", "machine", "briefqa", "onnxruntime", "weights"} <= set(states)
    assert {c["name"]: c["state"] for c in absent["checks"]}["index"] == "warn"
    assert {c["name"]: c["state"] for c in ill["checks"]}["index"] == "fail"


def test_documents_are_listed_and_shown(briefqa: Terminal) -> None:
    """Ids come from the list, details from the page of one."""
    listed = briefqa.json("documents", "list")["documents"]
    shown = briefqa.json("documents", "show", "sovereign.md")
    table = briefqa("documents", "list").stdout
    page = briefqa("documents", "show", "sovereign.md").stdout

    assert [each["doc_id"] for each in listed] == ["exports.md", "sovereign.md"]
    assert shown.pop("chunks") >= 2
    assert shown == listed[1]
    assert "sovereign.md  2025-03-03  Sovereign computing" in table
    assert re.search(r"^authors +Ada Byron$", page, re.MULTILINE)


# --- serve


def test_server_says_its_address_answers_and_stops(briefqa: Terminal) -> None:
    """One command and one key press are all that running a server takes."""
    with subprocess.Popen(
        [sys.executable, "-m", "briefqa", "serve", "--port", "0"],
        cwd=briefqa.folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        try:
            line = next(line for line in process.stderr if "serving at" in line)
            address = urlsplit(line.split("serving at ")[1].split()[0])
            client = HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_S)
            client.request("GET", "/health")
            status = client.getresponse().status
            client.close()
            process.send_signal(signal.SIGINT)
            output, said = process.communicate(timeout=_TIMEOUT_S)
        finally:
            process.kill()

    assert status == 200
    assert process.returncode == 130
    assert said.splitlines()[-1] == "briefqa: interrupted"
    assert "Traceback" not in said
    assert output == ""


def test_port_in_use_is_said_in_a_line(briefqa: Terminal) -> None:
    """The commonest failure of any server should not need a traceback to be read."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = briefqa("serve", "--port", port)

    assert done.returncode == 2
    assert f"port {port} on 127.0.0.1 is in use" in _one_line(done)


# --- wrong use


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("index", "none"), 2, "none' is not a folder"),
        (("index", "briefs/sovereign.md"), 2, "is not a folder"),
        (("index", "briefs", "--index", "other", "--embedder", "nope"), 2, "no plug-in 'nope'"),
        (("index", "--index", "none"), 4, "no index in 'none'"),
        (("ask", "a question", "--index", "none"), 4, "no index in 'none'"),
        (("ask", "a question", "--embedder", "hash:64"), 4, "was built with 'hash:256@"),
        (("ask", "   "), 2, "the question is empty"),
        (("ask", "-"), 2, "the question is empty"),
        (("ask", "x" * 5000), 2, "the question has 5000 characters"),
        (("ask", "a question", "--top-k", "0"), 2, "top_k: input should be greater"),
        (("search", "a question", "--top-k", "1000000000"), 2, "top_k: input should be less"),
        (("ask", "a question", "--top-k", "five"), 2, "Invalid value for '--top-k'"),
        (("ask",), 2, "Missing argument 'QUESTION'"),
        (("ask", "a question", "--where", "pubished=2025"), 2, "did you mean published?"),
        (("search", "x", "--where", "published"), 2, "put the condition in quotes"),
        (("ask", "x", "--as-of", "2025-13"), 2, "as_of is '2025-13', which is no date"),
        (("search", "x", "--since", "March"), 2, "since is 'March', which is no date"),
        (("documents", "list", "--where", "author>x"), 2, "author is text, which > does not"),
        (("ask", "x", *["--where", "tag=x"] * 21), 2, "filters is 21, but must lie"),
        (("ask", "a question", "--no-such"), 2, "No such option"),
        (("documents", "show", "none.md"), 3, "no document 'none.md' in the index"),
        (("documents", "show", "exports.md", "--text", "--json"), 2, "exclude each other"),
        (("verify", "none.json"), 2, "'none.json' cannot be read"),
        (("verify", "briefs/exports.md"), 2, "is not JSON"),
        (("verify", "-", "--sources", "none"), 2, "'none' is not a folder"),
        (("serve", "--port", "99999"), 2, "server.port: input should be less"),
        (("serve", "--host", "256.0.0.1", "--port", "0"), 2, "cannot listen"),
        (("check", "--index", "none"), 4, "no index in 'none'"),
        (("nonsense",), 2, "No such command 'nonsense'"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_wrong_use_reads_well(
    briefqa: Terminal, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """One line that says what was found and what to do, and the code a script can act on."""
    done = briefqa(*arguments)

    assert done.returncode == code, done.stderr
    assert said in _one_line(done)


@pytest.mark.parametrize(
    "junk",
    ["", "[1]", "{}", "null", '{"citations": 3}', '{"citations": [{"number": true}]}', "[" * 99999],
    ids=lambda junk: junk[:20],
)
def test_junk_to_verify_is_refused_in_a_line(briefqa: Terminal, junk: str) -> None:
    """A damaged file must not pass for one without citations, nor crash."""
    done = briefqa("verify", "-", stdin=junk)

    assert done.returncode == 2
    _one_line(done)


@pytest.mark.parametrize("junk", ["top_k = [", "topk = 3", "top_k = 'many'", "[server]\nport = -1"])
def test_junk_settings_are_refused_in_a_line(tmp_path: Path, junk: str) -> None:
    """A setting that is mistyped and passed over would be worse than an error."""
    (tmp_path / "briefqa.toml").write_text(junk, encoding="utf-8")

    done = Terminal(tmp_path)("config", "show")

    assert done.returncode == 2
    _one_line(done)


def test_unreadable_index_is_said_in_a_line(scratch: Terminal) -> None:
    """The system's own words name the cause; a folder in its place stops even root."""
    (scratch.folder / "index" / "CURRENT").unlink()
    (scratch.folder / "index" / "CURRENT").mkdir()

    done = scratch("ask", _QUESTION)

    assert done.returncode == 4
    assert "directory" in _one_line(done).lower()


@pytest.mark.parametrize("junk", [b"", b"\xff\xfe", b"{}", b"[]", b'{"format": 99}'])
def test_junk_for_an_index_is_said_in_a_line(scratch: Terminal, junk: bytes) -> None:
    """Whatever the pointer to the index holds, it is refused before anything is opened."""
    (scratch.folder / "index" / "CURRENT").write_bytes(junk)

    done = scratch("ask", _QUESTION)

    assert done.returncode == 4
    _one_line(done)


# --- pipes


def test_reader_that_goes_away_is_told_nothing(briefqa: Terminal) -> None:
    """``| head`` is no error."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "briefqa", "documents", "list", "--json"],
            check=False,
            cwd=briefqa.folder,
            env=environment(),
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=_TIMEOUT_S,
        )

    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_is_said_in_a_line(briefqa: Terminal) -> None:
    """Half an output with exit code 0 would be taken for a whole one."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "briefqa", "documents", "list"],
            check=False,
            cwd=briefqa.folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=_TIMEOUT_S,
        )

    assert done.returncode == 1
    assert done.stderr == "briefqa: No space left on device\n"


def test_narrow_encodings_lose_no_output(briefqa: Terminal, answer: Json) -> None:
    """A system set to ASCII gets escapes instead of a crash."""
    shown = briefqa("ask", _QUESTION, PYTHONIOENCODING="ascii")
    data = briefqa("ask", _QUESTION, "--json", PYTHONIOENCODING="ascii")

    assert shown.returncode == 0, shown.stderr
    assert json.loads(data.stdout)["citations"] == answer["citations"]


# --- help and cold start


def test_bare_command_prints_help(briefqa: Terminal) -> None:
    """Whoever types only the name wants to know what it can do."""
    for arguments in ((), ("-h",), ("--help",), ("documents",), ("config", "-h")):
        done = briefqa(*arguments)

        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Usage: briefqa ")


def test_version_is_printed(briefqa: Terminal) -> None:
    """The first question to whoever reports a bug."""
    assert re.fullmatch(r"briefqa \d+\.\d+\.\d+\S*\n", briefqa("--version").stdout)


_NOT_FOR_A_QUESTION = (
    *("torch", "transformers", "sentence_transformers", "fastapi", "uvicorn", "structlog"),
    *("nupunkt", "markdown_it", "rich", "briefqa.documents", "briefqa.chunking", "briefqa.api"),
)


@pytest.mark.parametrize("command", ["ask", "search"])
def test_question_imports_only_what_it_needs(briefqa: Terminal, command: str) -> None:
    """A cold start is mostly imports: each of these would add tens of milliseconds or seconds."""
    program = (
        "import sys; from briefqa.cli import main; "
        f"main([{command!r}, '--json', {_QUESTION!r}]); "
        f"print(*sorted(set({_NOT_FOR_A_QUESTION!r}) & set(sys.modules)), file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=briefqa.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )

    assert json.loads(done.stdout)["passages"]
    assert done.stderr.split() == []


# --- the reference page


def _documented_lines() -> list[str]:
    page = _REFERENCE.read_text(encoding="utf-8")
    return [
        line
        for block in re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the documented commands can be typed as they stand."""
    folder = tmp_path_factory.mktemp("documented")
    shutil.copytree(_SEEDS, folder / "briefs")
    (folder / "briefqa.toml").write_text('embedder = "hash"\n', encoding="utf-8")
    terminal = Terminal(folder)
    shutil.copy(_QUESTIONS, folder / "questions.jsonl")
    (folder / "key.txt").write_text("a key of many characters\n", encoding="utf-8")
    marked = [{"id": str(at), "question": f"Who? {at}", "answerable": at < 10} for at in range(20)]
    (folder / "marked.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in marked))
    # Two generations, and a run over each: the first lacks a brief that is asked about.
    late = folder / "briefs" / "uk-china-frontier-ai-risk.md"
    late.rename(folder / late.name)
    for name in ("before", "after"):
        assert terminal("index", "briefs").returncode == 0
        done = terminal("eval", "run", "--dataset", "questions.jsonl", "-o", f"runs/{name}")
        assert done.returncode == 0
        if not late.exists():
            (folder / late.name).rename(late)
    _write_small_beir(folder / "beir" / "scifact")
    return folder


def _write_small_beir(folder: Path) -> None:
    """Write a question set in the form of the BEIR benchmark."""
    (folder / "qrels").mkdir(parents=True)
    records = [{"_id": f"d{at}", "title": "", "text": f"Brief {at} on ports."} for at in range(3)]
    (folder / "corpus.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in records))
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "Which brief is on ports?"}\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td1\t1\n")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell")
@pytest.mark.parametrize("line", _documented_lines())
def test_documented_commands_work(documented: Path, line: str) -> None:
    """A page whose examples fail teaches nobody."""
    shell = shutil.which("bash") or ""
    program = f'briefqa() {{ "{sys.executable}" -m briefqa "$@"; }}\n{line}'

    done = subprocess.run(
        [shell, "-c", program],
        check=False,
        cwd=documented,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )

    # The hash embedder knows no meaning, so it may decline a question.
    assert done.returncode in {0, 3} if " ask " in f" {line} " else done.returncode == 0
    assert "briefqa:" not in done.stderr
    assert done.stdout or " > " in line


# --- the real model


@pytest.mark.model
def test_real_model_answers_from_the_seeds(tmp_path: Path) -> None:
    """The whole road as a newcomer takes it, with nothing set."""
    terminal = Terminal(tmp_path)

    indexed = terminal("index", str(_SEEDS))
    data = terminal("ask", "Who wrote the brief on AI sovereignty?", "--json")
    verified = terminal("verify", "-", stdin=data.stdout)
    declined = terminal("ask", "How do I bake sourdough bread?")
    health = terminal.json("doctor")

    assert indexed.returncode == 0, indexed.stderr
    assert "preparing the model" in indexed.stderr
    assert data.returncode == 0, data.stderr
    assert "Jessica Montgomery" in json.loads(data.stdout)["answer"]
    assert verified.returncode == 0, verified.stdout
    assert declined.returncode == 3
    states = {check["name"]: check["state"] for check in health["checks"]}
    assert (states["weights"], states["model export"]) == ("ok", "ok")
