"""The examples, each run as its first lines say, against a served index that asks for a key."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefqa import build_index

_EXAMPLES = Path(__file__).parents[2] / "examples"
_KEY = "a key that the examples send"
_ANSWER = "The UK's AI investment stands at £2 billion."
_TITLE = "investment.txt"
_UNANSWERED = "Who painted the ceiling of the Sistine Chapel?"
_PROGRAMS = {"stream.py": sys.executable, "stream.mjs": "node"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of `briefqa serve` over a note."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "notes").mkdir()
    (folder / "notes" / "investment.txt").write_text(f"{_ANSWER} It will grow.\n", encoding="utf-8")
    build_index(folder / "notes", folder / "index", embedder="hash")
    command = [sys.executable, "-m", "briefqa", "serve", "--port", "0", "--index"]
    with subprocess.Popen(
        [*command, str(folder / "index")],
        env={**os.environ, "BRIEFQA_SERVER__KEYS__EXAMPLES": _KEY},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        assert server.stderr is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())
            assert found is not None
            yield found[0]
        finally:
            server.terminate()


def _run(url: str, *command: str, key: str = _KEY) -> subprocess.CompletedProcess[str]:
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"needs {command[0]}")
    return subprocess.run(
        [program, *command[1:]],
        env={**os.environ, "BRIEFQA_URL": url, "BRIEFQA_KEY": key},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("example", _PROGRAMS)
def test_stream_prints_each_sentence_and_what_it_rests_on(url: str, example: str) -> None:
    """They are what others begin with who write a client of their own."""
    done = _run(url, _PROGRAMS[example], str(_EXAMPLES / example))

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{_ANSWER} [1]", f"  [1] {_TITLE}: “{_ANSWER}”"]


@pytest.mark.parametrize("example", _PROGRAMS)
def test_stream_says_why_there_is_no_answer(url: str, example: str) -> None:
    """A script tells a declined question by the code, and a reader by the reason."""
    done = _run(url, _PROGRAMS[example], str(_EXAMPLES / example), _UNANSWERED)

    assert done.returncode == 3, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("example", _PROGRAMS)
def test_events_are_read_however_they_are_cut(example: str) -> None:
    """A network cuts a stream anywhere: within a line, or within a character."""
    stream = ': still there\n\nevent: sentence\r\ndata: {"text": "2 €"}\r\n\r\ndata: {}\n\n'
    expected = [["sentence", {"text": "2 €"}], ["message", {}]]
    if example == "stream.py":
        program = (
            "import json, stream, sys\n"
            "lines = (line.rstrip('\\r\\n') for line in sys.argv[1].splitlines(keepends=True))\n"
            "print(json.dumps(list(stream.events(lines))))\n"
        )
        command = ["-c", program, stream]
    else:
        program = (
            "const { events } = await import('./stream.mjs');\n"
            "const bytes = new TextEncoder().encode(process.argv[1]);\n"
            "const body = new ReadableStream({ start(to) {\n"
            "  for (const byte of bytes) { to.enqueue(new Uint8Array([byte])); }\n"
            "  to.close();\n"
            "} });\n"
            "const found = [];\n"
            "for await (const { name, data } of events(body)) { found.push([name, data]); }\n"
            "console.log(JSON.stringify(found));\n"
        )
        command = ["--input-type=module", "--eval", program, stream]
    runner = shutil.which(_PROGRAMS[example])
    if runner is None:
        pytest.skip(f"needs {_PROGRAMS[example]}")

    done = subprocess.run(
        [runner, *command], cwd=_EXAMPLES, capture_output=True, encoding="utf-8", check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected


def test_curl_asks_streams_searches_lists_and_verifies(url: str) -> None:
    """One page of commands to copy from, all of which work."""
    if shutil.which("curl") is None or shutil.which("python3") is None:
        pytest.skip("needs curl and python3")

    done = _run(url, "sh", str(_EXAMPLES / "curl.sh"))

    assert done.returncode == 0, done.stderr
    parts = re.split(r"^# .*\n", done.stdout, flags=re.MULTILINE)[1:]
    answer, streamed, passages, documents, verified = parts
    assert json.loads(answer)["citations"][0]["quote"] == _ANSWER
    events = re.findall(r"^event: (\w+)", streamed, re.MULTILINE)
    assert events == ["passages", "sentence", "done"]
    assert json.loads(passages)["passages"][0]["doc_id"] == _TITLE
    assert json.loads(documents)["total"] == 1
    assert json.loads(verified)["holds"] is True


@pytest.mark.parametrize("example", ["stream.py", "stream.mjs", "curl.sh", "openai_client.py"])
def test_no_example_says_that_a_refused_question_was_answered(url: str, example: str) -> None:
    """What works only where everything does is copied into programs that fail in silence."""
    program = _PROGRAMS.get(example) or {"sh": "sh", "py": sys.executable}[example.split(".")[1]]

    done = _run(url, program, str(_EXAMPLES / example), "x" * 10_000)

    assert done.returncode not in {0, 3}
    assert done.stderr


def test_openai_client_sends_the_key(url: str) -> None:
    """It is how a frontend that speaks this API would."""
    done = _run(url, sys.executable, str(_EXAMPLES / "openai_client.py"))

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{_ANSWER} [1]")
