"""Answers as responses, OpenAI's newer shape, whole or as events."""

from collections.abc import Iterable

from briefqa.api.openai.exchange import Exchange
from briefqa.api.openai.messages import Mark, MessageText, url_citation
from briefqa.api.openai.sending import data_event
from briefqa.api.problems import ProblemKind
from briefqa.datatypes import Answer, JsonValue, PassagesFound, SentenceSaid
from briefqa.wire import WireObject, citation_to_wire

_COMPLETED = "completed"
_IN_PROGRESS = "in_progress"
_FAILED = "failed"


def whole_response(answer: Answer, exchange: Exchange) -> WireObject:
    """Return an answer as a response."""
    text = MessageText(exchange.base_url)
    text.add_rest(answer)
    return _done(answer, text, exchange)


def plain_response(content: str, exchange: Exchange) -> WireObject:
    """Return a text that rests on no document as a response."""
    return _response(
        _COMPLETED,
        exchange,
        output=[_message(_COMPLETED, exchange, [_part(content)])],
        usage=_counted(content, exchange),
    )


class ResponseForm:
    """The events of a response, each with its place in the order."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._text = MessageText(exchange.base_url)
        self._sent = 0

    def began(self) -> Iterable[bytes]:
        """Return the events that open a response, its message and the text of that."""
        for name in ("created", _IN_PROGRESS):
            yield self._event(name, response=_response(_IN_PROGRESS, self._exchange))
        message = _message(_IN_PROGRESS, self._exchange, [])
        yield self._event("output_item.added", output_index=0, item=message)
        yield self._in_text("content_part.added", part=_part(""))

    def event(self, event: PassagesFound | SentenceSaid | Answer, /) -> Iterable[bytes]:
        """Return the events of an event."""
        match event:
            case PassagesFound():
                pass
            case SentenceSaid():
                yield self._delta(self._text.add_sentence(event.sentence))
            case Answer():
                rest = self._text.add_rest(event)
                if rest:
                    yield self._delta(rest)
                for place, each in enumerate(_annotations(event, self._text.marks, self._exchange)):
                    yield self._in_text(
                        "output_text.annotation.added", annotation_index=place, annotation=each
                    )
                yield from self._end(_done(event, self._text, self._exchange), str(self._text))

    def plain(self, content: str) -> Iterable[bytes]:
        """Return all events of a text that rests on no document."""
        yield from self.began()
        yield self._delta(content)
        yield from self._end(plain_response(content, self._exchange), content)

    def failed(self, kind: ProblemKind, detail: str, /) -> Iterable[bytes]:
        """Return the event that ends a response without an answer."""
        error: WireObject = {"code": "server_error", "message": f"{kind.title}: {detail}"}
        yield self._event(_FAILED, response=_response(_FAILED, self._exchange, error=error))

    def _end(self, response: WireObject, content: str) -> Iterable[bytes]:
        message = _first(response["output"])
        yield self._in_text("output_text.done", text=content, logprobs=[])
        yield self._in_text("content_part.done", part=_first(message["content"]))
        yield self._event("output_item.done", output_index=0, item=message)
        yield self._event(_COMPLETED, response=response)

    def _delta(self, text: str) -> bytes:
        return self._in_text("output_text.delta", delta=text, logprobs=[])

    def _in_text(self, name: str, **fields: JsonValue) -> bytes:
        where: WireObject = {
            "item_id": _message_id(self._exchange),
            "output_index": 0,
            "content_index": 0,
        }
        return self._event(name, **where, **fields)

    def _event(self, name: str, **fields: JsonValue) -> bytes:
        kind, number = f"response.{name}", self._sent
        self._sent += 1
        return data_event({"type": kind, "sequence_number": number, **fields}, kind)


def _done(answer: Answer, text: MessageText, exchange: Exchange) -> WireObject:
    annotations = _annotations(answer, text.marks, exchange)
    content = str(text)
    return _response(
        _COMPLETED,
        exchange,
        output=[_message(_COMPLETED, exchange, [_part(content, annotations)])],
        usage=_counted(content, exchange),
        receipts=[citation_to_wire(each) for each in answer.citations],
    )


def _annotations(answer: Answer, marks: Iterable[Mark], exchange: Exchange) -> list[WireObject]:
    return [
        {"type": "url_citation", **url_citation(answer, mark, exchange.base_url)} for mark in marks
    ]


def _part(text: str, annotations: Iterable[WireObject] = ()) -> WireObject:
    return {"type": "output_text", "text": text, "annotations": [*annotations], "logprobs": []}


def _message(status: str, exchange: Exchange, content: list[JsonValue]) -> WireObject:
    return {
        "type": "message",
        "id": _message_id(exchange),
        "status": status,
        "role": "assistant",
        "content": content,
    }


def _message_id(exchange: Exchange) -> str:
    return f"msg_{exchange.name}"


def _response(  # noqa: PLR0913 - what a response has, by its state
    status: str,
    exchange: Exchange,
    *,
    output: Iterable[WireObject] = (),
    usage: WireObject | None = None,
    error: WireObject | None = None,
    receipts: Iterable[WireObject] = (),
) -> WireObject:
    return {
        "id": f"resp_{exchange.name}",
        "object": "response",
        "created_at": exchange.created,
        "status": status,
        "error": error,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": exchange.choice.model_id,
        "output": [*output],
        "parallel_tool_calls": False,
        "temperature": None,
        "tool_choice": "none",
        "tools": [],
        "top_p": None,
        "store": False,
        "usage": usage,
        "receipts": [*receipts],
    }


def _counted(content: str, exchange: Exchange) -> WireObject:
    written = exchange.count_tokens(content)
    return {
        "input_tokens": exchange.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": exchange.prompt_tokens + written,
    }


def _first(found: JsonValue) -> WireObject:
    if not isinstance(found, list) or not isinstance(found[0], dict):
        msg = "expected a list of objects"
        raise TypeError(msg)
    return found[0]
