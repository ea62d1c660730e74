"""Tells in which of a few ways a model server failed, whatever it was that was raised."""

import email.utils
import json
import math
import time

import httpcore2
import openai

from briefqa.backends.openai.connection import Meter
from briefqa.datatypes import FaultKind
from briefqa.errors import ModelFaultError

FAILURES = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    openai.OpenAIError,
    # Broken JSON and broken UTF-8 are value errors; the other comes of JSON too deep to read.
    ValueError,
    RecursionError,
)
"""Everything by which the client lets a failure of the server be known."""

_MOST_SAID = 200
_FIRST_ERROR = 400
_FIRST_OWN_ERROR = 500

_UNAUTHORISED = {401, 403}
_NOT_FOUND = 404
_TOO_LARGE = 413
_TOO_MANY = 429
_TRY_LATER = {429, 503}
_SERVER_ERRORS = {408, 409, 425}
_ADVICE = {
    _NOT_FOUND: "; is there such a model, and does base_url end as it should, often in /v1?",
    _TOO_LARGE: "; lower context_tokens of the model in the settings",
}


def fault_of(error: Exception, meter: Meter, *, where: str) -> ModelFaultError:
    """Return the fault that ``error``, one of `FAILURES`, stands for.

    It has no cause: what the client raises holds the request, and with it the key.

    Args:
        error: What was raised.
        meter: That of the request.
        where: The server's address, for the message.
    """
    if meter.is_overrun:
        kind, detail = FaultKind.ENDLESS, "sent far more than an answer could take"
    elif isinstance(error, httpcore2.TimeoutException) or not meter.left_s:
        kind, detail = FaultKind.TIMEOUT, "did not finish its answer in time"
    elif isinstance(error, httpcore2.ConnectError):
        kind, detail = FaultKind.UNREACHABLE, f"cannot be reached: {error}; is it running?"
    elif isinstance(error, httpcore2.NetworkError):
        kind, detail = FaultKind.CUT_OFF, f"broke the connection off: {error}"
    elif isinstance(error, httpcore2.ProtocolError):
        if meter.has_ended:
            kind, detail = FaultKind.CUT_OFF, "closed the connection before its reply was whole"
        else:
            kind, detail = FaultKind.MALFORMED, f"does not speak HTTP as it should: {error}"
    elif isinstance(error, openai.APIStatusError):
        kind, detail = _status(error)
    elif isinstance(error, openai.APIError):
        kind, detail = FaultKind.SERVER_ERROR, f"broke its answer off: {_said(error.body)}"
    else:
        kind, detail = FaultKind.MALFORMED, f"sent what cannot be read ({type(error).__name__})"
    return ModelFaultError(kind, f"the server at {where} {detail}")


def wait_asked_for(error: openai.APIStatusError) -> float | None:
    """Return for how many seconds a server wants to be left alone; None if it does not say."""
    said = error.response.headers.get("retry-after", "").strip()
    if error.status_code not in _TRY_LATER or not said:
        return None
    try:
        wait = float(said)
    except ValueError:
        try:
            wait = email.utils.parsedate_to_datetime(said).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return max(0.0, wait) if math.isfinite(wait) else None


def _status(error: openai.APIStatusError) -> tuple[FaultKind, str]:
    status = error.status_code
    if status < _FIRST_ERROR:
        return FaultKind.REFUSED, (
            f"redirects to another address (status {status}), which is not followed; "
            "write the address it is really at as base_url"
        )
    if status in _UNAUTHORISED:
        # Not what it said: that tends to hold parts of the key.
        return FaultKind.REFUSED, (
            f"does not accept the key (status {status}); is the variable that api_key_env "
            "names set to a key for it?"
        )
    said = f"status {status}: {_said(error.body)}"
    if status == _TOO_MANY:
        wait = wait_asked_for(error)
        asked = f"; it wants to be left alone for {wait:,.0f} s" if wait is not None else ""
        return FaultKind.RATE_LIMITED, f"has had too many requests ({said}){asked}"
    if status >= _FIRST_OWN_ERROR or status in _SERVER_ERRORS:
        return FaultKind.SERVER_ERROR, f"failed ({said})"
    return FaultKind.REFUSED, f"refused the request ({said}){_ADVICE.get(status, '')}"


def _said(body: object) -> str:
    """Return what a server says is wrong, in short, and on one line."""
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body
    if not body:
        return "it does not say why"
    text = " ".join((body if isinstance(body, str) else json.dumps(body)).split())
    if text.startswith("<"):
        return "it sent a web page"
    return text if len(text) <= _MOST_SAID else f"{text[: _MOST_SAID - 1]}…"
