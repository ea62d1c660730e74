"""A sentence that says the opposite is told from one that answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.contrary import is_denial, is_opposed, may_deny

_WORDS = st.lists(
    st.sampled_from(
        [
            "the",
            "first",
            "last",
            "dam",
            "inside",
            "outside",
            "unsafe",
            "safely",
            "friendly",
            "not",
            "north",
        ]
    ),
    max_size=8,
).map(" ".join)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Which subjects are inside its remit?", "Reserved matters are outside its remit."),
        ("Who was the first minister?", "The last minister was Ms Chan."),
        ("When was it declared nonfriendly?", "It was declared friendly in 1973."),
        ("Which towns are unaffected?", "Two towns are affected."),
        ("Who lives in the NORTH?", "He lives in the south."),
    ],
)
def test_opposites_are_told(question: str, sentence: str) -> None:
    """By word and by prefix, and in whatever case."""
    assert is_opposed(question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Is formal or informal rule cheaper?", "Informal rule is cheaper."),
        ("Who was first?", "The first and the last were friends."),
        ("Which port is meant?", "Export rules hold until May."),
        ("Which unit is it?", "It is in June."),
        ("¿Quién fue el primero?", "El último fue Juan."),
    ],
)
def test_what_only_looks_like_an_opposite_is_not_one(question: str, sentence: str) -> None:
    """A question that names both sides, or a sentence that does, contradicts nothing."""
    assert not is_opposed(question, sentence)


@given(_WORDS)
def test_no_sentence_is_opposed_to_itself(text: str) -> None:
    """Whatever opposites it holds."""
    assert not is_opposed(text, text)


@given(_WORDS, _WORDS)
def test_the_order_of_words_makes_no_difference(question: str, sentence: str) -> None:
    """Opposites are words, wherever they stand."""
    turned = " ".join(reversed(question.split()))

    assert is_opposed(question, sentence) == is_opposed(turned, sentence)


@pytest.mark.parametrize("text", ["Who is not paid?", "Why doesn’t it work?", "Nobody came."])
def test_denials_are_told(text: str) -> None:
    """With either apostrophe."""
    assert is_denial(text)
    assert may_deny(text)


@pytest.mark.parametrize("text", ["He failed to sign.", "Only few came.", "They lacked money."])
def test_half_a_denial_may_answer_one(text: str) -> None:
    """*Who did not sign?* is answered by whoever failed to."""
    assert not is_denial(text)
    assert may_deny(text)


@pytest.mark.parametrize("text", ["It is noted in the annotated note.", "The knot is tight.", ""])
def test_letters_of_a_denial_are_none(text: str) -> None:
    """Words are compared whole."""
    assert not may_deny(text)
