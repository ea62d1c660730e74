"""Reads the events of a streamed answer, and trusts none of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from briefqa.datatypes import FaultKind
from briefqa.errors import ModelFaultError

_MOST_PER_TOKEN = 16
"""Characters a token may stand for on average; of prose it is four to six."""
_SLACK = 256
_MOST_SAID = 200

_CALLS = {"tool_calls", "function_call"}


def read_pieces(events: Iterable[object], *, max_tokens: int) -> Iterator[str]:
    """Yield the text of a streamed answer, piece by piece.

    Args:
        events: The parsed events, whatever they are; they are read up to the one that says
            why the answer ends.
        max_tokens: How many tokens were asked for.

    Raises:
        ModelFaultError: If they are not what the protocol says, or hold no whole answer.
    """
    seen = _Seen()
    for event in events:
        choice = _choice(event)
        if choice is None:
            continue
        seen.has_choice = True
        piece = _text(choice, seen)
        if piece:
            seen.characters += len(piece)
            if seen.characters > max_tokens * _MOST_PER_TOKEN + _SLACK:
                raise ModelFaultError(
                    FaultKind.ENDLESS,
                    f"the answer has no end: more than {seen.characters - 1:,} characters came, "
                    f"though {max_tokens} tokens were asked for",
                )
            seen.has_text = seen.has_text or not piece.isspace()
            yield piece
        reason = choice.get("finish_reason")
        if reason is not None:
            _check_reason(str(reason), seen, max_tokens)
            return
    if not seen.has_choice:
        raise ModelFaultError(FaultKind.EMPTY, "the server's reply holds no answer at all")
    raise ModelFaultError(
        FaultKind.CUT_OFF,
        f"the reply ended after {seen.characters:,} characters, before the answer did",
    )


@dataclass(slots=True)
class _Seen:
    """What has come so far."""

    characters: int = 0
    has_choice: bool = False
    has_text: bool = False
    has_reasoning: bool = False
    is_declined: bool = False


def _choice(event: object) -> dict[str, object] | None:
    """Return the first choice of an event; None if it has none, as the one that counts tokens."""
    choices = event.get("choices") if isinstance(event, dict) else None
    if isinstance(event, dict) and event.get("object") == "error":
        said = " ".join(str(event.get("message")).split())[:_MOST_SAID]
        raise ModelFaultError(FaultKind.SERVER_ERROR, f"the server broke its answer off: {said}")
    if not isinstance(choices, list):
        _reject("an event without a list of choices")
    for choice in choices:
        if not isinstance(choice, dict):
            _reject("a choice that is no object")
        if choice.get("index") in (None, 0):
            return choice
    return None


def _text(choice: dict[str, object], seen: _Seen) -> str:
    delta = choice.get("delta")
    if delta is None:
        return ""
    if not isinstance(delta, dict):
        _reject("a delta that is no object")
    if delta.get("role") not in (None, "", "assistant"):
        _reject("words of another role than the assistant's")
    if delta.get("tool_calls") or delta.get("function_call"):
        _reject("the call of a tool, though none was offered")
    seen.has_reasoning |= bool(delta.get("reasoning_content") or delta.get("reasoning"))
    seen.is_declined |= bool(delta.get("refusal"))
    content = delta.get("content")
    if content is None:
        return ""
    if not isinstance(content, str):
        _reject("content that is no text")
    # A lone surrogate can be neither written nor hashed.
    return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _check_reason(reason: str, seen: _Seen, max_tokens: int) -> None:
    """Raise unless an answer that ends for ``reason`` is whole."""
    if reason in _CALLS:
        _reject("the call of a tool, though none was offered")
    if reason == "content_filter":
        raise ModelFaultError(FaultKind.REFUSED, "the server's content filter ended the answer")
    if reason == "length":
        raise ModelFaultError(
            FaultKind.CUT_OFF,
            f"the answer was cut at {max_tokens} tokens"
            + (", all of them spent on reasoning" if not seen.has_text else "")
            + "; raise max_tokens of the model in the settings",
        )
    if seen.has_text:
        return
    if seen.is_declined:
        raise ModelFaultError(FaultKind.REFUSED, "the model declined to answer")
    what = "only reasoning, and no answer" if seen.has_reasoning else "an empty answer"
    raise ModelFaultError(FaultKind.EMPTY, f"the model gave {what}")


def _reject(what: str) -> NoReturn:
    raise ModelFaultError(
        FaultKind.MALFORMED,
        f"the server sent {what}; does base_url lead to an OpenAI-compatible chat API?",
    )
