"""What a question asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.extracting import Form, Kind, read_question


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who built the dam?", Kind.NAME),
        ("Which company built the dam?", Kind.NAME),
        ("When was the dam built?", Kind.DATE),
        ("In which year was the dam built?", Kind.DATE),
        ("Where does the river rise?", Kind.PLACE),
        ("What country has the dam?", Kind.PLACE),
        ("How many dams are there?", Kind.NUMBER),
        ("How tall is the dam?", Kind.NUMBER),
        ("How much did the dam cost?", Kind.AMOUNT),
        ("What share of the power is lost?", Kind.AMOUNT),
        ("Why was the dam built?", Kind.REASON),
        ("What is a dam?", Kind.DEFINITION),
        ("What does the term arch dam mean?", Kind.DEFINITION),
        ("How does the dam work?", Kind.ANYTHING),
        ("¿Qué es una presa?", Kind.ANYTHING),
        ("水坝是什么？", Kind.ANYTHING),  # noqa: RUF001 - a Chinese question mark
    ],
)
def test_kind_of_thing_is_told(question: str, kind: Kind) -> None:
    """Who asks when is not served by a name."""
    assert read_question(question).kind is kind


def test_question_word_that_comes_first_decides() -> None:
    """*Who led the troops when the island fell?* asks for a name and no date."""
    assert read_question("Who led the troops when was lost the island?").kind is Kind.NAME
    assert read_question("When did he who led the troops die?").kind is Kind.DATE


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("What is soft power?", "soft power"),
        ("what are stratovolcanoes", "stratovolcanoes"),
        ("What is meant by “soft power”?", "soft power"),
        ("What does GDP stand for?", "GDP"),
        ("What counts as a middle power?", "middle power"),
        ("How does the brief define soft power?", "soft power"),
        ("What power does the dam give?", None),
    ],
)
def test_what_is_to_be_defined_is_told(question: str, subject: str | None) -> None:
    """A definition is looked for around the term, not around the words that ask."""
    assert read_question(question).subject == subject


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("What are the three pillars of the plan?", Form.LIST),
        ("List the risks.", Form.LIST),
        ("Which four dams failed?", Form.LIST),
        ("What recommendations does the report make?", Form.LIST),
        ("What is the main risk?", Form.PLAIN),
        ("How do the two plans differ?", Form.SEVERAL),
        ("Compare the plans of north and south.", Form.SEVERAL),
        ("What do the documents say about dams?", Form.SEVERAL),
        ("Which briefs discuss dams?", Form.DOCUMENTS),
        ("What papers are about dams?", Form.DOCUMENTS),
        ("In which reports do dams occur?", Form.DOCUMENTS),
        ("Do any of the briefs mention dams?", Form.DOCUMENTS),
        ("Who wrote the brief on dams?", Form.HEADER),
        ("When was the report on dams published?", Form.HEADER),
        ("Which briefs did Ann Lee write?", Form.WORKS),
        ("Which papers were published in 2024?", Form.WORKS),
        ("List all briefs published in 2024.", Form.WORKS),
        ("Which dams fell?", Form.PLAIN),
        ("Who built the dam?", Form.PLAIN),
        ("When was the dam opened?", Form.PLAIN),
    ],
)
def test_form_of_the_answer_is_told(question: str, form: Form) -> None:
    """A list, some documents or the head of one are quoted in different ways."""
    assert read_question(question).form is form


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Which briefs discuss soft power?", "soft power"),
        ("What other reports mention the Thames Barrier?", "the Thames Barrier"),
        ("Which briefs discuss?", "Which briefs discuss?"),
        ("What do the documents say about dams?", "dams"),
        ("What do the documents say?", "What do the documents say?"),
        ("Who wrote the brief on dams?", "Who wrote the brief on dams?"),
    ],
)
def test_topic_is_what_documents_are_asked_about(question: str, topic: str) -> None:
    """No document that discusses dams says that it discusses them."""
    assert read_question(question).topic == topic


@given(st.text(max_size=200))
def test_any_text_is_a_question(question: str) -> None:
    """Whatever is typed is read, and something is left to look for."""
    request = read_question(question)

    assert request.question == question
    assert request.topic.strip() or not question.strip()
    assert (request.kind is Kind.DEFINITION) == (request.subject is not None)
