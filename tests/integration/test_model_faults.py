"""However a model server fails, it is told in time, by its kind, and never with the key."""

import gzip
import json
import logging
import socket
import time
import traceback
import tracemalloc
from collections.abc import Callable
from email.utils import formatdate

import pytest
from tests.models_server import DONE, STREAMED, ModelServer, Talk, answer, event

from briefqa.backends.openai import load
from briefqa.datatypes import FaultKind, Message, ModelDescription, Role
from briefqa.errors import ModelFaultError

KEY = "sk-canary-4f1d0b7a9c2e8365"
_TIMEOUT_S = 1.0
# Where the limit is not time, so that a slow machine comes to it.
_LONG_S = 20.0
_GRACE_S = 1.5
_MAX_TOKENS = 40
_PROMPT = [Message(Role.SYSTEM, "Answer."), Message(Role.USER, "When was the canal closed?")]

_WORDS = event({"content": "It was closed."})

Behaviour = Callable[[Talk], None]


def _replies(status: str, *headers: str, body: bytes = b"") -> Behaviour:
    return lambda talk: talk.reply(status, *headers, body=body)


def _refuses(status: str, *headers: str, message: str = "no") -> Behaviour:
    body = json.dumps({"error": {"message": message, "code": None}}).encode()
    return _replies(status, "Content-Type: application/json", *headers, body=body)


def _streams(*events: bytes) -> Behaviour:
    return lambda talk: talk.stream(events)


def _accepts_and_is_silent(talk: Talk) -> None:
    talk.wait(30)


def _drips_headers(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n")
    while talk.wait(0.05):
        talk.send(b"X-Slow: 1\r\n")


def _drips_events(talk: Talk) -> None:
    talk.stream([event({"role": "assistant"})])
    while talk.wait(0.05):
        talk.send(event({"content": "a"}))


def _drips_half_an_event(talk: Talk) -> None:
    talk.stream([])
    for byte in event({"content": "a" * 400}):
        talk.send(bytes([byte]))
        if not talk.wait(0.05):
            return


def _only_comments(talk: Talk) -> None:
    talk.stream([])
    while talk.wait(0.02):
        talk.send(b": still there\n\n")


def _sends_half(talk: Talk) -> None:
    talk.stream([_WORDS])
    talk.wait(30)


def _drips_an_error(talk: Talk) -> None:
    talk.reply("500 Oops", "Content-Type: application/json", has_length=False)
    while talk.wait(0.05):
        talk.send(b" ")


def _closes_at_once(talk: Talk) -> None:
    talk.connection.close()


def _resets_in_the_middle(talk: Talk) -> None:
    talk.stream([event({"content": "It was closed in "})])
    talk.wait(0.1)
    talk.reset()


def _cuts_a_chunk(talk: Talk) -> None:
    talk.send(f"HTTP/1.1 200 OK\r\n{STREAMED}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    data = event({"content": "It was closed in "})
    talk.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    talk.send(b"ffff\r\ndata: ")


def _cuts_its_length(talk: Talk) -> None:
    talk.send(f"HTTP/1.1 200 OK\r\n{STREAMED}\r\nContent-Length: 9999\r\n\r\n".encode())
    talk.send(event({"content": "It was closed in "}))


def _breaks_its_chunks(talk: Talk) -> None:
    talk.send(f"HTTP/1.1 200 OK\r\n{STREAMED}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    talk.send(b"not a length\r\n" + event({"content": "a"}))
    talk.wait(30)


def _never_stops(piece: str) -> Behaviour:
    def behave(talk: Talk) -> None:
        talk.stream([])
        while not talk.is_stopped.is_set():
            talk.send(event({"content": piece}))

    return behave


def _one_giant_line(talk: Talk) -> None:
    talk.stream([b"data: "])
    while not talk.is_stopped.is_set():
        talk.send(b"a" * 65_536)


def _events_without_end(chunk: bytes) -> Behaviour:
    def behave(talk: Talk) -> None:
        talk.stream([])
        while not talk.is_stopped.is_set():
            talk.send(chunk * 50)

    return behave


def _huge_headers(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n")
    while not talk.is_stopped.is_set():
        talk.send(b"X-Much: " + b"a" * 1_000 + b"\r\n")


def _bomb(status: str, content_type: str) -> Behaviour:
    packed = gzip.compress(b"\0" * 50_000_000)
    return _replies(status, f"Content-Type: {content_type}", "Content-Encoding: gzip", body=packed)


def _speaks_something_else(talk: Talk) -> None:
    talk.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    talk.wait(30)


def _echo(where: str) -> Behaviour:
    """A server that repeats the key that it was sent."""

    def behave(talk: Talk) -> None:
        key = talk.head.partition("Bearer ")[2].partition("\r\n")[0]
        assert key == KEY
        if where == "body":
            _refuses("400 Bad Request", message=f"wrong key {key}, or '{key[:14]}...'")(talk)
        elif where == "refusal":
            _refuses("401 Unauthorized", message=f"wrong key {key}")(talk)
        elif where == "header":
            _refuses("500 Oops", f"X-Key: {key}")(talk)
        elif where == "status line":
            _refuses(f"500 {key}")(talk)
        elif where == "location":
            _replies("302 Found", f"Location: http://127.0.0.1:1/?key={key}")(talk)
        elif where == "content type":
            _replies("200 OK", f"Content-Type: text/{key}")(talk)
        elif where == "error event":
            _streams(b"data: " + json.dumps({"error": {"message": key}}).encode() + b"\n\n")(talk)
        elif where == "protocol":
            talk.send(f"{key}\r\n\r\n".encode())
        else:
            pieces = [key[:5], key[5:11], key[11:], " and ", key, key[:9]]
            _streams(*answer(*pieces)[:-2])(talk)

    return behave


_LATE = formatdate(time.time() + 7_200, usegmt=True)
_PAST = "Wed, 21 Oct 2015 07:28:00 GMT"
_K = FaultKind

FAULTS: dict[str, tuple[Behaviour, FaultKind]] = {
    # It does not answer, or not in time.
    "accepts and is silent": (_accepts_and_is_silent, _K.TIMEOUT),
    "headers byte by byte": (_drips_headers, _K.TIMEOUT),
    "events past the deadline": (_drips_events, _K.TIMEOUT),
    "an event byte by byte": (_drips_half_an_event, _K.TIMEOUT),
    "only comments": (_only_comments, _K.TIMEOUT),
    "an error byte by byte": (_drips_an_error, _K.TIMEOUT),
    "half a reply, then silence": (_sends_half, _K.TIMEOUT),
    # It refuses.
    "400": (_refuses("400 Bad Request"), _K.REFUSED),
    "401": (_refuses("401 Unauthorized"), _K.REFUSED),
    "403": (_refuses("403 Forbidden"), _K.REFUSED),
    "404": (_refuses("404 Not Found"), _K.REFUSED),
    "404 web page": (
        _replies("404 Not Found", "Content-Type: text/html", body=b"<html>"),
        _K.REFUSED,
    ),
    "405": (_replies("405 Method Not Allowed"), _K.REFUSED),
    "413": (_refuses("413 Content Too Large"), _K.REFUSED),
    "422": (_refuses("422 Unprocessable Content"), _K.REFUSED),
    "content filter": (_streams(_WORDS, event(finish="content_filter")), _K.REFUSED),
    "declined": (_streams(event({"refusal": "I cannot."}), event(finish="stop")), _K.REFUSED),
    "redirect": (_replies("302 Found", "Location: http://127.0.0.1:1/"), _K.REFUSED),
    "redirect that keeps the body": (_replies("307 T", "Location: /v2"), _K.REFUSED),
    "redirect to nowhere": (_replies("308 Permanent Redirect"), _K.REFUSED),
    "not modified": (lambda talk: talk.reply("304 Not Modified", has_length=False), _K.REFUSED),
    # It has too much to do.
    "429": (_refuses("429 Too Many Requests"), _K.RATE_LIMITED),
    "429 for an hour": (_refuses("429 Too Many", "Retry-After: 3600"), _K.RATE_LIMITED),
    "429 for ever": (_refuses("429 Too Many", "Retry-After: 9" + "9" * 400), _K.RATE_LIMITED),
    "429 infinitely": (_refuses("429 Too Many", "Retry-After: inf"), _K.RATE_LIMITED),
    "429 until a date": (_refuses("429 Too Many", f"Retry-After: {_LATE}"), _K.RATE_LIMITED),
    "429 until long ago": (_refuses("429 Too Many", f"Retry-After: {_PAST}"), _K.RATE_LIMITED),
    "429 until nonsense": (_refuses("429 Too Many", "Retry-After: soon"), _K.RATE_LIMITED),
    "429 and at once again": (_refuses("429 Too Many", "Retry-After: 0"), _K.RATE_LIMITED),
    "503 and again": (_refuses("503 Away", "Retry-After: 0.1"), _K.SERVER_ERROR),
    # It fails.
    "408": (_refuses("408 Request Timeout"), _K.SERVER_ERROR),
    "500": (_refuses("500 Internal Server Error"), _K.SERVER_ERROR),
    "500 with nothing": (_replies("500 Internal Server Error"), _K.SERVER_ERROR),
    "500 with deep JSON": (
        _replies("500 Oops", "Content-Type: application/json", body=b"[" * 100_000),
        _K.SERVER_ERROR,
    ),
    "502": (_replies("502 Bad Gateway", "Content-Type: text/html", body=b"<h1>"), _K.SERVER_ERROR),
    "503": (_refuses("503 Service Unavailable"), _K.SERVER_ERROR),
    "504": (_refuses("504 Gateway Timeout"), _K.SERVER_ERROR),
    "529": (_refuses("529 Overloaded"), _K.SERVER_ERROR),
    "an error among the events": (
        _streams(_WORDS, b'data: {"error": {"message": "out of memory"}}\n\n'),
        _K.SERVER_ERROR,
    ),
    "an error that is a word": (_streams(b'data: {"error": "oops"}\n\n'), _K.SERVER_ERROR),
    # What it sends is not what it should.
    "a web page": (
        _replies("200 OK", "Content-Type: text/html", body=b"<html>Hello</html>"),
        _K.MALFORMED,
    ),
    "no content type": (_replies("200 OK", body=b"hello"), _K.MALFORMED),
    "no content": (lambda talk: talk.reply("204 No Content", has_length=False), _K.MALFORMED),
    "JSON instead of events": (
        _replies("200 OK", "Content-Type: application/json", body=b'{"choices": []}'),
        _K.MALFORMED,
    ),
    "broken JSON": (_streams(_WORDS, b'data: {"choices": [\n\n'), _K.MALFORMED),
    "deep JSON": (_streams(b"data: " + b"[" * 200_000 + b"\n\n"), _K.MALFORMED),
    "a number": (_streams(b"data: 5\n\n"), _K.MALFORMED),
    "an enormous number": (_streams(b"data: " + b"9" * 9_999 + b"\n\n"), _K.MALFORMED),
    "a null": (_streams(b"data: null\n\n"), _K.MALFORMED),
    "a list": (_streams(b"data: [1]\n\n"), _K.MALFORMED),
    "no choices": (_streams(b'data: {"id": "1"}\n\n'), _K.MALFORMED),
    "choices that are a text": (_streams(b'data: {"choices": "yes"}\n\n'), _K.MALFORMED),
    "choices of numbers": (_streams(b'data: {"choices": [1]}\n\n'), _K.MALFORMED),
    "a delta that is a text": (_streams(event("It was closed.")), _K.MALFORMED),
    "content that is a list": (_streams(event({"content": [1]})), _K.MALFORMED),
    "content that is a number": (_streams(event({"content": 1911})), _K.MALFORMED),
    "another role": (_streams(event({"role": "user", "content": "Hi"})), _K.MALFORMED),
    "a role that is a list": (_streams(event({"role": ["assistant"]})), _K.MALFORMED),
    "a tool's call": (_streams(event({"tool_calls": [{"index": 0}]})), _K.MALFORMED),
    "ended by a tool's call": (_streams(_WORDS, event(finish="tool_calls")), _K.MALFORMED),
    "broken UTF-8": (_streams(b'data: {"choices": "\xff\xfe"}\n\n'), _K.MALFORMED),
    "compressed": (
        _replies("200 OK", STREAMED, "Content-Encoding: br", body=b"abc"),
        _K.MALFORMED,
    ),
    "a bomb": (_bomb("200 OK", "text/event-stream"), _K.MALFORMED),
    "a bomb that is an error": (_bomb("500 Oops", "application/json"), _K.MALFORMED),
    "another protocol": (_speaks_something_else, _K.MALFORMED),
    "chunks without length": (_breaks_its_chunks, _K.MALFORMED),
    "headers without end": (_huge_headers, _K.MALFORMED),
    # It stops before its time.
    "closes at once": (_closes_at_once, _K.CUT_OFF),
    "resets at once": (Talk.reset, _K.CUT_OFF),
    "resets in the middle": (_resets_in_the_middle, _K.CUT_OFF),
    "half a chunk": (_cuts_a_chunk, _K.CUT_OFF),
    "half its length": (_cuts_its_length, _K.CUT_OFF),
    "no end of the answer": (_streams(_WORDS), _K.CUT_OFF),
    "done without an end": (_streams(_WORDS, DONE), _K.CUT_OFF),
    "cut at the limit": (_streams(_WORDS, event(finish="length"), DONE), _K.CUT_OFF),
    "all spent on reasoning": (
        _streams(event({"reasoning_content": "Hm"}), event(finish="length")),
        _K.CUT_OFF,
    ),
    # It does not stop.
    "words without end": (_never_stops("word "), _K.ENDLESS),
    "blanks without end": (_never_stops(" \n"), _K.ENDLESS),
    "a line without end": (_one_giant_line, _K.ENDLESS),
    "comments without end": (_events_without_end(b": hello\n" * 100), _K.ENDLESS),
    "empty lines without end": (_events_without_end(b"\n" * 1_000), _K.ENDLESS),
    "empty events without end": (_events_without_end(event({})), _K.ENDLESS),
    "reasoning without end": (_events_without_end(event({"reasoning": "Hm"})), _K.ENDLESS),
    "far more than was asked for": (_streams(*answer("word " * 1_000)), _K.ENDLESS),
    # There is nothing in it.
    "nothing": (_streams(), _K.EMPTY),
    "done at once": (_streams(DONE), _K.EMPTY),
    "no choice": (_streams(b'data: {"choices": []}\n\n', DONE), _K.EMPTY),
    "only another choice": (
        _streams(b'data: {"choices": [{"index": 1, "delta": {"content": "a"}}]}\n\n', DONE),
        _K.EMPTY,
    ),
    "null content": (_streams(event({"content": None}), event(finish="stop")), _K.EMPTY),
    "an empty answer": (_streams(*answer("")), _K.EMPTY),
    "a blank answer": (_streams(*answer(" ", "\n")), _K.EMPTY),
    "only reasoning": (
        _streams(event({"reasoning_content": "Hm"}), event(finish="stop")),
        _K.EMPTY,
    ),
    # It repeats the key.
    "the key in an error": (_echo("body"), _K.REFUSED),
    "the key in a refusal": (_echo("refusal"), _K.REFUSED),
    "the key in a header": (_echo("header"), _K.SERVER_ERROR),
    "the key in the status line": (_echo("status line"), _K.SERVER_ERROR),
    "the key in a redirect": (_echo("location"), _K.REFUSED),
    "the key as content type": (_echo("content type"), _K.MALFORMED),
    "the key in an error event": (_echo("error event"), _K.SERVER_ERROR),
    "the key instead of HTTP": (_echo("protocol"), _K.MALFORMED),
    "the key in the answer": (_echo("answer"), _K.CUT_OFF),
}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_KEY", KEY)


def _ask(url: str, timeout_s: float = _TIMEOUT_S) -> tuple[str, ModelFaultError | None, float]:
    """Return what came, what was raised, and after how many seconds."""
    model = load(ModelDescription("canary", base_url=url, api_key_env="CANARY_KEY"))
    began, said, fault = time.monotonic(), "", None
    try:
        for piece in model.stream(_PROMPT, max_tokens=_MAX_TOKENS, timeout_s=timeout_s):
            said += piece
    except ModelFaultError as error:
        fault = error
    return said, fault, time.monotonic() - began


def _tells_the_key(text: str) -> bool:
    return any(KEY[start : start + 8] in text for start in range(len(KEY) - 7))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_time_by_its_kind_and_without_the_key(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer must end whatever the server does, and a report of it may be shown to anyone."""
    behaviour, kind = FAULTS[name]
    caplog.set_level(logging.DEBUG)

    timeout_s = _LONG_S if kind is FaultKind.ENDLESS else _TIMEOUT_S
    with ModelServer(behaviour) as server:
        said, fault, took_s = _ask(server.url, timeout_s)

    assert fault is not None
    assert fault.kind is kind, fault.detail
    assert took_s < timeout_s + _GRACE_S
    assert fault.__cause__ is None
    assert fault.__context__ is None
    shown = "".join(traceback.format_exception(fault)) + repr(fault) + repr(vars(fault))
    assert not _tells_the_key(shown + said + caplog.text)
    assert server.talks[0].head.lower().count(KEY) == 1
    assert len(caplog.records) > 3


def test_there_are_faults_enough_of_every_kind() -> None:
    """Each kind that a caller can be told of is one that was seen."""
    kinds = {kind for _, kind in FAULTS.values()}

    assert len(FAULTS) >= 30
    # One of the others needs that there be no server, and one is found before it is asked.
    assert kinds == set(FaultKind) - {FaultKind.UNREACHABLE, FaultKind.NO_ROOM}


def test_a_server_that_is_down_cannot_be_reached() -> None:
    """The most common fault of all: nobody started it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"

        _, fault, took_s = _ask(url)

    assert fault is not None
    assert fault.kind is FaultKind.UNREACHABLE
    assert "is it running?" in str(fault)
    assert took_s < _GRACE_S


def test_a_host_that_nobody_knows_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a typing error is told as such."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    _, fault, _ = _ask("http://modle.invalid/v1")

    assert fault is not None
    assert fault.kind is FaultKind.UNREACHABLE
    assert "'modle.invalid' cannot be looked up" in str(fault)


def test_looking_up_a_host_is_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system waits as long as it likes for a name server that is away."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))

    _, fault, took_s = _ask("http://slow.invalid/v1", 0.3)

    assert fault is not None
    assert fault.kind is FaultKind.TIMEOUT
    assert took_s < 0.3 + _GRACE_S


def test_a_server_that_does_not_accept_is_within_the_deadline() -> None:
    """A full queue or a firewall takes no connection, and does not refuse it either."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.settimeout(0)
            waiting.connect_ex(full.getsockname())

        _, fault, took_s = _ask(f"http://127.0.0.1:{full.getsockname()[1]}/v1", 0.5)

    assert fault is not None
    assert fault.kind is FaultKind.TIMEOUT
    assert took_s < 0.5 + _GRACE_S


def test_a_server_without_tls_is_told_apart() -> None:
    """An https address of an http server is a common mistake; its handshake must not hang."""
    with ModelServer(_accepts_and_is_silent) as server:
        _, fault, took_s = _ask(server.url.replace("http://", "https://"), 0.5)

    assert fault is not None
    assert fault.kind in {FaultKind.UNREACHABLE, FaultKind.TIMEOUT}
    assert took_s < 0.5 + _GRACE_S


@pytest.mark.parametrize(
    "name", ["a bomb", "a bomb that is an error", "a line without end", "words without end"]
)
def test_what_a_server_sends_takes_little_memory(name: str) -> None:
    """A service must outlive a model server that has gone mad."""
    behaviour, _ = FAULTS[name]
    with ModelServer(behaviour) as server:
        tracemalloc.start()
        try:
            _, fault, _ = _ask(server.url, _LONG_S)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert fault is not None
    assert peak < 20_000_000


@pytest.mark.parametrize("wait", ["0", "0.1", _PAST])
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_busy_server_is_asked_again_when_it_says_so(status: str, wait: str) -> None:
    """Two refusals are waited out, and then the answer comes."""
    refusals = iter([1, 2])

    def behave(talk: Talk) -> None:
        if next(refusals, None):
            _refuses(status, f"Retry-After: {wait}")(talk)
        else:
            talk.stream(answer("It was ", "closed."))

    with ModelServer(behave) as server:
        said, fault, _ = _ask(server.url)

    assert (said, fault) == ("It was closed.", None)
    assert len(server.talks) == 3


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("429", 1),
        ("429 and at once again", 3),
        ("429 for an hour", 1),
        ("429 until a date", 1),
        ("429 until nonsense", 1),
        ("503", 1),
        ("503 and again", 3),
        ("500", 1),
        ("529", 1),
        ("resets in the middle", 1),
    ],
)
def test_nothing_else_is_asked_twice(name: str, count: int) -> None:
    """Each request costs money, or a slow machine's time."""
    behaviour, _ = FAULTS[name]
    with ModelServer(behaviour) as server:
        _ask(server.url)

    assert len(server.talks) == count


def test_retries_stay_within_the_deadline() -> None:
    """A wait that would end after it is not begun."""
    with ModelServer(_refuses("429 Too Many", "Retry-After: 1")) as server:
        _, fault, took_s = _ask(server.url, 1.8)

    assert fault is not None
    assert fault.kind is FaultKind.RATE_LIMITED
    assert took_s < 1.8
    assert len(server.talks) == 2


def test_a_redirect_is_not_followed() -> None:
    """The key and the documents go to the address in the settings, and nowhere else."""
    with ModelServer(lambda talk: talk.stream(answer("Got it."))) as other:
        behaviour = _replies("307 Temporary Redirect", f"Location: {other.url}/chat/completions")
        with ModelServer(behaviour) as server:
            _, fault, _ = _ask(server.url)

    assert fault is not None
    assert fault.kind is FaultKind.REFUSED
    assert other.talks == []


def test_what_came_before_a_fault_stands() -> None:
    """Half an answer is better than none, if it is told that it is half."""
    with ModelServer(_resets_in_the_middle) as server:
        said, fault, _ = _ask(server.url)

    assert said == "It was closed in "
    assert fault is not None


def test_closing_the_generator_closes_the_connection() -> None:
    """A reader who leaves must not keep a model writing for nobody."""
    with ModelServer(_sends_half) as server:
        model = load(ModelDescription("canary", base_url=server.url))
        pieces = model.stream(_PROMPT, max_tokens=_MAX_TOKENS, timeout_s=30)
        assert next(pieces) == "It was closed."
        began = time.monotonic()

        pieces.close()

        assert server.saw_client_leave.wait(2)
        assert time.monotonic() - began < 0.5


def test_a_generator_that_waits_can_be_closed_within_a_second_or_so() -> None:
    """A silent server must not hold a reader who leaves, nor go on for nobody."""
    with ModelServer(_accepts_and_is_silent) as server:
        model = load(ModelDescription("canary", base_url=server.url))
        pieces = model.stream(_PROMPT, max_tokens=_MAX_TOKENS, timeout_s=60)
        began = time.monotonic()

        assert next(pieces) == ""
        assert time.monotonic() - began < 5
        pieces.close()

        assert server.saw_client_leave.wait(2)
        assert time.monotonic() - began < 10
