"""What a frontend asks for itself gets no passages for an answer."""

import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from briefqa import Service
from briefqa.api.openai.tasks import task_reply
from briefqa.datatypes import AnswerEvent

_CHAT = """### Chat History:
<chat_history>
USER: How large is the UK's AI investment, and who decided on its amount?
ASSISTANT: It stands at £2 billion. [1]

{ "tags": ["of the conversation itself"] }
USER: And in France?
</chat_history>"""


def _prompt(task: str, shape: str) -> str:
    """Return a prompt built as Open WebUI builds its own."""
    return f"### Task:\n{task}\n\n### Guidelines:\n- Be concise.\n\n### Output:\n{shape}\n\n{_CHAT}"


@pytest.mark.parametrize(
    ("task", "shape", "reply"),
    [
        (
            "Generate a concise, 3-5 word title with an emoji summarizing the chat history.",
            'JSON format: { "title": "your concise title here" }',
            {"title": "How large is the UK's AI investment, and…"},
        ),
        (
            "Generate 1-3 broad tags categorizing the main themes of the chat history.",
            'JSON format: { "tags": ["tag1", "tag2", "tag3"] }',
            {"tags": ["General"]},
        ),
        (
            "Suggest 3-5 relevant follow-up questions.",
            'JSON format: { "follow_ups": ["Question 1?", "Question 2?"] }',
            {"follow_ups": []},
        ),
        (
            "Analyze the chat history to determine the necessity of search queries.",
            'Strictly return in JSON format: \n{\n  "queries": ["query1", "query2"]\n}',
            {"queries": ["And in France?"]},
        ),
        (
            "You are an autocompletion system. Continue the text in `<text>`.",
            'If unsure, return: `{ "text": "" }`.',
            {"text": ""},
        ),
    ],
)
def test_prompts_of_a_frontend_are_answered_in_the_shape_asked_for(
    task: str, shape: str, reply: dict[str, Any]
) -> None:
    """It parses what comes, and shows a broken chat title otherwise."""
    written = task_reply(_prompt(task, shape))

    assert written is not None
    assert json.loads(written) == reply


def test_task_that_names_no_shape_is_given_the_first_question() -> None:
    """A template that an operator wrote himself asks for a title more often than not."""
    assert task_reply(f"### Task:\nName this chat.\n{_CHAT}") == (
        "How large is the UK's AI investment, and…"
    )
    assert task_reply("### Task:\nName this chat.") == "Documents"


@pytest.mark.parametrize(
    "question",
    ["What is the task of the board?", "## Task: none", "Tell me: ### Task:", "", "Task:"],
)
def test_questions_of_people_are_no_tasks(question: str) -> None:
    """Nobody would understand why such a question gets a title for an answer."""
    assert task_reply(question) is None


class _Unasked(Service):
    """A service that must not be asked."""

    def stream(self, question: str, **options: Any) -> Generator[AnswerEvent, None, None]:  # noqa: ANN401 - as inherited
        """Fail."""
        msg = f"asked {question} with {options}"
        raise AssertionError(msg)


def test_no_document_is_looked_at(notes: Path, connect: Callable[[Service], OpenAI]) -> None:
    """Such prompts come with every question, in every form of reply."""
    prompt = _prompt("Generate a title.", 'JSON format: { "title": "your title" }')
    with _Unasked(notes) as service:
        client = connect(service)
        messages: Any = [{"role": "user", "content": prompt}]
        chat = client.chat.completions.create(model="briefqa", messages=messages)
        chunks = list(
            client.chat.completions.create(model="briefqa", messages=messages, stream=True)
        )
        response = client.responses.create(model="briefqa", input=prompt)
        with client.responses.stream(model="briefqa", input=prompt) as stream:
            streamed = stream.get_final_response()

    content = chat.choices[0].message.content
    assert json.loads(content or "")["title"]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == content
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert response.output_text == streamed.output_text == content
