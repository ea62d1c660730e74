"""Answers as chat completions, whole or in chunks."""

from collections.abc import Iterable

from briefqa.api.envelopes import envelope
from briefqa.api.openai import open_webui
from briefqa.api.openai.exchange import Exchange
from briefqa.api.openai.messages import Mark, MessageText, url_citation
from briefqa.api.openai.sending import data_event
from briefqa.api.problems import ProblemKind
from briefqa.datatypes import Answer, JsonValue, PassagesFound, SentenceSaid
from briefqa.wire import WireObject, citation_to_wire

_DONE = b"data: [DONE]\n\n"


def whole_completion(answer: Answer, exchange: Exchange) -> WireObject:
    """Return an answer as a chat completion."""
    text = MessageText(exchange.base_url)
    text.add_rest(answer)
    return _completion(
        str(text),
        exchange,
        annotations=annotations_of(answer, text.marks, exchange.base_url),
        receipts=[citation_to_wire(each) for each in answer.citations],
    )


def plain_completion(content: str, exchange: Exchange) -> WireObject:
    """Return a text that rests on no document as a chat completion."""
    return _completion(content, exchange, annotations=[], receipts=[])


def _completion(
    content: str,
    exchange: Exchange,
    *,
    annotations: list[WireObject],
    receipts: list[WireObject],
) -> WireObject:
    message: WireObject = {
        "role": "assistant",
        "content": content,
        "refusal": None,
        "annotations": [*annotations],
    }
    choice: WireObject = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": "stop",
    }
    return {
        **_opened("chat.completion", exchange),
        "choices": [choice],
        "usage": _counted(content, exchange),
        "receipts": [*receipts],
    }


def annotations_of(answer: Answer, marks: Iterable[Mark], base_url: str) -> list[WireObject]:
    """Return an annotation for each place where a message cites."""
    return [
        {"type": "url_citation", "url_citation": url_citation(answer, mark, base_url)}
        for mark in marks
    ]


class ChatForm:
    """The chunks of a chat completion; for Open WebUI with its events in between."""

    def __init__(self, exchange: Exchange, *, with_usage: bool) -> None:
        self._exchange = exchange
        self._with_usage = with_usage
        self._text = MessageText(exchange.base_url)
        self._sources = open_webui.Sources(exchange.base_url)

    def began(self) -> Iterable[bytes]:
        """Return the chunk that says who speaks."""
        yield self._chunk({"role": "assistant", "content": ""})
        if self._exchange.choice.for_open_webui:
            yield self._event(open_webui.searching())

    def event(self, event: PassagesFound | SentenceSaid | Answer, /) -> Iterable[bytes]:
        """Return the chunks of an event."""
        is_for_open_webui = self._exchange.choice.for_open_webui
        match event:
            case PassagesFound():
                if is_for_open_webui:
                    yield self._event(open_webui.found(event))
            case SentenceSaid():
                if is_for_open_webui:
                    yield from map(self._event, self._sources.of(event.citations))
                yield self._chunk({"content": self._text.add_sentence(event.sentence)})
            case Answer():
                if is_for_open_webui:
                    yield from map(self._event, self._sources.of(event.citations))
                rest = self._text.add_rest(event, with_sources=not is_for_open_webui)
                if rest:
                    yield self._chunk({"content": rest})
                yield from self._end(event)

    def plain(self, content: str) -> Iterable[bytes]:
        """Return all chunks of a text that rests on no document."""
        yield self._chunk({"role": "assistant", "content": ""})
        yield self._chunk({"content": content})
        yield self._chunk({}, finish_reason="stop")
        yield from self._usage(content)
        yield _DONE

    def failed(self, kind: ProblemKind, detail: str, /) -> Iterable[bytes]:
        """Return an error in OpenAI's shape, which ends the stream."""
        yield data_event(envelope(kind.status, kind.name.replace("-", "_"), detail))
        yield _DONE

    def _end(self, answer: Answer) -> Iterable[bytes]:
        exchange = self._exchange
        if exchange.choice.for_open_webui:
            yield self._chunk({}, finish_reason="stop")
        else:
            annotations = annotations_of(answer, self._text.marks, exchange.base_url)
            receipts = [citation_to_wire(each) for each in answer.citations]
            last: WireObject = {"annotations": [*annotations]} if annotations else {}
            yield self._chunk(last, finish_reason="stop", receipts=[*receipts])
        yield from self._usage(str(self._text))
        yield _DONE

    def _usage(self, content: str) -> Iterable[bytes]:
        if self._with_usage:
            opened = _opened("chat.completion.chunk", self._exchange)
            yield data_event({**opened, "choices": [], "usage": _counted(content, self._exchange)})

    def _chunk(
        self, delta: WireObject, *, finish_reason: str | None = None, **more: JsonValue
    ) -> bytes:
        choice: WireObject = {
            "index": 0,
            "delta": delta,
            "logprobs": None,
            "finish_reason": finish_reason,
        }
        if self._with_usage:
            more["usage"] = None
        opened = _opened("chat.completion.chunk", self._exchange)
        return data_event({**opened, "choices": [choice], **more})

    def _event(self, event: WireObject) -> bytes:
        opened = _opened("chat.completion.chunk", self._exchange)
        return data_event({**opened, "choices": [], "event": event})


def _opened(kind: str, exchange: Exchange) -> WireObject:
    """Return the fields that all parts share."""
    return {
        "id": f"chatcmpl-{exchange.name}",
        "object": kind,
        "created": exchange.created,
        "model": exchange.choice.model_id,
    }


def _counted(content: str, exchange: Exchange) -> WireObject:
    written = exchange.count_tokens(content)
    return {
        "prompt_tokens": exchange.prompt_tokens,
        "completion_tokens": written,
        "total_tokens": exchange.prompt_tokens + written,
    }
