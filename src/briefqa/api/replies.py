"""JSON replies that hold for every document, however odd its metadata."""

import json
import math
from typing import Any

from starlette.responses import JSONResponse

from briefqa.datatypes import JsonValue


class WireResponse(JSONResponse):
    """A JSON reply; what JSON cannot say becomes ``null`` or U+FFFD.

    The metadata of a record may hold NaN or half a character, and one such
    record must not make the catalogue unreadable.
    """

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - as the base class has it
        """Return ``content`` as UTF-8."""
        return encoded(content).encode()


def encoded(content: JsonValue) -> str:
    """Return ``content`` as JSON on one line, in whole Unicode characters."""
    try:
        text = _dumped(content)
        text.encode()
    except ValueError:
        return _dumped(_sayable(content))
    return text


def _dumped(content: JsonValue) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _sayable(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_sayable(each) for each in value]
    if isinstance(value, dict):
        return {str(_sayable(name)): _sayable(each) for name, each in value.items()}
    return value
