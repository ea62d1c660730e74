"""Explanations of what is wrong with a request can be read, and can be sent."""

import json

from hypothesis import given
from hypothesis import strategies as st

from briefqa.api.validation import explain

_STEPS = st.lists(st.text(st.characters()) | st.integers(0, 9), max_size=3)
_VALUES = st.none() | st.booleans() | st.floats() | st.text(st.characters()) | st.integers()


@given(steps=_STEPS, value=_VALUES)
def test_explanation_is_short_and_can_be_encoded(steps: list[str | int], value: object) -> None:
    """Hostile names and values must not break the reply that refuses them."""
    error = {"type": "other", "loc": ("body", *steps), "msg": "Input should not", "input": value}

    (explained,) = explain([error])

    assert json.dumps(explained.to_wire(), ensure_ascii=False).encode()
    assert len(explained.detail) < 100
    assert (explained.pointer or "").count("/") == len(steps)


def test_only_the_first_errors_are_explained() -> None:
    """A thousand wrong citations do not make a reply of a thousand lines."""
    error = {"type": "missing", "loc": ("body", "question"), "msg": "", "input": {}}

    assert len(explain([error] * 1000)) == 20
