"""Talks to a briefqa server over HTTP, through httpx2."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx2

from briefqa.datatypes import JsonValue
from briefqa.errors import BackendError, ReplyError, UnknownDocumentError, UsageError

_TIMEOUT_S = 120.0
_FIRST_ERROR = 400
_NOT_FOUND = 404
# Said by what stands before a server, or by one that is not ready: nothing is wrong with
# the request.
_AWAY = {502, 503, 504}

JsonObject = dict[str, JsonValue]


class HttpClient:
    """A server's address and the connections to it."""

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout_s: float = _TIMEOUT_S,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Take note of the address; nothing is sent yet.

        Args:
            url: Where the server is, such as ``http://127.0.0.1:8321``.
            key: What the server asks for, if it asks; without it none is sent.
            timeout_s: Longest wait for the next part of a reply.
            transport: What carries requests; the network if unset.

        Raises:
            UsageError: If ``url`` is no HTTP address, or ``key`` cannot be sent.
        """
        self._url = url.rstrip("/")
        try:
            address = httpx2.URL(self._url)
        except httpx2.InvalidURL as error:
            msg = f"{url!r} is no address ({error}); expected one such as http://127.0.0.1:8321"
            raise UsageError(msg) from error
        if address.scheme not in {"http", "https"} or not address.host:
            msg = f"{url!r} is no HTTP address; expected one such as http://127.0.0.1:8321"
            raise UsageError(msg)
        if key is not None and not (key.isascii() and key.isprintable()):
            msg = "the key cannot be sent: it has other characters than printable ASCII"
            raise UsageError(msg)
        headers = None if key is None else {"Authorization": f"Bearer {key}"}
        self._client = httpx2.Client(timeout=timeout_s, transport=transport, headers=headers)

    def get(self, path: str) -> JsonObject:
        """Return the object that ``path`` gives.

        Raises:
            ReplyError: If the server refuses, or replies with no object.
            BackendError: If it cannot be reached.
        """
        return self._object(self._send("GET", path))

    def post(self, path: str, body: Mapping[str, JsonValue]) -> JsonObject:
        """Return the object that ``path`` replies to ``body``.

        Raises:
            ReplyError: If the server refuses, or replies with no object.
            BackendError: If it cannot be reached.
        """
        return self._object(self._send("POST", path, dict(body)))

    def document_text(self, doc_id: str) -> str:
        """Return the canonical text of a document.

        Raises:
            UnknownDocumentError: If the server has none of that id.
            ReplyError: If it refuses for another reason.
            BackendError: If it cannot be reached.
        """
        reply = self._request("GET", f"/v1/documents/{quote(doc_id, safe='/')}/text", None)
        if reply.status_code == _NOT_FOUND:
            raise UnknownDocumentError(doc_id)
        self._require_success(reply)
        return reply.content.decode("utf-8", "replace")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, method: str, path: str, body: JsonObject | None = None) -> httpx2.Response:
        reply = self._request(method, path, body)
        self._require_success(reply)
        return reply

    def _request(self, method: str, path: str, body: JsonObject | None) -> httpx2.Response:
        try:
            return self._client.request(method, self._url + path, json=body)
        except httpx2.HTTPError as error:
            msg = (
                f"cannot reach a server at {self._url}: {str(error) or type(error).__name__}; "
                "`briefqa serve` starts one, and its first line says where"
            )
            raise BackendError(msg) from error

    def _require_success(self, reply: httpx2.Response) -> None:
        if reply.status_code < _FIRST_ERROR:
            return
        said = _problem(reply)
        if reply.status_code in _AWAY:
            msg = f"the server at {self._url} cannot answer now: {said}"
            raise BackendError(msg)
        raise ReplyError(str(reply.url), said)

    @staticmethod
    def _object(reply: httpx2.Response) -> JsonObject:
        try:
            found = reply.json()
        except ValueError as error:
            detail = "the reply is not JSON; is this a briefqa server?"
            raise ReplyError(str(reply.url), detail) from error
        if not isinstance(found, dict):
            raise ReplyError(str(reply.url), "the reply is not a JSON object")
        return found


def _problem(reply: httpx2.Response) -> str:
    """Return the status and what the server says is wrong, as RFC 9457 has it."""
    try:
        problem = reply.json()
    except ValueError:
        problem = None
    detail = problem.get("detail") or problem.get("title") if isinstance(problem, dict) else None
    return f"status {reply.status_code}" + (f": {detail}" if detail else "")
