"""Follows a conversation from question to question, within bounds."""

import re
from collections.abc import Sequence
from typing import Final

from briefqa.answering.conversation.resolving import Resolved, resolve
from briefqa.datatypes import Turn
from briefqa.errors import LimitError, QuestionError

MOST_TURNS: Final = 100
MOST_CHARACTERS: Final = 400_000
_MOST_QUESTION = 4_000
_MOST_ANSWER = 4_000
_FOLLOWED = 12
_LONGEST_LEANING = 300
_LONGEST_RESOLVED = 600
_POLITE = re.compile(
    r"\W*(?:(?:many )?thanks?(?: you)?(?: (?:very|so) much| a lot)?|hello|hi|hey|great|good|nice|"
    r"ok|okay|yes|no|bye|cheers)\W*",
    re.IGNORECASE,
)
"""What asks nothing: the question before it goes on."""


def check_history(history: Sequence[Turn]) -> None:
    """Refuse a conversation that is too long, or in which nothing was asked.

    Raises:
        LimitError: If it has more than 100 turns, or more than 400,000 characters in all.
        QuestionError: If the question of a turn is empty or too long.
    """
    if len(history) > MOST_TURNS:
        name = "history (in turns)"
        raise LimitError(name, found=len(history), least=0, most=MOST_TURNS)
    for number, turn in enumerate(history, 1):
        length = len(turn.question.strip())
        if not length:
            msg = f"turn {number} of the history has an empty question; leave such a turn out"
            raise QuestionError(msg)
        if length > _MOST_QUESTION:
            msg = (
                f"the question of turn {number} of the history has {length} characters; "
                f"at most {_MOST_QUESTION} are read"
            )
            raise QuestionError(msg)
    size = sum(len(turn.question) + len(turn.answer) for turn in history)
    if size > MOST_CHARACTERS:
        name = "history (in characters)"
        raise LimitError(name, found=size, least=0, most=MOST_CHARACTERS)


def latest_turns(history: Sequence[Turn]) -> list[Turn]:
    """Return the last turns of a conversation that may be long: as many as are followed.

    Turns in which nothing was asked, or too much, are left out, and long answers are cut.
    """
    asked = [turn for turn in history if 0 < len(turn.question.strip()) <= _MOST_QUESTION]
    return [Turn(turn.question, turn.answer[:_MOST_ANSWER]) for turn in asked[-_FOLLOWED:]]


def self_contained(question: str, history: Sequence[Turn]) -> str:
    """Return ``question`` with what it leans on put in; as it is if it stands on its own.

    By rule: a pronoun gives way to what the question before was about, a name alone takes
    the place of one like it ("and France?"), and where nothing fits the words of the question
    before come along in brackets. No word of the question that says something is lost. The
    rules are of English; another language is seldom changed.

    Args:
        question: What is asked now.
        history: The turns so far, the oldest first; the last twelve are followed.

    Raises:
        LimitError: If the history has more than 100 turns, or 400,000 characters.
        QuestionError: If a question of the history is empty or too long.
    """
    check_history(history)
    before: Turn | None = None
    focus: str | None = None
    for turn in history[-_FOLLOWED:]:
        if before is not None and _POLITE.fullmatch(turn.question):
            continue
        asked = _resolved(turn.question, before, focus)
        before, focus = Turn(asked.text, turn.answer), asked.focus
    return _resolved(question, before, focus).text


def _resolved(question: str, before: Turn | None, focus: str | None) -> Resolved:
    if before is None or len(question) > _LONGEST_LEANING or _POLITE.fullmatch(question):
        return Resolved(question)
    resolved = resolve(question, before, focus)
    return resolved if len(resolved.text) <= _LONGEST_RESOLVED else Resolved(question)
