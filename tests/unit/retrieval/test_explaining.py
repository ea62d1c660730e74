"""Explanations against the searches that they explain, and against plain counting."""

import json
import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rerankers import HashReranker, hash_score
from tests.unit.retrieval.explained_index import (
    CONDITIONS,
    QUESTIONS,
    WORDS,
    ExplainedIndex,
    explained_index,
)

from briefqa.datatypes import SearchResult
from briefqa.retrieval import embed_question
from briefqa.retrieval.explaining import Explanation, apportioned, explain
from briefqa.retrieval.search import rank
from briefqa.wire import search_to_wire

_K1 = 1.2


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> ExplainedIndex:
    """An index with more chunks than there are candidates."""
    return explained_index(tmp_path_factory.mktemp("explaining"))


def _explain(place: ExplainedIndex, result: SearchResult) -> Explanation:
    return explain(result, place.generation, place.corpus.embedder)


def _all_texts(place: ExplainedIndex) -> list[str]:
    index = place.generation
    return [
        chunk.embedded_text for info in index.documents() for chunk in index.chunks_of(info.doc_id)
    ]


@settings(max_examples=50)
@given(question=QUESTIONS, k=st.integers(1, 20), where=CONDITIONS)
def test_contributions_add_up_to_the_score_as_it_is_shown(
    place: ExplainedIndex, question: str, k: int, where: tuple[str, ...]
) -> None:
    """A sum that is off by one in the last place makes a reader doubt the rest."""
    result = place.search(question, k, *where)

    wire = json.loads(json.dumps(search_to_wire(result, _explain(place, result))))

    for passage in wire["passages"]:
        stages = passage["explanation"]["stages"]
        parts = [Decimal(str(stage["contribution"])) for stage in stages]
        assert sum(parts) == Decimal(str(passage["score"]))
        for stage in stages:
            product = stage["weight"] * stage["counted"]
            # Each factor and the product are rounded to six places.
            assert stage["contribution"] == pytest.approx(product, abs=3e-6)


@settings(max_examples=50)
@given(question=QUESTIONS, where=CONDITIONS)
def test_values_are_those_of_the_searches(
    place: ExplainedIndex, question: str, where: tuple[str, ...]
) -> None:
    """Cosines, BM25 and late interaction, each taken from the stage itself, and what they count."""
    result = place.search(question, 10, *where)
    index, asked = (
        place.generation,
        embed_question(question, place.corpus.embedder, place.generation.words),
    )
    bm25 = dict(index.words.search(question, len(index.words)))
    terms = set(question.split()) - {"who"}
    texts = _all_texts(place)
    idf = {
        term: math.log1p((len(texts) - n + 0.5) / (n + 0.5))
        for term in terms
        for n in [sum(term in text.replace(".", " ").split() for text in texts)]
    }

    explanation = _explain(place, result)

    assert {each.term: each.weight for each in explanation.terms} == pytest.approx(idf)
    for passage, hit in zip(result.passages, explanation.hits, strict=True):
        chunk = passage.hit.chunk
        gave = {each.stage: each for each in hit.stages}
        (vector,) = place.corpus.embedder.embed_documents([chunk.embedded_text])
        assert gave["dense"].value == pytest.approx(float(vector @ asked.vector), abs=1e-5)
        assert gave["dense"].counted == pytest.approx(max(0.0, gave["dense"].value))
        assert gave["late"].value == passage.hit.scores["late"]
        assert gave["feedback"].value == passage.hit.scores["feedback"]
        # That of a chunk which only the nearest put forward is not looked up.
        if gave["lexical"].value:
            assert gave["lexical"].value == pytest.approx(bm25[chunk.chunk_id], abs=1e-4)
        share = gave["lexical"].value / ((_K1 + 1) * sum(idf.values())) if idf else 0.0
        assert gave["lexical"].counted == pytest.approx(share, abs=1e-5)
    assert sum(explanation.weights.values()) == pytest.approx(1)


@settings(max_examples=50)
@given(question=QUESTIONS, where=CONDITIONS)
def test_ranks_agree_with_sorting(
    place: ExplainedIndex, question: str, where: tuple[str, ...]
) -> None:
    """In every stage, and over all: the best has rank 1, and equals share a rank."""
    result = place.search(question, 10, *where)
    asked = embed_question(question, place.corpus.embedder, place.generation.words)
    among = place.generation.matching(result.conditions) if where else None
    ranking = rank(asked, place.generation, among=among)
    order = [chunk.chunk_id for chunk in ranking.order]

    explanation = _explain(place, result)

    assert explanation.candidates == len(order)
    for passage, hit in zip(result.passages, explanation.hits, strict=True):
        chunk_id = passage.hit.chunk.chunk_id
        assert order[hit.rank - 1] == chunk_id
        for stage in hit.stages:
            falling = sorted((each[stage.stage] for each in ranking.scores.values()), reverse=True)
            assert falling.index(ranking.scores[chunk_id][stage.stage]) == stage.rank - 1


@settings(max_examples=50)
@given(question=QUESTIONS)
def test_terms_of_a_passage_are_those_that_find_it(place: ExplainedIndex, question: str) -> None:
    """What is said to be in a passage must be what brought it up."""
    result = place.search(question, 10)
    words = place.generation.words

    explanation = _explain(place, result)

    for term in explanation.terms:
        found = {chunk_id for chunk_id, _ in words.search(term.term, len(words))}
        assert len(found) == term.document_frequency
        for passage, hit in zip(result.passages, explanation.hits, strict=True):
            assert (term in hit.terms) == (passage.hit.chunk.chunk_id in found)


def test_words_that_are_looked_up_for_a_header_are_marked(place: ExplainedIndex) -> None:
    """The word of a header is not in the question, and a reader would wonder about it."""
    result = place.search("who wrote about the grid", 3)

    explanation = _explain(place, result)

    added = {each.term for each in explanation.terms if each.is_added}
    assert {each.term for each in explanation.terms} - added == {"wrote", "grid"}
    assert "author" in added
    assert all("author" in {each.term for each in hit.terms} for hit in explanation.hits)
    assert explanation.language == "en"


def test_a_reranked_passage_says_what_it_was_given_and_where_it_came_from(
    place: ExplainedIndex,
) -> None:
    """Otherwise nobody could tell the retriever's doing from the reranker's."""
    former = {
        passage.hit.chunk.chunk_id: passage.hit
        for passage in place.search("wind coal dam", 20).passages
    }
    reranked = replace(place, reranker=HashReranker(), rerank_top=8).search("wind coal dam", 10)

    explanation = _explain(place, reranked)

    assert [hit.reranked is not None for hit in explanation.hits] == [True] * 8 + [False] * 2
    for passage, hit in zip(reranked.passages, explanation.hits, strict=True):
        chunk = passage.hit.chunk
        assert hit.score == former[chunk.chunk_id].score
        if hit.reranked is not None:
            assert hit.reranked.score == hash_score(chunk.embedded_text)
            assert hit.reranked.rank_before == former[chunk.chunk_id].rank


def test_nothing_found_is_explained_too(place: ExplainedIndex) -> None:
    """The words and their weights tell why, where a condition leaves nothing."""
    result = place.search(f"{WORDS[0]} volcano", 5, "published>2090")

    explanation = _explain(place, result)

    assert (explanation.hits, explanation.candidates) == ((), 0)
    assert [each.document_frequency > 0 for each in explanation.terms] == [True, False]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.integers(0, 6))
def test_apportioned_parts_add_up_and_stay_close(parts: list[float], decimals: int) -> None:
    """Each is its part, rounded up or down, and what is nothing stays nothing."""
    total = sum(parts)
    scale = 10**decimals

    rounded = apportioned(parts, total, decimals)

    assert sum(round(part * scale) for part in rounded) == round(total * scale)
    for before, after in zip(parts, rounded, strict=True):
        assert abs(before - after) < 1 / scale + 1e-9
        assert (before > 0) or after == 0
    np.testing.assert_allclose(rounded, np.round(rounded, decimals))
