"""What a question names is told from what it only says."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.small_index import SmallIndex, passage, small_index

from briefqa.answering.declining import Missing, find_missing, reason_to_decline
from briefqa.answering.extracting import content_weights
from briefqa.answering.naming import AskedWord, asked_words, lacked
from briefqa.backends.hashing import HashEmbedder
from briefqa.datatypes import Chunk, Hit
from briefqa.retrieval import held_terms, term_weights

_CHUNKS = [
    passage("a", 0, "The grid of Zambia needs ten gigawatts of power by 2030."),
    passage("b", 0, "The dam at Kariba is old."),
]
_WORDS = st.lists(
    st.sampled_from(
        [
            *("What", "is", "the", "GDP", "of", "Zambia’s", "power", "in", "2030", "Kariba", "dam"),
            *("Beijing", "Treaty", "on", "Performances", "spend", "?", "-", "€"),
        ]
    ),
    min_size=1,
    max_size=10,
).map(" ".join)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SmallIndex:
    """An index of two sentences."""
    return small_index(_CHUNKS, HashEmbedder(), tmp_path_factory.mktemp("words"))


def _weights(question: str, index: SmallIndex) -> Mapping[str, float]:
    return content_weights(term_weights(question, index.words), index.words)


def _asked(question: str, index: SmallIndex) -> list[AskedWord]:
    return asked_words(question, _weights(question, index), index.words)


def _hit(chunk: Chunk) -> Hit:
    return Hit(chunk, 0.5, 1, {"dense": 0.5})


def _missing(question: str, index: SmallIndex, shown: list[Chunk]) -> Missing:
    hits = [_hit(chunk) for chunk in shown]
    return find_missing(question, hits, _weights(question, index), index.words)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What is the GDP of Zambia?", ["GDP", "Zambia"]),
        ("When did Zambia’s power fail in 2030?", ["Zambia", "2030"]),
        ("NSF was paid by whom?", ["NSF"]),
        ("what is the power of the grid", []),
        ("What Is The Power Of The Zambia Grid Needed For?", []),
        ("The dam is old", []),
    ],
)
def test_names_numbers_and_acronyms_are_named(
    question: str, named: list[str], index: SmallIndex
) -> None:
    """Without their possessive; a capital says nothing at the head, or where all words have one."""
    assert [word.text for word in _asked(question, index) if word.is_named] == named


@given(question=_WORDS)
def test_words_stand_in_the_question_as_they_are_said(question: str, index: SmallIndex) -> None:
    """In its own spelling and in order, for they are shown to whoever asked."""
    words = _asked(question, index)

    assert all(question[word.start : word.end] == word.text for word in words)
    assert all(one.end <= other.start for one, other in pairwise(words))


@given(question=_WORDS)
def test_what_is_missing_is_in_no_passage_shown(question: str, index: SmallIndex) -> None:
    """At most three, each the question's own words, each with a term that no passage has."""
    held = {term for chunk in _CHUNKS for term in held_terms(chunk.text, index.words)}

    missing = _missing(question, index, _CHUNKS)

    assert len(missing.texts) <= 3
    assert set(missing.named) <= set(missing.texts)
    for text in missing.texts:
        assert text in question
        assert set(index.words.terms(text)) - held
    if not missing.texts:
        assert not [each for each in lacked(_asked(question, index), held) if each.is_named]


@given(question=_WORDS)
def test_what_one_passage_holds_is_not_missing_from_two(question: str, index: SmallIndex) -> None:
    """To show more can only leave less missing."""
    if not _missing(question, index, _CHUNKS[:1]).texts:
        assert not _missing(question, index, _CHUNKS).texts


def test_names_that_stand_together_are_one(index: SmallIndex) -> None:
    """A treaty is missing, and not three of the words of its name."""
    question = "When did Zambia ratify the Beijing Treaty on Audiovisual Performances?"

    missing = _missing(question, index, _CHUNKS)

    assert missing.texts == ("Beijing Treaty on Audiovisual Performances", "ratify")
    assert missing.named == missing.texts[:1]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (
            "What is the GDP of Zambia?",
            "The documents say nothing about GDP; the nearest passages are shown.",
        ),
        (
            "Is the dam at Kariba leaking?",
            "The documents do not have the word “leaking”; the nearest passages are shown.",
        ),
        (
            "What does the grid of Zambia need?",
            (
                "The words of the question occur, but no sentence seems to answer it; the nearest "
                "passages are shown."
            ),
        ),
    ],
)
def test_the_reason_names_what_is_missing(question: str, reason: str, index: SmallIndex) -> None:
    """Or says that nothing is, and that no sentence answers all the same."""
    missing = _missing(question, index, _CHUNKS)

    assert reason_to_decline(missing, shown=2) == reason


def test_words_that_only_link_are_not_missed(index: SmallIndex) -> None:
    """Of a question in another language they would be all that is named."""
    question = "¿Por qué no es la presa tan antigua? Why didn’t it?"

    assert set(_missing(question, index, _CHUNKS).texts) <= {"presa", "antigua"}


def test_what_other_documents_hold_is_only_missing_from_what_is_shown(index: SmallIndex) -> None:
    """To say that the documents are silent on Kariba would be wrong."""
    missing = _missing("How old is Kariba?", index, _CHUNKS[:1])

    assert missing.texts[:1] == ("Kariba",)
    assert reason_to_decline(missing, shown=1) == (
        "The nearest passages, which are shown, say nothing about Kariba."
    )
