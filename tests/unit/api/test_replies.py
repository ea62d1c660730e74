"""Replies are JSON, whatever a document brought along."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from briefqa.api.replies import WireResponse
from briefqa.datatypes import JsonValue

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=10,
)


def _refuse(constant: str) -> None:
    msg = f"{constant} is not JSON"
    raise ValueError(msg)


@given(_JSON)
def test_reply_is_strict_json(value: JsonValue) -> None:
    """NaN and half characters would make the whole reply unreadable to others."""
    body = bytes(WireResponse(value).body)

    read = json.loads(body.decode("utf-8"), parse_constant=_refuse)

    if not isinstance(value, list | dict | str) and not _is_odd(value):
        assert read == value


@given(st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False, allow_infinity=False)))
def test_reply_says_what_it_was_given(value: dict[str, JsonValue]) -> None:
    """Nothing that JSON can say is changed."""
    assert json.loads(bytes(WireResponse(value).body)) == value


def _is_odd(value: JsonValue) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
