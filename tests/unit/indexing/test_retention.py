"""Going back, and letting go."""

import pytest
from tests.corpus import Corpus

from briefqa.errors import IndexDamagedError, NoGenerationError
from briefqa.indexing import read_current
from briefqa.indexing.retention import collect_garbage, list_generations, roll_back


@pytest.fixture
def twice(corpus: Corpus) -> tuple[Corpus, str, str]:
    """An index with two generations, and their names, older first."""
    first = corpus.sync().generation
    corpus.write("later.txt", "This came later.\n")
    return corpus, first, corpus.sync().generation


def _serving(corpus: Corpus) -> str:
    return read_current(corpus.index).serving.generation


def test_generations_are_listed_with_what_they_hold(twice: tuple[Corpus, str, str]) -> None:
    """Whoever rolls back wants to know to what."""
    corpus, first, second = twice

    now, before = list_generations(corpus.index)

    assert (now.generation, now.is_serving, now.documents) == (second, True, 5)
    assert (before.generation, before.is_serving, before.documents) == (first, False, 4)
    assert now.problem is before.problem is None
    folder = corpus.index / "generations" / second
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    assert now.size == sum(path.stat().st_size for path in files)


def test_rolling_back_twice_goes_forward(twice: tuple[Corpus, str, str]) -> None:
    """It must be as easy to undo as to do."""
    corpus, first, second = twice

    assert roll_back(corpus.index) == _serving(corpus) == first
    with corpus.open() as generation:
        assert "later.txt" not in {info.doc_id for info in generation.documents()}
    assert roll_back(corpus.index, second) == _serving(corpus) == second
    assert roll_back(corpus.index, second) == second


def test_sync_after_rolling_back_goes_forward_without_work(twice: tuple[Corpus, str, str]) -> None:
    """The folder still says what the index should hold."""
    corpus, _, second = twice
    roll_back(corpus.index)
    corpus.embedder.seen.clear()

    report = corpus.sync()

    assert (report.generation, report.published) == (second, True)
    assert corpus.embedder.seen == []


def test_what_is_not_kept_cannot_be_gone_back_to(corpus: Corpus) -> None:
    """The message names what there is."""
    only = corpus.sync().generation

    with pytest.raises(NoGenerationError, match=only):
        roll_back(corpus.index)
    with pytest.raises(NoGenerationError, match="0000"):
        roll_back(corpus.index, "0" * 20)


def test_damaged_generation_is_listed_but_not_gone_back_to(twice: tuple[Corpus, str, str]) -> None:
    """Going from bad to worse is no way back."""
    corpus, first, second = twice
    (corpus.index / "generations" / first / "texts.bin").write_bytes(b"junk")

    problem = list_generations(corpus.index)[1].problem

    assert problem is not None
    assert "texts.bin" in problem
    with pytest.raises(IndexDamagedError, match=first):
        roll_back(corpus.index)
    assert _serving(corpus) == second


def test_garbage_is_everything_but_what_serves(twice: tuple[Corpus, str, str]) -> None:
    """After a deletion the deleted text is still in the generation before."""
    corpus, first, second = twice

    assert collect_garbage(corpus.index) == [first]

    assert corpus.generations() == {second}
    assert collect_garbage(corpus.index) == []
    with corpus.open() as generation:
        assert generation.info.generation == second


def test_last_good_generation_is_no_garbage(twice: tuple[Corpus, str, str]) -> None:
    """What saves the day must not be thrown away."""
    corpus, first, second = twice
    (corpus.index / "generations" / second / "texts.bin").write_bytes(b"junk")

    with pytest.raises(IndexDamagedError, match=second):
        collect_garbage(corpus.index)

    assert first in corpus.generations()
