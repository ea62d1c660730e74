"""What the pages on chat frontends and agents tell to run, run against a served index."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefqa import build_index

_ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ADDRESS = "http://127.0.0.1:8321"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of `briefqa serve` over a note."""
    folder = tmp_path_factory.mktemp("frontends")
    (folder / "notes").mkdir()
    text = "The UK's AI investment stands at £2 billion. It will grow.\n"
    (folder / "notes" / "investment.txt").write_text(text, encoding="utf-8")
    build_index(folder / "notes", folder / "index", embedder="hash")
    command = [sys.executable, "-m", "briefqa", "serve", "--port", "0", "--index"]
    with subprocess.Popen(
        [*command, str(folder / "index")], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())
            assert found is not None
            yield found[0]
        finally:
            server.terminate()


def test_example_streams_an_answer_and_verifies_it(url: str) -> None:
    """It is the shortest program that does all that a frontend would."""
    done = subprocess.run(
        [sys.executable, str(_ROOT / "examples" / "openai_client.py")],
        env={**os.environ, "BRIEFQA_URL": url},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The UK's AI investment stands at £2 billion. [1]")
    assert f"[1] investment.txt: {url}/documents/investment.txt#chars=0-44" in done.stdout
    assert "every quote stands where it says" in done.stdout


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("plug-in-a-chat-frontend.md", '"content":"The UK\'s AI investment stands at £2 billion.'),
        ("use-from-an-agent.md", '"id":"investment.txt"'),
    ],
)
def test_request_on_the_page_gets_an_answer(url: str, page: str, expected: str) -> None:
    """Whoever tries the page begins with it."""
    shell = shutil.which("sh")
    if shell is None or shutil.which("curl") is None:
        pytest.skip("needs sh and curl, by which the page asks")
    text = (_ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    (command,) = [block for block in _FENCED.findall(text) if block.startswith("curl ")]

    done = subprocess.run(
        [shell, "-c", command.replace(_ADDRESS, url)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert expected in done.stdout.replace('\\"', '"'), done.stdout
