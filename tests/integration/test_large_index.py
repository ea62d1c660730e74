"""An index whose vectors are in lists: what a user wishes for, and what that gives."""

import json
from pathlib import Path

import numpy as np
import pytest

from briefqa import build_index, open_index
from briefqa.assembly.opening import open_texts
from briefqa.backends.faiss import FaissBackend
from briefqa.backends.hashing import HashEmbedder
from briefqa.backends.tantivy import TantivyBackend
from briefqa.cli.diagnosing import examine
from briefqa.cli.findings import State
from briefqa.indexing.checks import check_contents
from briefqa.settings import Settings

_DOCUMENTS = 1200
_WORDS = [f"word{number}" for number in range(300)]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """Short documents of random words; one in forty is tagged."""
    folder = tmp_path / "briefs"
    folder.mkdir()
    chance = np.random.default_rng(1)
    records = (
        {
            "_id": f"{number:04}",
            "text": " ".join(chance.choice(_WORDS, 12)),
            "tags": ["rare"] if number % 40 == 0 else ["common"],
        }
        for number in range(_DOCUMENTS)
    )
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "all.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put vectors in lists from a hundred on."""
    # The default is bound when the class is made.
    monkeypatch.setattr(FaissBackend.__init__, "__kwdefaults__", {"beyond": 100})


def _vectors_line(index: Path) -> tuple[State, str]:
    [found] = [each for each in examine(Settings(index=str(index))) if each.name == "index vectors"]
    return found.state, found.detail


def test_doctor_says_that_all_are_compared_in_a_small_index(
    documents: Path, tmp_path: Path
) -> None:
    """What is exact needs no share."""
    build_index(documents, tmp_path / "index", embedder="hash:32")

    assert _vectors_line(tmp_path / "index") == (State.OK, "all are compared with a question")


@pytest.mark.usefixtures("few_are_many")
def test_the_wish_decides_how_much_is_searched_and_doctor_says_what_that_found(
    documents: Path, tmp_path: Path
) -> None:
    """A user wishes for a share, and is told the share, not the parameters of a library."""
    index = tmp_path / "index"
    probes: list[int] = []
    for recall in (0.6, 0.98):
        report = build_index(documents, index, embedder="hash:32", recall=recall)
        folder = index / "generations" / report.generation / "vectors"
        lists = json.loads((folder / "about.json").read_bytes())["lists"]
        probes.append(lists["probes"])
        assert lists["recall"] >= lists["wished"] == recall
        state, detail = _vectors_line(index)
        assert state is State.OK
        assert f"({recall:.1%} wished)" in detail

    assert probes[0] < probes[1]
    # Nothing was embedded for the second: the vectors were there.
    assert report.embedded == 0
    assert check_contents(index, stores=FaissBackend(), words=TantivyBackend()) == []


@pytest.mark.usefixtures("few_are_many")
def test_a_wish_for_all_is_exact(documents: Path, tmp_path: Path) -> None:
    """Whoever must not miss anything can say so, whatever the size."""
    build_index(documents, tmp_path / "index", embedder="hash:32", recall=1)

    assert _vectors_line(tmp_path / "index") == (State.OK, "all are compared with a question")


@pytest.mark.usefixtures("few_are_many")
def test_a_filter_in_a_large_index_loses_no_document(documents: Path, tmp_path: Path) -> None:
    """Lists are looked into by nearness; what a filter leaves may lie in any of them."""
    index = tmp_path / "index"
    build_index(documents, index, embedder="hash:32", recall=0.6)
    embedder = HashEmbedder(32)

    with open_index(index) as service, open_texts(index) as generation:
        found = service.search("word1 word2 word3", top_k=30, where=["tag=rare"])
        selected = generation.matching(found.conditions)
        ids = [generation.catalogue.chunk_ids()[place] for place in selected.positions]
        [query] = embedder.embed_queries(["word1 word2 word3"])
        [hits] = generation.vectors.search(query[None], 10, among=selected)
        exact = generation.vectors.vectors(ids).astype(np.float64) @ query

    assert len(ids) == _DOCUMENTS // 40
    assert len(found.passages) == len(ids)
    best = np.sort(exact)[::-1][:10]
    np.testing.assert_allclose([score for _, score in hits], best, atol=1e-6)


@pytest.mark.usefixtures("few_are_many")
def test_two_builds_of_a_large_index_are_equal_byte_for_byte(
    documents: Path, tmp_path: Path
) -> None:
    """Same input, same index: lists too, though they come of a sample and of k-means."""
    made: list[dict[str, bytes]] = []
    for name in ("one", "other"):
        report = build_index(documents, tmp_path / name, embedder="hash:32")
        folder = tmp_path / name / "generations" / report.generation / "vectors"
        made.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})

    assert list(made[0]) == ["about.json", "lists.bin", "rows.bin"]
    assert made[0] == made[1]
