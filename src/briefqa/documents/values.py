"""Values of any source become JSON values that every encoding can write."""

from math import isfinite

from briefqa.datatypes import JsonValue

MOST_DEPTH = 50
"""How deep the fields of a document may nest: far above use, far below the stack."""

_MOST_BITS = 1024


def whole(text: str) -> str:
    """Return ``text`` with half characters replaced: JSON can escape one, no encoding write it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def json_value(value: object, *, depth: int = MOST_DEPTH) -> JsonValue:
    """Return ``value`` as JSON can hold it; what JSON has no form for becomes text.

    Raises:
        ValueError: If lists and mappings nest deeper than ``depth``.
    """
    if isinstance(value, (dict, list, tuple, set)) and not depth:
        msg = "fields nest too deep"
        raise ValueError(msg)
    match value:
        case dict():
            return {whole(str(k)): json_value(item, depth=depth - 1) for k, item in value.items()}
        case list() | tuple():
            return [json_value(item, depth=depth - 1) for item in value]
        case set():
            # A set has another order in every process, and an index must not.
            return [json_value(item, depth=depth - 1) for item in sorted(value, key=str)]
        case _:
            return _scalar(value)


def _scalar(value: object) -> JsonValue:
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        # Python refuses to print a number of some thousand digits in any base but 2^n.
        return hex(value)
    if value is None or isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return value
    return whole(str(value))
