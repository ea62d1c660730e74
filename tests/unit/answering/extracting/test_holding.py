"""Whether a sentence holds what is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.extracting import Kind, read_question
from briefqa.answering.extracting.holding import holds_kind


@pytest.mark.parametrize(
    ("question", "holding", "lacking"),
    [
        ("Who built it?", "It was built by Ann Lee.", "It was built by many people."),
        ("Who paid Ann?", "The bank of Jo Park paid Ann.", "The bank paid Ann."),
        ("Where does it rise?", "It rises in the Alps.", "It rises in high mountains."),
        ("When was it built?", "It was built in 1936.", "It was built long ago."),
        ("When was it built?", "They built it in March.", "They built it in 12 steps."),
        ("Which year came after 1936?", "In 1937 it fell.", "In 1936 it fell."),
        ("How many turbines are there?", "There are 17 turbines.", "There are turbines."),
        ("How many turbines are there?", "There are nine turbines.", "There are many."),
        ("How much did it cost?", "It cost £4 million.", "It cost a fortune."),
        ("What is an arch dam?", "An arch dam is a curved dam.", "He saw an arch dam."),
        ("What are arch dams?", "An arch dam is a curved dam.", "Arch dams have failed."),
        ("What is GDP?", "GDP (output in a year) is a measure.", "The GDP of Mali grew."),
        ("What is soft power?", "We define soft power as attraction.", "It has soft power."),
    ],
)
def test_things_of_a_kind_are_told_from_others(question: str, holding: str, lacking: str) -> None:
    """Of two sentences with the words of the question one answers it."""
    request = read_question(question)

    assert holds_kind(request, holding) == 1
    assert holds_kind(request, lacking) == 0


@given(st.sampled_from(["How does it work?", "Why does it?"]), st.text(max_size=100))
def test_of_other_questions_nothing_is_told(question: str, sentence: str) -> None:
    """No sentence is preferred where it is not known what to look for."""
    assert holds_kind(read_question(question), sentence) is None


@given(
    st.sampled_from([kind for kind in Kind if kind not in {Kind.ANYTHING, Kind.REASON}]),
    st.text(max_size=60),
    st.text(max_size=100),
)
def test_any_text_holds_something_or_not(kind: Kind, subject: str, sentence: str) -> None:
    """Neither question nor sentence need be in words; what is to be defined may be a pattern."""
    questions = {
        Kind.NAME: "Who is {}?",
        Kind.PLACE: "Where is {}?",
        Kind.DATE: "When was {}?",
        Kind.NUMBER: "How many {}?",
        Kind.AMOUNT: "How much {}?",
        Kind.DEFINITION: "What is a {}?",
    }
    request = read_question(questions[kind].format(subject))

    assert holds_kind(request, sentence) in {0.0, 1.0, None}
