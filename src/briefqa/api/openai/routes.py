"""The OpenAI-compatible routes."""

import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from uuid import uuid4

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from briefqa.api.envelopes import MODEL_NOT_FOUND
from briefqa.api.limiting import check_asked
from briefqa.api.openai.chat import ChatForm, plain_completion, whole_completion
from briefqa.api.openai.choices import Choice, choices
from briefqa.api.openai.conversation import Conversation, read_conversation, text_of
from briefqa.api.openai.exchange import Exchange
from briefqa.api.openai.refusing import RefusedError, on_refused
from briefqa.api.openai.requests import ChatRequest, ResponsesRequest, SentMessage
from briefqa.api.openai.responses import ResponseForm, plain_response, whole_response
from briefqa.api.openai.schemas import (
    ERROR_REPLIES,
    ChatReply,
    ModelReply,
    ModelsReply,
    ResponseReply,
)
from briefqa.api.openai.tasks import task_reply
from briefqa.api.replies import WireResponse
from briefqa.api.streaming import STREAMED, Events, event_stream, reply
from briefqa.assembly.service import Service
from briefqa.wire import WireObject

_OWNER = "briefqa"


def add_openai_routes(app: FastAPI, service: Service) -> None:
    """Add ``/v1/models``, ``/v1/chat/completions`` and ``/v1/responses``."""
    app.add_exception_handler(RefusedError, on_refused)
    _add_models(app, service)
    _add_chat(app, service)
    _add_responses(app, service)


def _add_models(app: FastAPI, service: Service) -> None:
    started = int(time.time())

    @app.get(
        "/v1/models",
        tags=["openai"],
        summary="List the ways of answering",
        responses={200: {"model": ModelsReply}, **ERROR_REPLIES},
    )
    def list_models() -> JSONResponse:
        found = [_described(each, started) for each in choices(service.writers).values()]
        return WireResponse({"object": "list", "data": [*found]})

    @app.get(
        # The names of language models stand after a slash.
        "/v1/models/{model_id:path}",
        tags=["openai"],
        summary="Tell of one way of answering",
        responses={200: {"model": ModelReply}, **ERROR_REPLIES},
    )
    def show_model(model_id: str) -> JSONResponse:
        return WireResponse(_described(_chosen(model_id, service), started))


def _add_chat(app: FastAPI, service: Service) -> None:
    @app.post(
        "/v1/chat/completions",
        tags=["openai"],
        summary="Answer the last question of a conversation",
        description="Fields of OpenAI's that are not listed are ignored.",
        responses={200: {"model": ChatReply, "content": STREAMED}, **ERROR_REPLIES},
    )
    async def complete_chat(body: ChatRequest, request: Request) -> Response:
        asked = read_conversation(body.messages, "messages")
        exchange = await _opened(body.model, body.messages, request, service)
        options = body.stream_options
        form = ChatForm(exchange, with_usage=bool(options and options.include_usage))
        written = task_reply(asked.question)
        if written is not None:
            if body.stream:
                return event_stream(form.plain(written))
            return WireResponse(plain_completion(written, exchange))
        return await reply(
            _starting(asked, exchange.choice, service),
            request,
            form=form if body.stream else None,
            render=lambda answer: whole_completion(answer, exchange),
        )


def _add_responses(app: FastAPI, service: Service) -> None:
    @app.post(
        "/v1/responses",
        tags=["openai"],
        summary="Answer a question, or the last one of a conversation",
        description="Fields of OpenAI's that are not listed are ignored. Nothing is kept.",
        responses={200: {"model": ResponseReply, "content": STREAMED}, **ERROR_REPLIES},
    )
    async def respond(body: ResponsesRequest, request: Request) -> Response:
        _check_nothing_kept(body)
        asked = read_conversation(body.input, "input")
        exchange = await _opened(body.model, body.input, request, service)
        form = ResponseForm(exchange)
        written = task_reply(asked.question)
        if written is not None:
            if body.stream:
                return event_stream(form.plain(written))
            return WireResponse(plain_response(written, exchange))
        return await reply(
            _starting(asked, exchange.choice, service),
            request,
            form=form if body.stream else None,
            render=lambda answer: whole_response(answer, exchange),
        )


def _described(choice: Choice, started: int) -> WireObject:
    return {
        "id": choice.model_id,
        "object": "model",
        "created": started,
        "owned_by": _OWNER,
    }


def _chosen(model_id: str, service: Service) -> Choice:
    found = choices(service.writers)
    if model_id not in found:
        detail = f"there is no model {model_id[:100]!r}; there are {', '.join(found)}"
        raise RefusedError(detail, "#/model", status=HTTPStatus.NOT_FOUND, code=MODEL_NOT_FOUND)
    return found[model_id]


async def _opened(
    model_id: str, messages: Sequence[SentMessage], request: Request, service: Service
) -> Exchange:
    choice = _chosen(model_id, service)
    tokens = service.tokens

    def count(text: str) -> int:
        return len(tokens.offsets([text])[0])

    sent = "\n".join(text_of(each) for each in messages)
    return Exchange(
        name=uuid4().hex,
        created=int(time.time()),
        choice=choice,
        base_url=str(request.base_url).rstrip("/"),
        # A long conversation takes a moment.
        prompt_tokens=await run_in_threadpool(count, sent),
        count_tokens=count,
    )


def _starting(asked: Conversation, choice: Choice, service: Service) -> Callable[[], Events]:
    check_asked(asked.question)
    return lambda: service.stream(asked.question, history=asked.history, model=choice.writer)


def _check_nothing_kept(body: ResponsesRequest) -> None:
    for field in ("previous_response_id", "conversation"):
        if getattr(body, field) is not None:
            detail = "must be left out, since nothing is kept; send the conversation as input"
            raise RefusedError(detail, f"#/{field}")
