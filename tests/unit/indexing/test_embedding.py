"""Which texts the model is asked for, and where each vector ends up."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.corpus import Corpus, RecordingEmbedder

from briefqa.errors import BackendError
from briefqa.indexing.manifest import embedding_key
from briefqa.protocols import Vectors


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
