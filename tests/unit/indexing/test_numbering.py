"""Chunks are found by their numbers, and numbers by their chunks."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.corpus import Corpus, fill

from briefqa.datatypes import ChunkId
from briefqa.indexing import Generation
from briefqa.indexing.catalogue import Catalogue
from briefqa.indexing.numbering import CatalogueNumbers


def _numbers(generation: Generation) -> CatalogueNumbers:
    assert isinstance(generation.catalogue, Catalogue)
    return generation.catalogue.numbers()


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """An index of some chunks."""
    place = tmp_path_factory.mktemp("numbered")
    corpus = Corpus(place / "briefs", place / "index")
    corpus.folder.mkdir()
    fill(corpus).sync()
    return corpus.open()


@given(data=st.data(), kept=st.integers(0, 4))
def test_numbers_lead_to_ids_and_back(
    generation: Generation, data: st.DataObject, kept: int
) -> None:
    """A wrong one would show another passage under a right score."""
    ids = generation.catalogue.chunk_ids()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("briefqa.indexing.numbering._KEPT", kept)
        numbers = _numbers(generation)
        assert len(numbers) == len(ids)
        for _ in range(3):
            places = data.draw(st.lists(st.integers(0, len(ids) - 1)))
            assert numbers.ids(places) == [ids[place] for place in places]
            assert numbers.positions([ids[place] for place in places]) == places


def test_what_is_not_there_has_no_number(generation: Generation) -> None:
    """It must not be taken for a chunk that is."""
    numbers = _numbers(generation)

    with pytest.raises(KeyError):
        numbers.positions([ChunkId("none#0-1")])
    with pytest.raises(KeyError):
        numbers.ids([len(numbers)])


def test_an_index_of_nothing_has_no_numbers(tmp_path: Path) -> None:
    """An empty index can be opened like any other."""
    corpus = Corpus(tmp_path / "briefs", tmp_path / "index")
    corpus.folder.mkdir()
    corpus.sync(allow_empty=True)

    with corpus.open() as generation:
        assert len(_numbers(generation)) == 0
