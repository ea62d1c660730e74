"""What a question's words weigh, and which of them stand for others."""

import math
from pathlib import Path

import pytest
from tests.small_index import passage, small_index

from briefqa.backends.hashing import HashEmbedder
from briefqa.protocols import LexicalIndex
from briefqa.retrieval import held_terms, idf, term_weights
from briefqa.retrieval.terms import in_header_words


@pytest.fixture
def words(tmp_path: Path) -> LexicalIndex:
    """Four passages: three hold `grid`, one holds `dam`."""
    texts = ["The grid and the dam", "The grid", "A grid", "Wind"]
    chunks = [passage("a", 40 * at, text) for at, text in enumerate(texts)]
    return small_index(chunks, HashEmbedder(8), tmp_path).words


@pytest.mark.parametrize("documents", [0, 1, 7, 10_000])
def test_idf_is_positive_and_falls_with_frequency(documents: int) -> None:
    """Rare words decide; and no word, however common, counts against a passage."""
    weights = [idf(held, documents) for held in range(documents + 1)]

    assert weights == sorted(weights, reverse=True)
    assert min(weights) > 0


def test_rare_terms_weigh_more_and_unknown_ones_most(words: LexicalIndex) -> None:
    """The formula of Lucene, counted by hand: three, one and none of four passages."""
    weights = term_weights("Which grid has a dam or a volcano?", words)

    assert list(weights) == ["grid", "dam", "volcano"]
    expected = [math.log(1 + (4 - n + 0.5) / (n + 0.5)) for n in (3, 1, 0)]
    assert list(weights.values()) == pytest.approx(expected)


def test_question_of_nothing_but_small_words_weighs_nothing(words: LexicalIndex) -> None:
    """It must not divide by zero further on."""
    assert term_weights("What is it?", words) == {}


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote the brief on AI sovereignty?",
        "Name the author, please",
        "Is Neff its writer?",
        "WROTE?",
        "Which report did Coyle write? I mean: author",
    ],
)
def test_questions_of_authorship_look_for_a_header(question: str) -> None:
    """Nothing in `Authors: J. Montgomery` says `wrote`, so the question has to."""
    asked = in_header_words(question)

    assert asked.startswith(question)
    assert "author" in asked.removeprefix(question)


@pytest.mark.parametrize("question", ["How large is the grid?", "What authority rules?", ""])
def test_other_questions_are_left_alone(question: str) -> None:
    """Words nobody asked for would find passages nobody wants."""
    assert in_header_words(question) == question


def test_a_header_holds_the_words_that_ask_for_it(words: LexicalIndex) -> None:
    """Else the passage that names the authors would count as covering none of the question."""
    wanted = set(words.terms("wrote writer"))

    assert wanted <= held_terms("Authors: Gina Neff", words)
    assert not wanted & held_terms("Gina Neff is a professor", words)
