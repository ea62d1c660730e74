"""Catalogue, vectors and words agree on which chunk is which, whatever has happened to an index."""

from pathlib import Path

import pytest
from tests.corpus import Corpus, fill

from briefqa.indexing import Generation
from briefqa.retrieval import make_condition


def _check_every_document(generation: Generation, corpus: Corpus) -> int:
    """Ask each document alone, by meaning and by words; return how many there are."""
    infos = generation.documents()
    for info in infos:
        among = generation.matching([make_condition("doc_id", "=", info.doc_id)])
        own = generation.chunks_of(info.doc_id)
        (vector,) = corpus.embedder.embed_queries([own[0].text])[:, None]

        (near,) = generation.vectors.search(vector, 1000, among=among)
        worded = generation.words.search(own[0].text, 1000, among=among)

        assert len(among) == len(own)
        assert {chunk_id for chunk_id, _ in near} == {chunk.chunk_id for chunk in own}
        assert {chunk_id for chunk_id, _ in worded} <= {chunk.chunk_id for chunk in own}
        assert own[0].chunk_id in {chunk_id for chunk_id, _ in worded}
    return len(infos)


@pytest.mark.parametrize("step", ["built", "changed", "shrunk"])
def test_a_document_alone_is_found_by_every_search(tmp_path: Path, step: str) -> None:
    """A filter goes by position: one that is off by one would quote another document."""
    (tmp_path / "briefs").mkdir()
    corpus = fill(Corpus(tmp_path / "briefs", tmp_path / "index"))
    corpus.sync()
    if step != "built":
        corpus.write("a.md", "# Aardvarks\n\nThey come first in any list.\n")
        corpus.write("grid/power.txt", "Wind is cheap. Water is dear.\n\nCoal is neither.\n" * 4)
        corpus.sync()
    if step == "shrunk":
        (corpus.folder / "chips.md").unlink()
        corpus.sync()

    with corpus.open() as generation:
        assert _check_every_document(generation, corpus) == {"built": 4, "changed": 5}.get(step, 4)
