"""``--reranker`` from the command to the order of the passages, with a real CrossEncoder."""

import json
from pathlib import Path

import pytest
from tests.models import write_tiny_reranker
from tests.terminal import Json, Terminal

from briefqa.assembly.opening import open_texts
from briefqa.backends.sentence_transformers.reranker import load
from briefqa.datatypes import ChunkId

pytestmark = pytest.mark.model

_QUESTION = "who needs power"
_SHOWN = 8
_TOP = 6
_NAMES = ("dam", "grid", "port", "mill", "mine", "pump", "rail", "road", "ship", "town")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CrossEncoder with random weights: its order is like no other."""
    return write_tiny_reranker(tmp_path_factory.mktemp("reranker"), seed=5)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A folder with an index of ten short documents."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "briefs").mkdir()
    for number, name in enumerate(_NAMES):
        text = f"The {name} needs {number} units of power. Who runs the {name} is not said."
        (folder / "briefs" / f"{name}.txt").write_text(text, encoding="utf-8")
    terminal = Terminal(folder)
    done = terminal("index", "briefs", "--embedder", "hash")
    assert done.returncode == 0, done.stderr
    return terminal


def _search(place: Terminal, *options: str) -> tuple[list[Json], str]:
    """Return the passages found, and what was said meanwhile."""
    done = place(
        "search",
        "--json",
        "--top-k",
        str(_SHOWN),
        *options,
        _QUESTION,
        BRIEFQA_RERANK_TOP=str(_TOP),
    )
    assert done.returncode == 0, done.stderr
    passages: list[Json] = json.loads(done.stdout)["passages"]
    return passages, done.stderr


def test_a_search_is_ordered_by_the_reference_s_scores(place: Terminal, model: Path) -> None:
    """Command, settings, export, runner and stage in one: nothing on the way may change a score."""
    plain, _ = _search(place)
    found, said = _search(place, "--reranker", f"sentence-transformers:{model}")
    again, said_again = _search(place, "--reranker", f"sentence-transformers:{model}")

    with open_texts(place.folder / "index") as generation:
        chunks = generation.chunks([ChunkId(passage["chunk_id"]) for passage in plain])
    scores = load(str(model)).score(_QUESTION, [chunk.embedded_text for chunk in chunks[:_TOP]])
    expected = sorted(zip(scores.tolist(), plain[:_TOP], strict=True), key=lambda pair: -pair[0])

    assert [p["doc_id"] for p in found[:_TOP]] == [p["doc_id"] for _, p in expected]
    assert [p["score"] for p in found[:_TOP]] == pytest.approx([s for s, _ in expected], abs=1e-4)
    assert [p["doc_id"] for p in found[:_TOP]] != [p["doc_id"] for p in plain[:_TOP]]
    for passage, (_, former) in zip(found, expected, strict=False):
        assert passage["scores"]["rerank"] == passage["score"]
        assert passage["scores"]["fused"] == former["score"]
    assert found[_TOP:] == plain[_TOP:]
    assert [p["rank"] for p in found] == list(range(1, _SHOWN + 1))
    assert said == "preparing the reranker …\n"
    assert (again, said_again) == (found, "")


def test_a_damaged_export_is_made_afresh_by_the_next_question(place: Terminal, model: Path) -> None:
    """A wrong graph would rank in silence; the model it came from is still there."""
    option = ("--reranker", f"sentence-transformers:{model}")
    before, _ = _search(place, *option)
    (weights,) = (place.folder / "index" / "models").glob("*/model.bin")
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)

    after, said = _search(place, *option)

    assert after == before
    assert "is damaged" in said
    assert "preparing the reranker" in said


def test_a_reranker_that_is_none_ends_the_command_in_one_line(place: Terminal) -> None:
    """Before any question is asked, with the exit code of what went wrong."""
    unknown = place("ask", "--reranker", "monot5:x", _QUESTION)
    nowhere = place("ask", "--reranker", "sentence-transformers:./nowhere", _QUESTION)
    unset = place("search", "--reranker", "", _QUESTION, BRIEFQA_RERANKER="monot5:x")

    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "no plug-in 'monot5'" in unknown.stderr
    assert (nowhere.returncode, nowhere.stdout) == (5, "")
    assert "is not a folder" in nowhere.stderr
    assert unset.returncode == 0
