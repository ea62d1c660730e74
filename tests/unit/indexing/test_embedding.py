"""Which texts the model is asked for, and where each vector ends up."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus import Corpus, RecordingEmbedder

from briefqa.errors import BackendError
from briefqa.indexing.manifest import embedding_key
from briefqa.protocols import Vectors
from briefqa.retrieval import embed_question, find_hits


def test_every_chunk_gets_the_vector_of_its_own_text(corpus: Corpus) -> None:
    """After changes, old and new rows must still stand beside the right chunks."""
    corpus.sync()
    corpus.write("aaa.md", "# First\n\nThis sorts before all others. So every position moves.\n")
    corpus.write("chips.md", "# Chips\n\nFew other towns do. Germany makes chips in Dresden.\n")
    corpus.sync()

    with corpus.open() as generation:
        ids = generation.catalogue.chunk_ids()
        texts = [chunk.embedded_text for chunk in generation.chunks(ids)]
        expected = RecordingEmbedder().embed_documents(texts)

        np.testing.assert_allclose(generation.vectors.vectors(ids), expected, atol=1e-6)


def test_a_text_that_stands_twice_is_embedded_once(empty: Corpus) -> None:
    """Reports repeat their boilerplate; the model is the slowest part."""
    empty.write("a.txt", "The same words stand here.\n")
    empty.write("b.txt", "The same words stand here.\n")

    report = empty.sync()

    assert len(empty.embedder.seen) == len(set(empty.embedder.seen)) == report.embedded == 1
    assert (report.chunks, report.reused) == (2, 1)


def test_key_depends_on_model_and_text_and_on_where_one_ends() -> None:
    """Two models, or two texts, must never share a vector."""
    keys = {embedding_key("m", "text"), embedding_key("mt", "ext"), embedding_key("m", "texts")}

    assert len(keys) == 3


class _BadEmbedder(RecordingEmbedder):
    def __init__(self, bad: Vectors) -> None:
        super().__init__()
        self._bad = bad

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        return np.repeat(self._bad, len(texts), axis=0)


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (np.full((1, 32), np.nan, dtype=np.float32), "not of length 1"),
        (np.ones((1, 32), dtype=np.float32), "not of length 1"),
        (np.zeros((1, 32), dtype=np.float32), "not of length 1"),
        (np.eye(1, 31, dtype=np.float32), "shape"),
    ],
)
def test_model_that_returns_no_unit_vectors_is_refused(
    corpus: Corpus, bad: Vectors, complaint: str
) -> None:
    """Scores of such vectors would mean nothing, and nobody would notice."""
    corpus.embedder = _BadEmbedder(bad)

    with pytest.raises(BackendError, match=complaint):
        corpus.sync()

    assert not (corpus.index / "CURRENT").exists()


def test_a_model_that_fails_is_noticed_before_all_words_are_written(empty: Corpus) -> None:
    """The words of a large folder take minutes, and none of them would be kept."""
    for number in range(300):
        empty.write(f"{number}.txt", f"Brief {number} tells of ships and harbours.\n")
    empty.embedder = _BadEmbedder(np.zeros((1, 32), dtype=np.float32))

    with pytest.raises(BackendError, match="not of length 1"):
        empty.sync()

    assert sum(told.stage == "writing" for told in empty.progress) < 300


# Texts of one sentence and of several chunks, one of which begins like another.
_TEXTS = [
    "The same words stand here.\n",
    "Other words stand here.\n",
    "The same words stand here.\n\n" + "Then a plant needs power, and water, and a road. " * 12,
    "",
]
_STATES = st.dictionaries(
    st.sampled_from(["a.txt", "b.txt", "north/a.txt"]), st.sampled_from(_TEXTS), max_size=3
)


@settings(max_examples=12)
@given(states=st.lists(_STATES, min_size=2, max_size=4))
def test_tokens_after_changes_are_those_of_a_fresh_build(states: list[dict[str, str]]) -> None:
    """Deleted, changed, renamed and repeated texts: no token may stand beside another chunk."""
    with tempfile.TemporaryDirectory() as place:
        changed = Corpus(Path(place, "briefs"), Path(place, "index"))
        fresh = Corpus(changed.folder, Path(place, "fresh"))
        for state in states:
            shutil.rmtree(changed.folder, ignore_errors=True)
            changed.folder.mkdir()
            for name, text in state.items():
                changed.write(name, text)
            changed.sync(allow_empty=True)
        fresh.sync(allow_empty=True)

        assert changed.token_files() == fresh.token_files()


def test_every_chunk_gets_the_tokens_of_its_own_text(corpus: Corpus) -> None:
    """A passage would be ranked by the words of its neighbour."""
    corpus.sync()
    corpus.write("aaa.md", "# First\n\nThis sorts before all others. So every position moves.\n")
    corpus.sync()

    with corpus.open() as generation:
        assert generation.tokens is not None
        ids = generation.catalogue.chunk_ids()
        texts = [chunk.embedded_text for chunk in generation.chunks(ids)]
        _, expected = RecordingEmbedder().embed_document_tokens(texts)
        for chunk_id, tokens in zip(ids, expected, strict=True):
            found = generation.tokens.tokens([chunk_id])[0]
            np.testing.assert_array_equal(found.ids, tokens.ids)
            np.testing.assert_array_equal(found.starts, tokens.starts)
            signs = np.unpackbits(found.codes, axis=1, bitorder="little")[:, :32]
            np.testing.assert_array_equal(signs, tokens.rows > 0)


class _PlainEmbedder:
    """The hash embedder without tokens, under the same name."""

    def __init__(self) -> None:
        self._embedder = RecordingEmbedder()
        self.model_id = self._embedder.model_id
        self.dim = self._embedder.dim
        self.tokens = self._embedder.tokens
        self.embed_documents = self._embedder.embed_documents
        self.embed_queries = self._embedder.embed_queries


def test_a_model_without_tokens_makes_an_index_without_them(corpus: Corpus) -> None:
    """Not every model has vectors of tokens; its passages are ranked by the rest."""
    corpus.embedder = _PlainEmbedder()  # type: ignore[assignment] # all that an embedder must be
    report = corpus.sync()

    with corpus.open() as generation:
        asked = embed_question("chips and water", corpus.embedder)
        hits = find_hits(asked, generation, k=5)

    assert generation.tokens is None
    assert not (corpus.index / "generations" / report.generation / "tokens").exists()
    assert len(hits) == 5
    assert {hit.scores["late"] for hit in hits} == {0}


def test_vectors_without_tokens_are_made_again_once_there_are_some(corpus: Corpus) -> None:
    """Half of the passages with tokens, and half without, would not compare."""
    corpus.embedder = _PlainEmbedder()  # type: ignore[assignment] # as above
    without = corpus.sync()
    corpus.embedder = RecordingEmbedder()

    report = corpus.sync()

    assert report.generation != without.generation
    assert report.embedded == len(set(corpus.embedder.seen)) == without.embedded
    with corpus.open() as generation:
        assert generation.tokens is not None
        assert len(generation.tokens) == report.chunks
