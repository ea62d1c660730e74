"""Where output goes: data to stdout, everything said about the work to stderr."""

import json
import logging
import sys
from typing import TYPE_CHECKING

from briefqa.cli.harmless import harmless, harmless_json
from briefqa.datatypes import JsonValue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefqa.wire import WireObject


def print_json(value: "WireObject") -> None:
    """Print one JSON object on stdout: indented on a terminal, else on one line."""
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(json_text(value, encoding=sys.stdout.encoding, indent=indent) + "\n")


def print_json_list(name: str, values: "Iterable[WireObject]") -> None:
    """Print what `print_json` prints of an object with one list, each value as it comes."""
    if sys.stdout.isatty():
        print_json({name: list(values)})
        return
    encoding = sys.stdout.encoding
    sys.stdout.write("{" + json_text(name, encoding=encoding) + ": [")
    for number, value in enumerate(values):
        sys.stdout.write(", " * (number > 0) + json_text(value, encoding=encoding))
    sys.stdout.write("]}\n")


def print_json_line(value: "WireObject") -> None:
    """Print one JSON object on one line of stdout, which is seen at once."""
    sys.stdout.write(json_text(value, encoding=sys.stdout.encoding) + "\n")
    sys.stdout.flush()


def json_text(value: JsonValue, *, encoding: str | None, indent: int | None = None) -> str:
    """Return JSON, harmless, on one line or indented.

    Args:
        value: What it says.
        encoding: That of the stream; what it cannot write as it is is escaped, not lost.
        indent: Columns by which each level is set in; None puts all on one line.
    """
    is_utf8 = (encoding or "").lower().replace("-", "") == "utf8"
    return harmless_json(json.dumps(value, ensure_ascii=not is_utf8, indent=indent))


def say(message: str) -> None:
    """Print a line about the work on stderr."""
    line = harmless(" ".join(message.splitlines()))
    # After what was printed so far, where both go to one place.
    sys.stdout.flush()
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def complain(message: str) -> None:
    """Print a line about what went wrong on stderr."""
    say(f"briefqa: {message}")


def tolerate_narrow_encodings() -> None:
    """Have characters that stdout or stderr cannot write replaced instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


class _Warnings(logging.Handler):
    """Says what the package logs, in the form of every other message."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(f"{record.levelname.lower()}: {record.getMessage()}")


def say_warnings() -> None:
    """Let what is logged as a warning or worse be said on stderr."""
    logging.getLogger().addHandler(_Warnings(logging.WARNING))
