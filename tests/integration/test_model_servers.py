"""Model servers over TLS, and servers that send anything at all."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.models_server import STREAMED, ModelServer, Talk, answer, event

from briefqa.backends.openai import load
from briefqa.backends.openai import model as module
from briefqa.datatypes import FaultKind, Message, ModelDescription, Role
from briefqa.errors import ModelFaultError

_PROMPT = [Message(Role.USER, "When was the canal closed?")]
_LINE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"data: ",
            b"data:[DONE]",
            b"event: error",
            b"event: thread.run",
            b"id: 1",
            b"retry: x",
            b": comment",
            b"",
            b"\r",
            event({"content": "It was "}).strip(),
            event(finish="stop").strip(),
            b'data: {"error": [1]}',
            b'data: {"error": {"message": 5, "code": []}}',
            b'data: {"object": "error", "message": "out of memory"}',
        ]
    ),
)
_STATUS = st.sampled_from(["200 OK", "201 Created", "206 Partial", "400 No", "429 No", "500 No"])
_TYPE = st.sampled_from(
    [STREAMED, "Content-Type: application/json", "Content-Type: text/x;charset=?"]
)


def _outcome(url: str, timeout_s: float = 5) -> tuple[str, ModelFaultError | None]:
    said = ""
    try:
        for piece in load(ModelDescription("any", base_url=url)).stream(
            _PROMPT, max_tokens=40, timeout_s=timeout_s
        ):
            said += piece
    except ModelFaultError as fault:
        return said, fault
    return said, None


class _Sends:
    """Replies with whatever it has been given."""

    def __init__(self) -> None:
        self.reply = b""

    def __call__(self, talk: Talk) -> None:
        talk.send(self.reply)


@pytest.fixture(scope="module")
def sends() -> Iterator[tuple[_Sends, str]]:
    """A server, and what it is to send next."""
    behaviour = _Sends()
    with ModelServer(behaviour) as server:
        yield behaviour, server.url


_MANY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_MANY
@given(
    lines=st.lists(_LINE, max_size=8),
    status=_STATUS,
    kind=_TYPE,
    breaks=st.sampled_from([b"\n", b"\n\n", b"\r\n"]),
)
def test_any_body_ends_as_an_answer_or_a_fault(
    sends: tuple[_Sends, str], lines: list[bytes], status: str, kind: str, breaks: bytes
) -> None:
    """Nothing that a server can send may raise what nobody expects."""
    behaviour, url = sends
    head = f"HTTP/1.1 {status}\r\n{kind}\r\n\r\n".encode()
    behaviour.reply = head + breaks.join(lines) + breaks

    said, fault = _outcome(url)

    assert fault is not None or said.strip()


@_MANY
@given(reply=st.binary(max_size=200))
def test_any_bytes_instead_of_http_are_a_fault(sends: tuple[_Sends, str], reply: bytes) -> None:
    """A port may belong to anything."""
    behaviour, url = sends
    behaviour.reply = reply

    said, fault = _outcome(url)

    assert said == ""
    assert fault is not None
    assert fault.kind in {FaultKind.CUT_OFF, FaultKind.MALFORMED}


def test_an_error_object_of_another_shape_is_told(sends: tuple[_Sends, str]) -> None:
    """Some servers send their error as an event without the word for it."""
    behaviour, url = sends
    body = b'data: {"object": "error", "message": "out of\\nmemory"}\n\n'
    behaviour.reply = f"HTTP/1.1 200 OK\r\n{STREAMED}\r\n\r\n".encode() + body

    _, fault = _outcome(url)

    assert fault is not None
    assert fault.kind is FaultKind.SERVER_ERROR
    assert "out of memory" in fault.detail


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", folder / "key.pem", "-out", folder / "certificate.pem",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def tls(certificate: Path) -> Iterator[ssl.SSLContext]:
    """What a server on https needs; verification starts afresh."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    module._tls.cache_clear()
    yield context
    module._tls.cache_clear()


def test_a_server_with_a_certificate_of_one_s_own_can_be_trusted(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company's servers have certificates that only the company knows."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))

    with ModelServer(lambda talk: talk.stream(answer("It was ", "closed.")), tls=tls) as server:
        said, fault = _outcome(server.url)

    assert (said, fault) == ("It was closed.", None)


def test_a_server_that_cannot_be_verified_gets_nothing(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the key nor the documents go to whoever stands in between."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    with ModelServer(lambda talk: talk.stream(answer("Got it.")), tls=tls) as server:
        said, fault = _outcome(server.url)

    assert said == ""
    assert fault is not None
    assert fault.kind is FaultKind.UNREACHABLE
    assert "certificate" in fault.detail.lower()
    assert server.talks == []


def test_the_deadline_holds_under_tls_too(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records of their own make waits of their own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))

    def drip(talk: Talk) -> None:
        talk.stream([event({"content": "It"})])
        while not talk.is_stopped.wait(0.05):
            talk.send(b": still there\n\n")

    with ModelServer(drip, tls=tls) as server:
        said, fault = _outcome(server.url, 0.6)

    assert said == "It"
    assert fault is not None
    assert fault.kind is FaultKind.TIMEOUT
