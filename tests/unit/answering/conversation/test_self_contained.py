"""A follow-up is made to stand on its own, and a question that does is left alone."""

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.conversation import check_history, latest_turns, self_contained
from briefqa.answering.conversation.leaning import leaning_of
from briefqa.datatypes import Turn
from briefqa.errors import LimitError, QuestionError

_FILE = Path(__file__).parent / "follow_ups.jsonl"
_RECORDS: list[dict[str, Any]] = [  # Any: parsed JSON
    json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines()
]
_SETS = ("squad2-dev/queries.jsonl", "clapnq-dev/queries.jsonl", "seeds_qa/questions.jsonl")
# What may give way: what leans on the question before, and what only joins to it.
_MAY_GO = frozenset(
    str.split("""
    and but so or also then what how about of the one ones in it its they them their he she his her
    him this that these those for on only
    """)
)


def _history(record: dict[str, Any]) -> list[Turn]:
    return [Turn(turn["question"], turn["answer"]) for turn in record["history"]]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


@pytest.mark.parametrize("record", _RECORDS, ids=lambda record: record["question"])
def test_a_follow_up_names_what_it_is_about(record: dict[str, Any]) -> None:
    """Search sees nothing but the question: what it leans on has to be in it."""
    found = self_contained(record["question"], _history(record))

    assert [term for term in record["terms"] if term.casefold() not in found.casefold()] == []


@pytest.mark.parametrize("record", _RECORDS, ids=lambda record: record["full"])
def test_the_same_written_out_is_left_as_it_is(record: dict[str, Any]) -> None:
    """Whoever asks in full has said all there is to say."""
    if re.search(r"\b(?:and|What of|her co-authors|Tell me more)\b", record["full"]):
        pytest.skip("has a connector of its own")

    assert self_contained(record["full"], _history(record)) == record["full"]


@pytest.mark.parametrize("name", _SETS)
def test_questions_of_others_are_left_as_they_are(name: str, shared: Path) -> None:
    """A changed question that needed no change is answered wrongly, for no reason anyone sees."""
    lines = (shared / "data" / name).read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    questions = [record.get("text") or record["question"] for record in records]
    draw = random.Random(7)  # noqa: S311 - not for secrets

    changed = [
        question
        for question in questions
        if self_contained(question, _history(draw.choice(_RECORDS))) != question
    ]
    without = [each for each in changed if (how := leaning_of(each)) is None or how.pronoun is None]

    assert len(without) <= 0.005 * len(questions), without
    assert len(changed) <= 0.03 * len(questions), changed


@st.composite
def _conversations(draw: st.DrawFn) -> tuple[str, list[Turn]]:
    questions = [record["question"] for record in _RECORDS]
    questions += [record["full"] for record in _RECORDS]
    questions += ["Was steht darin?", "¿Y en 2024?", "谁写了这份报告?", "?", "why", "\ud83d it?"]
    asked = st.sampled_from(questions) | st.text(min_size=1, max_size=60)
    turns = st.lists(st.builds(Turn, asked.filter(str.strip), st.text(max_size=40)), max_size=5)
    return draw(asked), draw(turns)


@given(_conversations())
def test_no_word_that_says_something_is_lost(conversation: tuple[str, list[Turn]]) -> None:
    """What the user wrote is asked, whatever is added."""
    question, history = conversation

    found = self_contained(question, history)

    kept = set(_words(found))
    assert [word for word in _words(question) if word not in kept | _MAY_GO] == []
    assert self_contained(question, history) == found


@given(st.text(max_size=80), st.text(max_size=80))
def test_without_a_conversation_nothing_changes(question: str, answer: str) -> None:
    """The first question has nothing to lean on, and thanks are no question."""
    assert self_contained(question, []) == question
    assert self_contained("Thanks!", [Turn("Who wrote it?", answer)]) == "Thanks!"


@pytest.mark.parametrize(
    ("questions", "expected"),
    [
        (
            ["What is the UK's position on whaling?", "and France?", "Germany?"],
            "What is Germany's position on whaling?",
        ),
        (
            ["What happened in March 2023?", "and in April 2024?"],
            "What happened in April 2024?",
        ),
        (
            ["What does China say about the US?", "and about Russia?"],
            "What does China say about Russia?",
        ),
        (
            ["What does China say about the US?", "and Russia?"],
            "What does Russia say about the US?",
        ),
        (["Did the council approve it?", "Why?"], "Why did the council approve it?"),
        (
            ["How does the board define soft power?", "and hard power?"],
            "How does the board define hard power?",
        ),
        (
            ["Who is Ada Berg?", "and Tom Lind?", "Where does he work?"],
            "Where does Tom Lind work?",
        ),
    ],
)
def test_like_takes_the_place_of_like(questions: Sequence[str], expected: str) -> None:
    """A place stands for a place, a year for a year, a person for a person."""
    *before, question = questions

    assert self_contained(question, [Turn(each) for each in before]) == expected


@pytest.mark.parametrize(
    "question",
    [
        "export controls",
        "What does it take to build a reactor?",
        "Is it true that Norway has no mint?",
        "Who wrote the report and what does it say?",
        "Why did Denmark say that it would leave?",
        "How long does it take for new fields to produce oil?",
        "Who announced she would resign?",
        "What do those who live there want from Sweden?",
        "And who chairs the Nordic Grain Board?",
        "谁写了这份报告?",
    ],
)
def test_what_stands_on_its_own_is_left_as_it_is(question: str) -> None:
    """Not every "it" stands for something, and some stand for what the question itself names."""
    history = [Turn("What is the UK's position on whaling?", "It opposes whaling.")]

    assert self_contained(question, history) == question


@given(st.lists(st.builds(Turn, st.text(max_size=5_000), st.text(max_size=5_000)), max_size=5))
def test_the_latest_turns_of_a_long_conversation_are_within_bounds(turns: list[Turn]) -> None:
    """A conversation that goes on for days is understood as one that has just begun."""
    long = [*[Turn("Who wrote the brief on trade?")] * 200, *turns, Turn("What about steel?")]

    kept = latest_turns(long)

    check_history(kept)
    assert kept[-1] == long[-1]
    assert len(kept) <= 100


def test_a_conversation_has_its_bounds() -> None:
    """Whoever sends too much is told what, and how much would do."""
    with pytest.raises(LimitError, match=r"history \(in turns\) is 101.* between 0 and 100"):
        self_contained("Why?", [Turn("Who?")] * 101)
    with pytest.raises(LimitError, match=r"history \(in characters\) is 400003"):
        self_contained("Why?", [Turn("Who", "x" * 400_000)])
    with pytest.raises(QuestionError, match="turn 2 of the history has an empty question"):
        self_contained("Why?", [Turn("Who?"), Turn(" ")])
    with pytest.raises(QuestionError, match=r"turn 1 of the history has 4001 .* at most 4000"):
        self_contained("Why?", [Turn("x" * 4_001)])
