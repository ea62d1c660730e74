"""Reads a conversation as chat clients send it: the question, and the turns before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from briefqa.answering.conversation import latest_turns
from briefqa.api.openai.messages import SOURCES
from briefqa.api.openai.refusing import RefusedError
from briefqa.api.openai.requests import Part, SentMessage
from briefqa.datatypes import Turn

_TEXT_PARTS: Final = {"text", "input_text", "output_text"}
_USER = "user"
_ASSISTANT = "assistant"
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked, and what was asked and answered before, the oldest turn first."""

    question: str
    history: tuple[Turn, ...] = ()


def read_conversation(messages: Sequence[SentMessage], field: str) -> Conversation:
    """Return the last question of ``messages``, and what came before it.

    Messages of any role but user and assistant are passed over, and so is whatever is no
    text in earlier ones. The list of sources below an earlier answer is taken off again.

    Args:
        messages: The conversation, the oldest message first.
        field: Name of the field that they came in, for errors.

    Raises:
        RefusedError: If the user said nothing, or the question is not text alone.
    """
    last = max((at for at, each in enumerate(messages) if each.role == _USER), default=None)
    if last is None:
        detail = "has no message of role user; the last of these is the question"
        raise RefusedError(detail, f"#/{field}")
    question = _question(messages[last], f"#/{field}/{last}/content")
    turns: list[Turn] = []
    for message in messages[:last]:
        said = text_of(message)
        if message.role == _USER:
            turns.append(Turn(said))
        elif message.role == _ASSISTANT and turns:
            answer = "\n\n".join(filter(None, (turns[-1].answer, _without_sources(said))))
            turns[-1] = Turn(turns[-1].question, answer)
    return Conversation(question, tuple(latest_turns(turns)))


def text_of(message: SentMessage) -> str:
    """Return the text of a message, whatever else there is in it."""
    return "\n".join(part.text or "" for part in message.content if _is_text(part))


def _is_text(part: Part) -> bool:
    return part.type in _TEXT_PARTS


def _question(message: SentMessage, pointer: str) -> str:
    for place, part in enumerate(message.content):
        if not _is_text(part):
            detail = (
                f"is a part of type {part.type[:_LONGEST_SHOWN]!r}, but only text can be "
                "answered; ask in words what you want to know of it"
            )
            raise RefusedError(detail, f"{pointer}/{place}")
    text = text_of(message)
    if not text.strip():
        detail = "is empty, but the last message of role user is the question"
        raise RefusedError(detail, pointer)
    return text


def _without_sources(answer: str) -> str:
    return answer.partition(f"\n\n{SOURCES}\n")[0]
