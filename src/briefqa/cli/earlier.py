"""Reads what was asked before: the file of ``--history``."""

import json
from collections.abc import Iterator
from pathlib import Path

from briefqa.datatypes import JsonValue, Turn
from briefqa.errors import UsageError

_EXPECTED = "expected what `briefqa ask --json` printed, or objects with question and answer"


def read_history(path: Path) -> list[Turn]:
    """Return the turns of a file: one JSON object, a list of them, or an object a line.

    Of an object only ``question`` and ``answer`` are read, and the answer may be missing.

    Raises:
        UsageError: If the file cannot be read, or holds something else.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or "it is not UTF-8"
        msg = f"history {str(path)!r} cannot be read: {detail}"
        raise UsageError(msg) from error
    return [_turn(path, place, value) for place, value in _values(path, text)]


def _values(path: Path, text: str) -> Iterator[tuple[str, JsonValue]]:
    try:
        whole = _parsed(text)
    except (ValueError, RecursionError):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield f"line {number}", _line(path, number, line)
        return
    if isinstance(whole, list):
        yield from ((f"entry {number}", each) for number, each in enumerate(whole, 1))
    else:
        yield "line 1", whole


def _line(path: Path, number: int, line: str) -> JsonValue:
    try:
        return _parsed(line)
    except (ValueError, RecursionError) as error:
        msg = f"history {str(path)!r}: line {number} is not JSON; {_EXPECTED}"
        raise UsageError(msg) from error


def _parsed(text: str) -> JsonValue:
    value: JsonValue = json.loads(text)
    return value


def _turn(path: Path, place: str, value: JsonValue) -> Turn:
    where = f"history {str(path)!r}: {place}"
    if not isinstance(value, dict):
        msg = f"{where} is no object; {_EXPECTED}"
        raise UsageError(msg)
    question, answer = value.get("question"), value.get("answer")
    if not isinstance(question, str):
        msg = f"{where} has no question; {_EXPECTED}"
        raise UsageError(msg)
    if answer is not None and not isinstance(answer, str):
        msg = f"{where} has an answer that is no text; {_EXPECTED}"
        raise UsageError(msg)
    return Turn(question, answer or "")
