"""Conditions on documents, as a request states them."""

from collections.abc import Sequence

from briefqa.datatypes import Condition, JsonValue
from briefqa.errors import ConditionError
from briefqa.retrieval import make_condition

_CONDITION = ("field", "op", "value")


def conditions_from_wire(items: Sequence[JsonValue]) -> list[str | Condition]:
    """Return the conditions of a request, each a text or an object with field, op and value.

    A text is not read yet: `parse_conditions` does that.

    Raises:
        ConditionError: If one is neither, or an object states no condition.
    """
    return [
        item if isinstance(item, str) else _condition(item, place)
        for place, item in enumerate(items)
    ]


def _condition(item: JsonValue, place: int) -> Condition:
    if not isinstance(item, dict):
        shown = str(item) if isinstance(item, int | float) else "null" if item is None else "a list"
        detail = 'a filter is a text such as "published>=2025", or an object'
        raise ConditionError(shown, shown, detail, place=place)
    shown = " ".join(str(each) for each in item.values() if isinstance(each, str | int | float))
    for name in [*_CONDITION, *item]:
        if name not in item or name not in _CONDITION:
            detail = f"{name!r} is {'unknown' if name in item else 'missing'} in the object"
            detail += f"; it has {', '.join(_CONDITION)}"
            raise ConditionError(shown, name, detail, place=place)
    field, sign, value = (item[name] for name in _CONDITION)
    if not isinstance(field, str) or not isinstance(sign, str):
        name = "op" if isinstance(field, str) else "field"
        raise ConditionError(shown, name, f"{name} must be a string", place=place)
    if not isinstance(value, str | int | float):
        detail = "value must be a string, a number, true or false"
        raise ConditionError(shown, "value", detail, place=place)
    said = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return make_condition(field, sign, said)
    except ConditionError as error:
        raise error.at(place) from error
