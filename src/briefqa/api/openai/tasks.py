"""What a chat frontend asks for itself: a title, tags and the like of a conversation.

Open WebUI sends such prompts as if a user had, each beginning with ``### Task:`` and with
the conversation in it. The documents have no answer to them. What it wants back is JSON, one
field of which the prompt names.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from briefqa.datatypes import JsonValue

_TASK = "### Task:"
_HISTORY = re.compile(r"<chat_history>\s*(.*?)\s*</chat_history>", re.DOTALL)
_MESSAGE = re.compile(r"^(USER|ASSISTANT|SYSTEM|TOOL): ?", re.MULTILINE)
_FIELD = re.compile(r"\{\s*\"(title|tags|follow_ups|queries|text|prompt)\"\s*:")
_MOST_WORDS = 8
_MOST_LETTERS = 60


def task_reply(prompt: str) -> str | None:
    """Return what a frontend wants to read; None if ``prompt`` is a question of its user."""
    if not prompt.lstrip().startswith(_TASK):
        return None
    history = _HISTORY.search(prompt)
    questions = _questions(history[1] if history else "")
    # Only before the conversation, which may hold JSON of its own.
    asked_for = _FIELD.search(prompt, 0, history.start() if history else len(prompt))
    if asked_for is None:
        return _title(questions)
    field = asked_for[1]
    return json.dumps({field: _FILLED[field](questions)}, ensure_ascii=False)


def _questions(history: str) -> list[str]:
    _, *parts = _MESSAGE.split(history)
    said = zip(parts[::2], parts[1::2], strict=True)
    return [text for role, text in said if role == "USER" and text.strip()]


def _title(questions: list[str]) -> str:
    """Return the first question in a few words."""
    if not questions:
        return "Documents"
    words = questions[0].split()
    title = " ".join(words[:_MOST_WORDS])
    is_cut = len(words) > _MOST_WORDS or len(title) > _MOST_LETTERS
    title = title[:_MOST_LETTERS].rstrip(" ,;:.?!")
    return f"{title}…" if is_cut else title


def _last(questions: list[str]) -> str:
    return " ".join(questions[-1].split()) if questions else ""


# Nobody here can think up a question or go on with a text: such fields stay empty.
_FILLED: Final[Mapping[str, Callable[[list[str]], JsonValue]]] = {
    "title": _title,
    "tags": lambda _: ["General"],
    "follow_ups": lambda _: [],
    "queries": lambda questions: list(filter(None, [_last(questions)])),
    "text": lambda _: "",
    "prompt": _last,
}
