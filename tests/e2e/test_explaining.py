"""Explanations and lost documents as the terminal and HTTP tell them."""

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal

import httpx2
import pytest
from tests.terminal import Json, Terminal, environment

from briefqa.api.schemas import SearchReply

_QUESTION = "who pays for the harbour"
_BRIEFS = {
    "harbour.md": "---\npublished: 2024-05\n---\n\n# Harbour\n\nThe town pays for the harbour.\n",
    "copy.md": "---\npublished: 2024-05\n---\n\n# Harbour\n\nThe town pays for the harbour.\n",
    "ferry.md": "---\npublished: 2025-01\n---\n\n# Ferry\n\nThe ferry sails twice a day.\n",
    "fund.md": "# Fund\n\nThe fund pays for roads, and the harbour has none of it.\n",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A folder with an index of four short documents."""
    folder = tmp_path_factory.mktemp("explaining")
    (folder / "briefs").mkdir()
    for name, text in _BRIEFS.items():
        (folder / "briefs" / name).write_text(text, encoding="utf-8")
    terminal = Terminal(folder)
    done = terminal("index", "briefs", "--embedder", "hash")
    assert done.returncode == 0, done.stderr
    return terminal


@pytest.fixture(scope="module")
def client(place: Terminal) -> Iterator[httpx2.Client]:
    """A client of a server of that index."""
    with subprocess.Popen(
        [sys.executable, "-m", "briefqa", "serve", "--port", "0"],
        cwd=place.folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        try:
            line = next(line for line in process.stderr if "serving at" in line)
            url = line.split("serving at ")[1].split()[0]
            with httpx2.Client(base_url=url, timeout=30) as client:
                yield client
        finally:
            process.terminate()


def _timeless(reply: Json) -> Json:
    return {name: value for name, value in reply.items() if name != "took_ms"}


def test_terminal_and_http_explain_alike(place: Terminal, client: httpx2.Client) -> None:
    """One shape, that of the schema, with nothing about the passages changed by explaining."""
    body = {"question": _QUESTION, "top_k": 2, "filters": ["doc_id!=copy.md"]}
    arguments = ("search", "--top-k", "2", "--where", "doc_id!=copy.md", _QUESTION)

    printed = place.json(*arguments, "--explain")
    replied = client.post("/v1/search", json={**body, "explain": True}).json()
    plain = client.post("/v1/search", json={**body, "explain": False}).json()
    every = client.post("/v1/search", json={**body, "top_k": 100}).json()["passages"]

    assert _timeless(replied) == _timeless(printed)
    SearchReply.model_validate(replied)
    explanations = [passage.pop("explanation") for passage in replied["passages"]]
    explanation = replied.pop("explanation")
    assert _timeless(replied) == _timeless(plain)
    assert len(explanations) == 2
    assert explanation["candidates"] == sum(1 + len(each["duplicates"]) for each in every)
    for passage, each in zip(replied["passages"], explanations, strict=True):
        parts = [Decimal(str(stage["contribution"])) for stage in each["stages"]]
        assert sum(parts) == Decimal(str(passage["score"])) == Decimal(str(each["score"]))


def test_explanation_for_people_adds_up(place: Terminal) -> None:
    """The column of what is added is summed up below it, as a reader would."""
    done = place("search", "--explain", "--top-k", "1", _QUESTION)

    lines = [line.split() for line in done.stdout.splitlines()]
    adds = {
        line[0]: Decimal(line[-1])
        for line in lines
        if line and line[0] in {"dense", "lexical", "late", "sentence", "feedback", "score"}
    }
    assert len(adds) == 6
    assert sum(adds.values()) == 2 * adds["score"]
    assert "Language of the question: en · " in done.stdout
    assert "harbour (" in done.stdout.partition("Words of the question: ")[2]


def test_explain_must_be_true_or_false(client: httpx2.Client) -> None:
    """A string would be true whatever it says; and an answer is not explained."""
    typed = client.post("/v1/search", json={"question": "x", "explain": "no"})
    asked = client.post("/v1/ask", json={"question": "x", "explain": True})

    (error,) = typed.json()["errors"]
    assert (typed.status_code, error["pointer"]) == (422, "#/explain")
    assert error["detail"] == 'must be true or false, found "no"'
    assert (asked.status_code, asked.json()["errors"][0]["pointer"]) == (422, "#/explain")


@pytest.mark.parametrize(
    ("arguments", "code", "reason", "words"),
    [
        (("harbor.md",), 3, "unknown", "did you mean 'harbour.md'?"),
        (("harbour.md", "--since", "2025"), 0, "excluded", "its published is '2024-05'"),
        (("fund.md", "--where", "published>2000"), 0, "excluded", "states no published"),
        (("ferry.md", "--top-k", "1"), 0, "outranked", "it loses most"),
        (("harbour.md", "--top-k", "1"), 0, "repeat", "says the same"),
        (("copy.md", "--top-k", "1"), 0, "shown", "is there, at rank 1."),
    ],
)
def test_why_not_names_the_reason(
    place: Terminal, arguments: tuple[str, ...], code: int, reason: str, words: str
) -> None:
    """The same sentence to people and to programs, and a code that scripts can tell apart."""
    found = place.json("why-not", *arguments, _QUESTION, code=code)
    shown = place("why-not", *arguments, *_QUESTION.split(), COLUMNS="500")

    assert found["reason"] == reason
    assert words in found["sentence"]
    assert shown.stdout.splitlines()[0] == found["sentence"]
    assert (shown.returncode, shown.stderr) == (code, "")


def test_why_not_reads_the_question_from_stdin_and_refuses_nonsense(place: Terminal) -> None:
    """It is asked as `search` is."""
    typed = place.json("why-not", "copy.md", _QUESTION)
    piped = place.json("why-not", "copy.md", "-", stdin=_QUESTION)
    without = place("why-not", "copy.md")
    beyond = place("why-not", "copy.md", "--top-k", "101", "x")

    assert piped == typed
    assert (without.returncode, beyond.returncode) == (2, 2)
    assert without.stderr.count("\n") == beyond.stderr.count("\n") == 1


def test_a_question_that_is_not_explained_does_not_load_what_explains(place: Terminal) -> None:
    """Every cold start would pay for it."""
    program = (
        "import sys; from briefqa.cli.app import run; run(sys.argv[1:]);"
        "print([name for name in sys.modules if name.startswith('briefqa.retrieval.')],"
        " file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "search", "--json", _QUESTION],
        cwd=place.folder,
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )

    assert "briefqa.retrieval.search" in done.stderr
    for name in ("explaining", "why_not", "reasons"):
        assert f"briefqa.retrieval.{name}" not in done.stderr
