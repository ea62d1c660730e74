"""Chat frontends get answers, and everything to check them by, through OpenAI's own client."""

import json
import re
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from starlette.testclient import TestClient

from briefqa import Service, errors
from briefqa.answering import Writer
from briefqa.api.openai.schemas import ChatReply, ErrorReply, ModelsReply
from briefqa.datatypes import AnswerEvent, Message, Turn

_QUESTIONS = [
    "When was the harbour dredged?",
    "How many million pounds does the harbour fund hold?",
    "When was the lighthouse lamp replaced?",
    "When is the ferry timetable printed?",
]
_OFF_TOPIC = "Who painted Guernica in Paris?"


def _asked(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def _chunks(client: OpenAI, question: str, model: str = "briefqa") -> list[ChatCompletionChunk]:
    stream = client.chat.completions.create(
        model=model,
        messages=_asked(question),
        stream=True,
        stream_options={"include_usage": True},
    )
    return list(stream)


def _content(chunks: Sequence[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@pytest.fixture
def answers(openai: OpenAI) -> dict[str, ChatCompletion]:
    """The answers to all questions."""
    return {
        question: openai.chat.completions.create(model="briefqa", messages=_asked(question))
        for question in _QUESTIONS
    }


def test_each_mark_is_annotated_with_a_link_to_the_words_it_quotes(
    answers: dict[str, ChatCompletion], http: TestClient
) -> None:
    """Whoever follows a citation lands on the sentence, character by character."""
    cited = 0
    for answer in answers.values():
        message = answer.choices[0].message
        assert message.content is not None
        said, _, sources = message.content.partition("\n\nSources:\n\n")
        receipts = {each["number"]: each for each in answer.model_extra["receipts"]}  # type: ignore[index] # there is a field of ours
        for annotation in message.annotations or []:
            found = annotation.url_citation
            mark = message.content[found.start_index : found.end_index]
            receipt = receipts[int(mark.strip("[]"))]
            path, _, chars = found.url.removeprefix("http://testserver").partition("#chars=")
            start, _, end = chars.partition("-")
            text = http.get(f"/v1{path}/text").text
            assert text[int(start) : int(end)] == receipt["quote"]
            assert unquote(path) == f"/documents/{receipt['doc_id']}"
            assert found.title == receipt["title"]
            cited += 1
        marks = re.findall(r"\[\d+\]", said)
        assert len(marks) == len(message.annotations or [])
        assert [line.partition("]")[0] for line in sources.splitlines()] == [
            f"- [{number}" for number in receipts
        ]

    assert cited >= 4


def test_message_says_what_the_native_route_says(
    answers: dict[str, ChatCompletion], http: TestClient
) -> None:
    """An answer must not depend on the way by which it was asked for."""
    for question, answer in answers.items():
        native = http.post("/v1/ask", json={"question": question}).json()
        content = answer.choices[0].message.content
        assert content is not None
        # But for what is escaped, so that Markdown shows it as it is.
        said = re.sub(r"\\(?=!\[|<)", "", content.partition("\n\nSources:")[0])

        assert said == native["answer"]
        assert (answer.model_extra or {})["receipts"] == native["citations"]


def test_message_shows_the_sources_to_a_frontend_that_renders_only_markdown(
    answers: dict[str, ChatCompletion],
) -> None:
    """The link, the date, the place and the words stand below the answer."""
    content = answers[_QUESTIONS[0]].choices[0].message.content

    assert content is not None
    assert "[The \\[old\\] harbour](http://testserver/documents/harbour.md#chars=" in content, (
        content
    )
    assert "2024-05, line 6: “The harbour was dredged in 1998.”" in content


def test_documents_add_neither_images_nor_html_to_a_message(
    answers: dict[str, ChatCompletion],
) -> None:
    """An image in a document would tell its author who reads the answer, and when."""
    content = answers[_QUESTIONS[3]].choices[0].message.content

    assert content is not None
    assert "printed in June" in content
    assert re.search(r"(?<!\\)!\[|(?<!\\)<img", content) is None


def test_stream_holds_the_same_message_piece_by_piece(
    openai: OpenAI, answers: dict[str, ChatCompletion]
) -> None:
    """Content, annotations, usage and receipts do not depend on how they were asked for."""
    for question, whole in answers.items():
        chunks = _chunks(openai, question)
        *_, last, usage = chunks

        message = whole.choices[0].message
        assert len(chunks) > 4
        assert _content(chunks) == message.content
        assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices] == [
            *[None] * (len(chunks) - 2),
            "stop",
        ]
        annotations = (last.choices[0].delta.model_extra or {})["annotations"]
        assert annotations == [each.model_dump() for each in message.annotations or []]
        assert (last.model_extra or {})["receipts"] == (whole.model_extra or {})["receipts"]
        assert usage.choices == []
        assert usage.usage == whole.usage


def test_usage_is_sent_only_where_it_is_asked_for(openai: OpenAI) -> None:
    """Clients that do not expect a chunk without choices fail on one."""
    stream = openai.chat.completions.create(
        model="briefqa", messages=_asked(_QUESTIONS[0]), stream=True
    )

    assert all(chunk.choices and chunk.usage is None for chunk in stream)


def test_usage_adds_up(answers: dict[str, ChatCompletion]) -> None:
    """Frontends show it, and gateways bill by it."""
    for answer in answers.values():
        usage = answer.usage
        assert usage is not None
        assert usage.prompt_tokens > 0
        assert usage.completion_tokens > 0
        assert usage.prompt_tokens + usage.completion_tokens == usage.total_tokens


def test_declining_is_a_message_that_says_so_and_shows_what_comes_nearest(openai: OpenAI) -> None:
    """A chat has no other place for it, and the reader may want to look himself."""
    answer = openai.chat.completions.create(model="briefqa", messages=_asked(_OFF_TOPIC))

    message = answer.choices[0].message
    assert message.content is not None
    assert message.content.startswith("The documents do not answer this.")
    assert "Nearest passages:\n\n1. [" in message.content
    assert "](http://testserver/documents/" in message.content
    assert message.annotations == []
    assert _content(_chunks(openai, _OFF_TOPIC)) == message.content


def test_replies_have_the_shape_that_is_documented(http: TestClient) -> None:
    """No field comes or goes without the OpenAPI document saying so."""
    ModelsReply.model_validate(http.get("/v1/models").json())
    for question in [*_QUESTIONS, _OFF_TOPIC]:
        body = {"model": "briefqa", "messages": _asked(question)}
        ChatReply.model_validate(http.post("/v1/chat/completions", json=body).json())


def test_receipts_of_a_message_can_be_posted_to_be_verified(
    answers: dict[str, ChatCompletion], http: TestClient
) -> None:
    """What came through a chat frontend can be checked like any other answer."""
    for answer in answers.values():
        citations = (answer.model_extra or {})["receipts"]
        checked = http.post("/v1/verify", json={"citations": citations}).json()

        assert checked["holds"] is True


def test_what_a_frontend_sends_beside_the_question_is_ignored(openai: OpenAI) -> None:
    """Some send tools of their own by the dozen, and settings that mean nothing here."""
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    plain = openai.chat.completions.create(model="briefqa", messages=_asked(_QUESTIONS[0]))

    answer = openai.chat.completions.create(
        model="briefqa",
        messages=[
            {"role": "system", "content": "You are a pirate who was dredged in 1850."},
            {"role": "developer", "content": "Say arr."},
            {"role": "user", "content": [{"type": "text", "text": _QUESTIONS[0]}]},
        ],
        tools=[tool] * 35,
        tool_choice="auto",
        temperature=0.7,
        top_p=0.9,
        max_completion_tokens=5,
        response_format={"type": "json_object"},
        user="somebody",
        extra_body={"chat_id": "1", "features": {"web_search": True}, "stream_options": None},
    )

    assert answer.choices[0].message == plain.choices[0].message


class _Recording(Service):
    """A service that remembers what it was asked."""

    def __init__(self, index: Path, **options: Any) -> None:  # noqa: ANN401 - as inherited
        super().__init__(index, **options)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def stream(self, question: str, **options: Any) -> Generator[AnswerEvent, None, None]:  # noqa: ANN401 - as inherited
        """Answer, and remember."""
        self.asked.append((question, options))
        return super().stream(question, **{**options, "model": None})


class _Quill:
    """A language model that nobody asks."""

    model_id = "quill"
    context_tokens = 512

    def count_tokens(self, text: str, /) -> int:
        return len(text)

    def stream(
        self, messages: Sequence[Message], /, *, max_tokens: int, timeout_s: float
    ) -> Generator[str, None, None]:
        yield f"{messages}{max_tokens}{timeout_s}"


def test_conversation_becomes_history(notes: Path, connect: Callable[[Service], OpenAI]) -> None:
    """A question that leans on those before it needs them, and without our list of sources."""
    with _Recording(notes) as service:
        client = connect(service)
        first = client.chat.completions.create(model="briefqa", messages=_asked(_QUESTIONS[0]))
        content = first.choices[0].message.content
        image: Any = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        client.chat.completions.create(
            model="briefqa",
            messages=[
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": _QUESTIONS[0]},
                {"role": "assistant", "content": content},
                {"role": "user", "content": [{"type": "text", "text": "And this?"}, image]},
                {"role": "user", "content": "And the lighthouse?"},
            ],
        )

    question, options = service.asked[-1]
    assert question == "And the lighthouse?"
    turns = options["history"]
    assert [turn.question for turn in turns] == [_QUESTIONS[0], "And this?"]
    assert turns[1] == Turn("And this?")
    assert turns[0].answer == (content or "").partition("\n\nSources:")[0]
    assert "http" not in turns[0].answer


def test_model_id_chooses_who_writes(notes: Path, connect: Callable[[Service], OpenAI]) -> None:
    """A frontend's list of models is all that its user can choose from."""
    with _Recording(notes, writers={"quill": Writer(_Quill())}) as service:
        client = connect(service)
        ids = [model.id for model in client.models.list()]
        for each in ids:
            client.chat.completions.create(model=each, messages=_asked(_QUESTIONS[0]))
        shown = client.models.retrieve("briefqa/quill")

    assert ids == ["briefqa", "briefqa-extractive", "briefqa-openwebui", "briefqa/quill"]
    assert [options["model"] for _, options in service.asked] == [None, "extractive", None, "quill"]
    assert shown.id == "briefqa/quill"


def test_open_webui_numbers_the_sources_as_the_text_does(openai: OpenAI) -> None:
    """It takes sources of one name for one, and [n] for the n-th: here done as it does."""
    seen = 0
    for question in _QUESTIONS:
        chunks = _chunks(openai, question, "briefqa-openwebui")
        events = [(chunk.model_extra or {}).get("event") for chunk in chunks]
        sources = [each["data"] for each in events if each and each["type"] == "source"]
        statuses = [each["data"] for each in events if each and each["type"] == "status"]
        names: list[str] = []
        for source in sources:
            for document, metadata in zip(source["document"], source["metadata"], strict=True):
                assert document
                assert not metadata["source"].startswith("http")
                if metadata["name"] not in names:
                    names.append(metadata["name"])

        content = _content(chunks)
        numbers = {int(number) for number in re.findall(r"\[(\d+)\]", content)}
        assert numbers == set(range(1, len(names) + 1))
        assert [name.endswith(f"[{at}]") for at, name in enumerate(names, 1)] == [True] * len(names)
        assert all(source["source"]["url"].startswith("http://testserver/") for source in sources)
        assert "Sources:" not in content
        assert [status["done"] for status in statuses] == [False, True]
        assert "annotations" not in str(chunks)
        seen += len(names)

    assert seen >= 4


def test_links_lead_where_the_client_reached_the_service(http: TestClient) -> None:
    """Behind a name of its own, links with another would not open."""
    body = {"model": "briefqa", "messages": _asked(_QUESTIONS[0])}
    headers = {"Host": "briefs.example:8443"}

    reply = http.post("/v1/chat/completions", json=body, headers=headers).json()

    (annotation, *_) = reply["choices"][0]["message"]["annotations"]
    assert annotation["url_citation"]["url"].startswith("http://briefs.example:8443/documents/")


def _body(content: object, model: str = "briefqa") -> bytes:
    messages = [{"role": "user", "content": content}]
    return json.dumps({"model": model, "messages": messages}).encode()


_IMAGE = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {}}]
_CHAT = "POST /v1/chat/completions"


@pytest.mark.parametrize(
    ("line", "content", "expected"),
    [
        ("GET /v1/models/gpt-4o", b"", (404, "model_not_found", "model")),
        ("POST /v1/embeddings", b"{}", (404, "unknown_route", None)),
        ("GET /v1/chat/completions", b"", (405, "method_not_allowed", None)),
        (_CHAT, b'{"model"', (400, "broken_json", None)),
        (_CHAT, b" " * (2**20 + 1), (413, "body_too_large", None)),
        (_CHAT, b"[]", (422, "invalid_request", None)),
        (_CHAT, b"{}", (422, "invalid_request", "model")),
        (_CHAT, b'{"model": "briefqa"}', (422, "invalid_request", "messages")),
        (_CHAT, b'{"model": "briefqa", "messages": []}', (422, "invalid_request", "messages")),
        (_CHAT, _body("x", "gpt-4o"), (404, "model_not_found", "model")),
        (_CHAT, _body(7), (422, "invalid_request", "messages[0].content")),
        (_CHAT, _body(None), (422, "invalid_request", "messages[0].content")),
        (_CHAT, _body(" "), (422, "invalid_request", "messages[0].content")),
        (_CHAT, _body(_IMAGE), (422, "invalid_request", "messages[0].content[1]")),
        (_CHAT, _body("x" * 5000), (422, "invalid_request", "messages")),
        (_CHAT, _body("\ud800"), (422, "invalid_request", "messages[0].content")),
    ],
)
def test_mistakes_come_in_openai_s_envelope(
    http: TestClient, line: str, content: bytes, expected: tuple[int, str, str | None]
) -> None:
    """A client shows the message of that shape, and nothing of any other."""
    headers = {"Content-Type": "application/json"}
    method, path = line.split()

    reply = http.request(method, path, content=content, headers=headers)

    ErrorReply.model_validate(reply.json())
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == expected
    assert error["type"] == "invalid_request_error"
    assert error["message"]


class _Failing(Service):
    """A service that fails before or in the middle of an answer."""

    def __init__(self, index: Path, error: Exception, *, in_the_middle: bool) -> None:
        super().__init__(index)
        self._error = error
        self._in_the_middle = in_the_middle

    def stream(self, question: str, **options: Any) -> Generator[AnswerEvent, None, None]:  # noqa: ANN401 - as inherited
        """Fail."""
        if not self._in_the_middle:
            raise self._error
        return self._interrupted(super().stream(question, **options))

    def _interrupted(
        self, events: Generator[AnswerEvent, None, None]
    ) -> Generator[AnswerEvent, None, None]:
        yield next(events)
        events.close()
        raise self._error


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (errors.BackendError("the model is away"), 503, "the model is away"),
        (ZeroDivisionError("zanzibar"), 500, "something unexpected happened"),
    ],
)
def test_failures_reach_the_client_as_errors(
    notes: Path,
    connect: Callable[[Service], OpenAI],
    error: Exception,
    status: int,
    message: str,
) -> None:
    """Before an answer begins there is a status for it, and after that an event."""
    with _Failing(notes, error, in_the_middle=False) as service:
        with pytest.raises(openai.APIStatusError, match=message) as raised:
            connect(service).chat.completions.create(model="briefqa", messages=_asked("x"))
        assert raised.value.status_code == status
        assert raised.value.type == "server_error"
    with (
        _Failing(notes, error, in_the_middle=True) as service,
        pytest.raises(openai.APIError, match=message) as cut,
    ):
        _chunks(connect(service), "x")
    assert cut.value.type == "server_error"
