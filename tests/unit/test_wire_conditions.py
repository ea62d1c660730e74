"""Conditions of a request, and those that a reply names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.datatypes import Comparison, Condition, IndexInfo, JsonValue, SearchResult
from briefqa.errors import ConditionError
from briefqa.wire import conditions_from_wire, search_to_wire

_JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(["field", "op", "value"]), inner)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("value", "said"),
    [("2025", "2025"), (2025, "2025"), (2.5, "2.5"), (-1, "-1"), (True, "true")],
)
def test_an_object_states_what_its_text_does(value: JsonValue, said: str) -> None:
    """Programs make objects, people type; a number is as good as its digits."""
    item: JsonValue = {"field": "metadata.x", "op": ">=", "value": value}
    plain: JsonValue = {"field": "Authors", "op": "~", "value": "Lawrence"}
    if value is True:
        item = {"field": "metadata.x", "op": "=", "value": value}

    found = conditions_from_wire([item, plain, "tag=x"])

    sign = Comparison.EQUAL if value is True else Comparison.AT_LEAST
    assert found == [
        Condition("metadata.x", sign, said),
        Condition("author", Comparison.CONTAINS, "Lawrence"),
        "tag=x",
    ]


@pytest.mark.parametrize(
    ("item", "part", "words"),
    [
        (7, "7", 'a filter is a text such as "published>=2025", or an object'),
        (None, "null", "or an object"),
        (["tag=x"], "a list", "or an object"),
        ({"field": "tag", "value": "x"}, "op", "'op' is missing in the object"),
        ({"field": "tag", "op": "=", "value": "x", "not": 1}, "not", "'not' is unknown"),
        ({"field": 1, "op": "=", "value": "x"}, "field", "field must be a string"),
        ({"field": "tag", "op": None, "value": "x"}, "op", "op must be a string"),
        ({"field": "tag", "op": "=", "value": ["x"]}, "value", "value must be a string, a number"),
        ({"field": "tag", "op": "like", "value": "x"}, "like", "'like' is no comparison"),
        ({"field": "tug", "op": "=", "value": "x"}, "tug", "did you mean tag?"),
        ({"field": "published", "op": ">", "value": True}, "true", "'true' is no date"),
    ],
)
def test_what_is_wrong_with_an_object_is_named(item: JsonValue, part: str, words: str) -> None:
    """A program's author sees the filter, its place and the part."""
    with pytest.raises(ConditionError) as caught:
        conditions_from_wire(["tag=x", item])

    assert (caught.value.place, caught.value.part) == (1, part)
    assert words in str(caught.value)


@given(st.lists(_JSON, max_size=3))
def test_any_json_is_conditions_or_an_explained_mistake(items: list[JsonValue]) -> None:
    """Whatever a client sends, it is its mistake and not ours."""
    try:
        conditions_from_wire(items)
    except ConditionError as error:
        place = error.place
    else:
        return

    assert place is not None
    assert not isinstance(items[place], str)


def test_a_reply_names_its_conditions() -> None:
    """Who reads a stored answer must see what it was held to."""
    conditions = (Condition("tag", Comparison.EQUAL, " x"),)
    result = SearchResult("q", (), IndexInfo("g", 1, 1), {}, conditions)

    assert search_to_wire(result)["filters"] == ['tag=" x"']
