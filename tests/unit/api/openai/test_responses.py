"""The newer shape of OpenAI's says the same as the older."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from openai import BadRequestError, OpenAI, UnprocessableEntityError
from openai.types.responses import Response, ResponseCompletedEvent, ResponseFailedEvent
from openai.types.responses.response_output_text import AnnotationURLCitation
from starlette.testclient import TestClient

from briefqa import Service, errors
from briefqa.api.openai.schemas import ResponseReply
from briefqa.datatypes import AnswerEvent

_QUESTIONS = [
    "When was the harbour dredged?",
    "When was the lighthouse lamp replaced?",
    "Who painted Guernica in Paris?",
]


def _annotations(response: Response) -> list[Any]:
    (output,) = response.output
    assert output.type == "message"
    (part,) = output.content
    assert part.type == "output_text"
    return list(part.annotations)


@pytest.mark.parametrize("question", _QUESTIONS)
def test_response_says_what_the_chat_completion_says(openai: OpenAI, question: str) -> None:
    """Which of the two a client speaks must not change the answer."""
    chat = openai.chat.completions.create(
        model="briefqa", messages=[{"role": "user", "content": question}]
    )
    message = chat.choices[0].message

    response = openai.responses.create(model="briefqa", input=question)

    assert response.status == "completed"
    assert response.output_text == message.content
    for flat, nested in zip(_annotations(response), message.annotations or [], strict=True):
        assert isinstance(flat, AnnotationURLCitation)
        assert nested.url_citation.model_dump() == flat.model_dump(exclude={"type"})
    assert response.usage is not None
    assert chat.usage is not None
    assert response.usage.total_tokens == chat.usage.total_tokens


@pytest.mark.parametrize("question", _QUESTIONS)
def test_events_build_up_the_response(openai: OpenAI, question: str) -> None:
    """The client's own accumulation ends at what is sent at once."""
    whole = openai.responses.create(model="briefqa", input=question)

    with openai.responses.stream(model="briefqa", input=question) as stream:
        events = list(stream)
        final = stream.get_final_response()

    names = [event.type for event in events]
    assert names[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert names[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert text == final.output_text == whole.output_text
    assert final.usage == whole.usage
    (done,) = [event for event in events if isinstance(event, ResponseCompletedEvent)]
    output = done.response.output[0]
    assert output.type == "message"
    part = output.content[0]
    assert part.type == "output_text"
    assert part.annotations == _annotations(whole)
    added = [e.annotation for e in events if e.type == "response.output_text.annotation.added"]
    assert [each.model_dump() for each in added if each] == [
        each.model_dump() for each in part.annotations
    ]


def test_replies_have_the_shape_that_is_documented(http: TestClient) -> None:
    """No field comes or goes without the OpenAPI document saying so."""
    for question in _QUESTIONS:
        body = {"model": "briefqa", "input": question}
        ResponseReply.model_validate(http.post("/v1/responses", json=body).json())


def test_conversation_is_taken_as_input(openai: OpenAI) -> None:
    """The last question counts, in whatever kind of part it comes."""
    expected = openai.responses.create(model="briefqa", input=_QUESTIONS[0])

    response = openai.responses.create(
        model="briefqa",
        instructions="Be brief.",
        tools=[{"type": "web_search"}],
        input=[
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hello!"},
            {"role": "user", "content": [{"type": "input_text", "text": _QUESTIONS[0]}]},
        ],
    )

    assert response.output_text == expected.output_text


def test_what_would_need_a_memory_is_refused(openai: OpenAI) -> None:
    """An answer without the conversation that it leans on would be a wrong one."""
    with pytest.raises((BadRequestError, UnprocessableEntityError), match="nothing is kept") as no:
        openai.responses.create(model="briefqa", input=_QUESTIONS[0], previous_response_id="resp_1")

    assert no.value.param == "previous_response_id"


class _Interrupted(Service):
    """A service that fails in the middle of an answer."""

    def stream(self, question: str, **options: Any) -> Generator[AnswerEvent, None, None]:  # noqa: ANN401 - as inherited
        """Fail after the passages."""
        return self._cut(super().stream(question, **options))

    def _cut(
        self, events: Generator[AnswerEvent, None, None]
    ) -> Generator[AnswerEvent, None, None]:
        yield next(events)
        events.close()
        error = "the model is away"
        raise errors.BackendError(error)


def test_failure_in_the_middle_is_a_failed_response(
    notes: Path, connect: Callable[[Service], OpenAI]
) -> None:
    """The status has been sent by then."""
    with _Interrupted(notes) as service:
        stream = connect(service).responses.create(
            model="briefqa", input=_QUESTIONS[0], stream=True
        )
        *_, last = stream

    assert isinstance(last, ResponseFailedEvent)
    assert last.response.status == "failed"
    assert last.response.error is not None
    assert "the model is away" in last.response.error.message
