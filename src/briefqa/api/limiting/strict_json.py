"""Reads JSON as the standard has it, and refuses what readers differ on.

Python's own reader takes NaN, the last of two fields of one name, and half a character. A
program that stands before the service may read the same body otherwise, so none of these is
taken: the form is that of I-JSON (RFC 7493), in which a text means one thing to everybody.
"""

import json
import math
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NoReturn

from briefqa.api.limiting.refusing import RefusalError
from briefqa.api.problems import BROKEN_JSON, INVALID
from briefqa.api.validation import FieldError, pointer_to, readable
from briefqa.datatypes import JsonValue

MOST_DIGITS: Final = 100

_HALF_ESCAPED: Final = re.compile(r"\\u[dD][89a-fA-F]")
_HALF: Final = re.compile("[\ud800-\udfff]")

_Path = tuple[str | int, ...]


def read_json(body: bytes, *, depth: int) -> JsonValue:
    """Return what a body says.

    Args:
        body: UTF-8, with a byte order mark or without.
        depth: How many lists and objects may lie within each other.

    Raises:
        RefusalError: If it is not JSON; if a name stands twice in an object; if a number is
            out of range; if it is nested too deeply; or if a text has half a character.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(f"the body is not UTF-8: {error.reason}, at byte {error.start}")
    try:
        value: JsonValue = _READER.decode(text)
    except json.JSONDecodeError as error:
        _refuse(f"{error.msg}, at character {error.pos}")
    except RecursionError:
        _refuse(f"the body is nested deeper than {depth} levels")
    if text.count("[") + text.count("{") > depth or _HALF_ESCAPED.search(text):
        _check_within(value, depth)
    return value


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = sorted(name for name, _ in pairs)
        twice = next(one for one, next_one in pairwise(names) if one == next_one)
        _refuse(f'the name "{readable(twice)}" stands twice in one object')
    return found


def _constant(name: str) -> NoReturn:
    _refuse(f"{name} is no number in JSON; leave the field out, or write null")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        _refuse(f"a number has {len(digits)} digits; at most {MOST_DIGITS} are read")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        _refuse(f"the number {readable(digits)} is too large to be read")
    return number


_READER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_constant,
    parse_int=_integer,
    parse_float=_float,
)


def _check_within(value: JsonValue, depth: int) -> None:
    """Look at all that lies within ``value``, without recursion."""
    left: list[tuple[_Path, JsonValue]] = [((), value)]
    while left:
        path, each = left.pop()
        if isinstance(each, str):
            _check_whole(each, path)
        elif isinstance(each, list | dict):
            if len(path) >= depth:
                _refuse(f"the body is nested deeper than {depth} levels")
            left.extend(_parts(each, path))


def _parts(
    value: list[JsonValue] | dict[str, JsonValue], path: _Path
) -> Iterator[tuple[_Path, JsonValue]]:
    if isinstance(value, list):
        yield from (((*path, place), each) for place, each in enumerate(value))
        return
    for name, each in value.items():
        _check_whole(name, (*path, name))
        yield (*path, name), each


def _check_whole(text: str, path: _Path) -> None:
    if _HALF.search(text):
        wrong = FieldError("must be text of whole Unicode characters", pointer=pointer_to(path))
        raise RefusalError(INVALID, f"{wrong.where}: {wrong.detail}", errors=[wrong])


def _refuse(detail: str) -> NoReturn:
    raise RefusalError(BROKEN_JSON, detail) from None
