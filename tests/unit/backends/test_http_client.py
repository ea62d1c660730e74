"""Whatever a server does, or whoever answers in its place, is one clear error."""

import json
import socket

import httpx2
import pytest

from briefqa.backends.http_client import HttpClient
from briefqa.errors import BackendError, ReplyError, UnknownDocumentError, UsageError


def _replying(status: int, content: bytes) -> HttpClient:
    reply = httpx2.Response(status, content=content)
    return HttpClient("http://server/", transport=httpx2.MockTransport(lambda _: reply))


def test_address_that_nobody_answers_at_is_told_with_what_to_do() -> None:
    """A real connection, refused: the server was not started, or elsewhere."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"

    with HttpClient(url) as client, pytest.raises(BackendError, match="briefqa serve") as caught:
        client.get("/ready")

    assert url in str(caught.value)
    assert caught.value.exit_code == 5
    assert not isinstance(caught.value, ReplyError)


def test_key_is_sent_with_every_request_and_shown_in_no_error() -> None:
    """A server that lets nobody in says so, and what is said can be passed on."""
    sent: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.headers.get("authorization"))
        return httpx2.Response(401, json={"detail": "the key is not one of this server's"})

    transport = httpx2.MockTransport(answer)
    for key in ("a-key-of-some-length", None):
        client = HttpClient("http://server", key=key, transport=transport)
        with pytest.raises(ReplyError, match="not one of this server") as caught:
            client.get("/v1/documents")
        assert "a-key-of-some-length" not in str(caught.value)

    assert sent == ["Bearer a-key-of-some-length", None]


@pytest.mark.parametrize("key", ["schlüssel", "a\nb", "a\0b"])
def test_key_that_no_header_can_carry_is_refused_unquoted(key: str) -> None:
    """It was pasted with something around it."""
    with pytest.raises(UsageError, match="printable ASCII") as caught:
        HttpClient("http://server", key=key)

    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "server", "ftp://server", "http://", "http://a\0b", "mailto:x"]
)
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str) -> None:
    """A mistyped option is a mistake in usage, not a server that is away."""
    with pytest.raises(UsageError, match=r"expected one such as http://127\.0\.0\.1:8321"):
        HttpClient(url)


@pytest.mark.parametrize("status", [400, 404, 422, 500])
def test_refusal_says_what_the_server_said(status: int) -> None:
    """The problem of RFC 9457 is for people, so people see it."""
    problem = json.dumps({"title": "Bad", "detail": "the question is too long"}).encode()

    with pytest.raises(ReplyError, match=f"status {status}: the question is too long") as caught:
        _replying(status, problem).post("/v1/ask", {"question": "?"})

    assert caught.value.url == "http://server/v1/ask"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_that_is_not_ready_is_no_refusal_of_a_question(status: int) -> None:
    """A run must stop there, and not record a thousand failures."""
    with pytest.raises(BackendError, match="cannot answer now") as caught:
        _replying(status, b"<html>").post("/v1/ask", {"question": "?"})

    assert not isinstance(caught.value, ReplyError)


@pytest.mark.parametrize("content", [b"<html>", b"[1]", b"", b"\xff"])
def test_reply_that_is_no_object_is_told(content: bytes) -> None:
    """Something else listens on that port."""
    with pytest.raises(ReplyError, match="the reply is not"):
        _replying(200, content).get("/ready")


def test_text_of_a_document_is_asked_for_by_its_encoded_id() -> None:
    """Ids hold what an address gives a meaning of its own."""
    paths: list[bytes] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        paths.append(request.url.raw_path)
        missing = b"missing" in request.url.raw_path
        return httpx2.Response(404 if missing else 200, content="Näher\r\n".encode())

    client = HttpClient("http://server", transport=httpx2.MockTransport(answer))

    assert client.document_text("a/50% ü?#.md") == "Näher\r\n"
    assert paths == [b"/v1/documents/a/50%25%20%C3%BC%3F%23.md/text"]
    with pytest.raises(UnknownDocumentError):
        client.document_text("missing")
