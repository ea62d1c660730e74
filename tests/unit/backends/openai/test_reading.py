"""Reading the events of an answer, whatever they are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models_server import event

from briefqa.backends.openai.reading import read_pieces
from briefqa.datatypes import FaultKind
from briefqa.errors import ModelFaultError

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "delta", "content", "role", "index", "finish_reason"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
# Events that are right but for a part, which reach deeper than any value would.
_NEARLY = st.builds(
    lambda choice, delta: {"choices": [{"index": 0, **choice, "delta": delta}]},
    st.dictionaries(st.sampled_from(["index", "finish_reason"]), _JSON, max_size=2),
    _JSON
    | st.dictionaries(
        st.sampled_from(["content", "role", "refusal", "tool_calls", "reasoning"]), _JSON
    ),
)


def _parsed(*events: bytes) -> list[Any]:  # Any: parsed JSON
    return [json.loads(each.removeprefix(b"data: ")) for each in events]


def _read(events: list[Any], *, max_tokens: int) -> tuple[str, FaultKind | None]:
    said = ""
    try:
        for piece in read_pieces(events, max_tokens=max_tokens):
            said += piece
    except ModelFaultError as fault:
        return said, fault.kind
    return said, None


@given(events=st.lists(_JSON | _NEARLY, max_size=6))
def test_any_events_give_text_or_a_fault(events: list[object]) -> None:
    """What a server sends is data: there is nothing that it can break."""
    said, fault = _read(events, max_tokens=16)

    assert fault is not None or said.strip()
    said.encode("utf-8")


@given(pieces=st.lists(st.text(max_size=8), min_size=1, max_size=20))
def test_an_honest_answer_comes_through_as_it_is(pieces: list[str]) -> None:
    """Nothing is trimmed, joined or lost."""
    sent = [event({"content": piece}) for piece in [*pieces, "."]]

    said = list(read_pieces(_parsed(*sent, event(finish="stop")), max_tokens=100))

    assert "".join(said) == "".join(pieces) + "."


def test_nothing_is_read_after_the_end() -> None:
    """Late events, of which there may be no end, are not waited for."""
    events = iter(_parsed(event({"content": "Yes."}, finish="stop"), event({"content": "No."})))

    assert list(read_pieces(events, max_tokens=16)) == ["Yes."]
    assert len(list(events)) == 1


@pytest.mark.parametrize("reason", ["stop", "eos", "end_turn", "stop_sequence"])
def test_any_other_reason_to_end_is_as_good(reason: str) -> None:
    """Servers have words of their own for it."""
    events = _parsed(event({"content": "Yes."}), event(finish=reason))

    assert list(read_pieces(events, max_tokens=16)) == ["Yes."]


def test_events_without_choices_and_other_choices_are_passed_over() -> None:
    """One counts tokens, one carries a filter's result, and second answers are not ours."""
    other = {"choices": [{"index": 1, "delta": {"content": "No."}}]}
    events = [{"choices": []}, other, *_parsed(event({"content": "Yes."}, finish="stop"))]

    assert list(read_pieces(events, max_tokens=16)) == ["Yes."]


def test_reasoning_is_not_part_of_the_answer() -> None:
    """What a model thinks on its way is not what it says."""
    events = _parsed(
        event({"reasoning_content": "Hm. No. "}),
        event({"reasoning": "Or?"}),
        event({"content": "Yes."}),
        event(finish="stop"),
    )

    assert list(read_pieces(events, max_tokens=16)) == ["Yes."]


def test_lone_surrogates_are_replaced_and_pairs_joined() -> None:
    """JSON can hold what no file and no terminal can."""
    events = _parsed(event({"content": "a\ud800b \ud83d\ude00"}), event(finish="stop"))

    assert list(read_pieces(events, max_tokens=16)) == ["a\ufffdb \U0001f600"]


@given(length=st.integers(1, 5_000), max_tokens=st.integers(1, 200))
def test_no_more_is_taken_than_tokens_could_hold(length: int, max_tokens: int) -> None:
    """A server that forgets the limit is stopped by ours, soon after it."""
    events = _parsed(*[event({"content": "word "})] * length, event(finish="stop"))

    said, fault = _read(events, max_tokens=max_tokens)

    if fault is None:
        assert said == "word " * length
    else:
        assert fault is FaultKind.ENDLESS
        assert len(said) > 10 * max_tokens
    assert len(said) <= 16 * max_tokens + 256
