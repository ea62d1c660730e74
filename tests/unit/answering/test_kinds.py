"""A sentence without a date does not say when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.kinds import kind_asked

_ANSWERED = [
    ("How many GPUs are there?", "It has 5,448 GPUs.", "It has GPUs."),
    ("How many eras are there?", "There are three eras.", "There are eras."),
    ("When did it open?", "It opened in March.", "It opened with a speech."),
    ("In which year did it open?", "It opened in 1998.", "It opened late."),
    ("What is the annual budget?", "It spends £66 million a year.", "It spends well."),
    ("How far is it from Paris?", "It lies 20 miles away.", "It lies near Paris."),
    ("How long did it take?", "It took six weeks.", "It took patience."),
    ("Which cities will he visit?", "He goes to Beijing and Shanghai.", "He goes to cities."),
]


@pytest.mark.parametrize(("question", "holds", "lacks"), _ANSWERED)
def test_a_sentence_that_answers_holds_what_is_asked_for(
    question: str, holds: str, lacks: str
) -> None:
    """And one that does not hold it answers something else."""
    kind = kind_asked(question)

    assert kind.may_be_in(holds)
    assert not kind.may_be_in(lacks)


def test_what_the_question_says_itself_is_no_answer_to_it() -> None:
    """The year in *When did it close after 1998?* is not when it closed."""
    kind = kind_asked("When did it close after 1998?")

    assert not kind.may_be_in("In 1998 it was open.")
    assert kind.may_be_in("It was open from 1998 to 2004.")


@pytest.mark.parametrize(
    "question",
    ["When do you blind bake pastry?", "Why is it so?", "¿Cuándo abrió?", "Describe the grid.", ""],
)
@given(sentence=st.text(max_size=40))
def test_where_it_cannot_be_told_any_sentence_may_answer(question: str, sentence: str) -> None:
    """What is not understood must not cost an answer."""
    assert kind_asked(question).may_be_in(sentence)
