"""A language model behind a server that speaks OpenAI's chat completions."""

import ssl
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import cache
from importlib.metadata import version

import httpx2
import openai

from briefqa.backends.openai.connection import Meter, MeteredTransport
from briefqa.backends.openai.counting import token_counter
from briefqa.backends.openai.faults import FAILURES, fault_of, wait_asked_for
from briefqa.backends.openai.keys import Key, key_in
from briefqa.backends.openai.pausing import with_pauses
from briefqa.backends.openai.reading import read_pieces
from briefqa.datatypes import FaultKind, JsonValue, Message, ModelDescription
from briefqa.errors import ModelFaultError, SettingsError

_RETRIES = 2
_STREAM = "text/event-stream"
# For each token of an answer an event of a few hundred bytes comes; some servers keep a
# connection awake with comments besides.
_BYTES_PER_TOKEN = 4_096
_BYTES_FOR_ALL = 1_000_000
# Its newer models take no max_tokens, which is all that other servers know.
_OPENAI_HOSTS = (".openai.com", ".openai.azure.com")


class OpenAIModel:
    """One model of one server; safe to use from several threads.

    Each answer has a connection of its own, with no proxy between, and no redirect is
    followed: what is sent goes to the address in the settings and nowhere else.
    """

    def __init__(
        self, description: ModelDescription, *, base_url: str, key: Key | None = None
    ) -> None:
        """Take note of the server; nothing is sent yet.

        Args:
            description: The model as the settings have it.
            base_url: The server's address, up to ``/chat/completions``.
            key: What it wants to see; None sends none.
        """
        self._description = description
        self._base_url = base_url
        self._key = key
        self._model = description.model or description.name
        self._host = httpx2.URL(base_url).host
        self._count: Callable[[str], int] | None = None

    @classmethod
    def described(cls, description: ModelDescription) -> "OpenAIModel":
        """Return the model of a description that has the server's address.

        Raises:
            SettingsError: If it has none, or names a variable that holds no key.
        """
        if not description.base_url:
            name = description.name
            msg = (
                f"language model {name!r} has no address; set models.{name}.base_url to that "
                "of its server, such as http://127.0.0.1:11434/v1"
            )
            raise SettingsError(msg)
        variable = description.api_key_env
        key = key_in(variable, of=description.name) if variable else None
        return cls(description, base_url=description.base_url, key=key)

    @classmethod
    def keyed(cls, description: ModelDescription, *, base_url: str, key: str) -> "OpenAIModel":
        """Return a model of the server at an address that takes this key."""
        return cls(description, base_url=base_url, key=Key(key))

    @property
    def model_id(self) -> str:
        """Its name in the settings, and that on its server where it is another."""
        name = self._description.name
        return name if self._model == name else f"{name}:{self._model}"

    @property
    def context_tokens(self) -> int:
        """Most tokens that messages and answer may have together."""
        return self._description.context_tokens

    def count_tokens(self, text: str, /) -> int:
        """Return how many tokens ``text`` has, or a little more."""
        if self._count is None:
            self._count = token_counter(self._model)
        return self._count(text)

    def stream(
        self, messages: Sequence[Message], /, *, max_tokens: int, timeout_s: float
    ) -> Generator[str, None, None]:
        """Yield the answer as it is written; closing the generator closes the connection.

        A server that asks to be left alone for a while is asked again after it, twice at
        most, if that leaves time.

        Raises:
            ModelFaultError: If it cannot go on; what was yielded before stands.
        """
        limit = _BYTES_FOR_ALL + max_tokens * _BYTES_PER_TOKEN
        meter = Meter(timeout_s=timeout_s, max_bytes=limit)
        fault: ModelFaultError | None = None
        try:
            yield from with_pauses(self._pieces(messages, max_tokens, meter), meter.stop)
        except ModelFaultError as error:
            fault = error
        except FAILURES as error:
            fault = fault_of(error, meter, where=self._host)
        if fault is not None:
            # Anew, and from here: what was raised inside holds the request, and the key in it.
            raise ModelFaultError(fault.kind, self._concealed(fault.detail))

    def _pieces(
        self, messages: Sequence[Message], max_tokens: int, meter: Meter
    ) -> Generator[str, None, None]:
        transport = MeteredTransport(
            meter,
            context=_tls() if self._base_url.startswith("https") else None,
            sent={b"authorization"} if self._key else set(),
        )
        with httpx2.Client(transport=transport, trust_env=False) as connections:
            client = openai.OpenAI(
                base_url=self._base_url,
                # It wants one in any case; what is not to be sent stops at the transport.
                api_key=self._key.reveal() if self._key else "none",
                http_client=connections,
                max_retries=0,
                default_headers={"User-Agent": f"briefqa/{version('briefqa')}"},
            )
            with closing(self._begun(client, self._body(messages, max_tokens), meter)) as events:
                _check_content_type(events.response)
                pieces = read_pieces(events, max_tokens=max_tokens)
                yield from self._key.conceal_in_stream(pieces) if self._key else pieces

    def _begun(
        self, client: openai.OpenAI, body: dict[str, JsonValue], meter: Meter
    ) -> openai.Stream[object]:
        """Send the request, and return the events of the reply once it begins."""
        attempt = 0
        while True:
            try:
                # As they come, not as the client's own classes: these take anything.
                return client.post(
                    "/chat/completions",
                    cast_to=object,
                    body=body,
                    stream=True,
                    stream_cls=openai.Stream[object],
                )
            except openai.APIStatusError as error:
                wait = wait_asked_for(error)
                attempt += 1
                if attempt > _RETRIES or wait is None or wait >= meter.left_s:
                    raise
            meter.sleep(wait)

    def _body(self, messages: Sequence[Message], max_tokens: int) -> dict[str, JsonValue]:
        is_openai = f".{self._host}".endswith(_OPENAI_HOSTS)
        body: dict[str, JsonValue] = {
            **self._description.options,
            "model": self._model,
            "messages": [{"role": each.role.value, "content": each.text} for each in messages],
            "stream": True,
            "max_completion_tokens" if is_openai else "max_tokens": max_tokens,
        }
        if self._description.temperature is not None:
            body["temperature"] = self._description.temperature
        return body

    def _concealed(self, text: str) -> str:
        return self._key.conceal(text) if self._key else text


def _check_content_type(response: httpx2.Response) -> None:
    found = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if found != _STREAM:
        raise ModelFaultError(
            FaultKind.MALFORMED,
            f"the server at {response.url.host} replied with {found[:80] or 'no content type'} "
            f"instead of {_STREAM}; does base_url lead to an OpenAI-compatible chat API?",
        )


@cache
def _tls() -> ssl.SSLContext:
    """What verifies servers: the system's certificates, or those ``SSL_CERT_FILE`` names."""
    return httpx2.create_ssl_context()
