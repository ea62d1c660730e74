"""How log lines look: one line an event, to stderr, as JSON or for a terminal.

Modules log through the standard library; this module only decides how a
record is written. Fields given as ``extra`` and the id of the request under
way become fields of the line.

Libraries put into their messages what they were given, and so do errors: a
question, a text, a header. Above the level DEBUG, a line of a library says
only where it comes from, and an error only its class and place.
"""

import logging
import re
import sys
import traceback
from enum import StrEnum
from typing import Final

import structlog
from structlog.typing import Processor

_OURS: Final = "briefqa"
# What is fixed in their messages says nothing of a request; what is filled in may.
_PLAIN_SPOKEN: Final = ("uvicorn", "opentelemetry")
_FILLED_IN: Final = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]")
_EVERY_RECORD_HAS: Final = frozenset(vars(logging.makeLogRecord({})))


class LogForm(StrEnum):
    """What a log line is made for."""

    CONSOLE = "console"
    JSON = "json"

    @classmethod
    def for_stderr(cls) -> "LogForm":
        """Return the form for whoever reads stderr: a person at a terminal, or a program."""
        return cls.CONSOLE if sys.stderr.isatty() else cls.JSON


def configure_logging(form: LogForm = LogForm.CONSOLE, *, level: int = logging.INFO) -> None:
    """Write every record from ``level`` on to stderr in ``form``; may be called again.

    Of libraries, warnings and worse are written, and all they say only from DEBUG on.
    """
    handler = logging.StreamHandler(sys.stderr)
    is_full = level <= logging.DEBUG
    formatter = structlog.stdlib.ProcessorFormatter if is_full else _DiscreetFormatter
    handler.setFormatter(
        formatter(
            foreign_pre_chain=_gathering(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level if is_full else max(level, logging.WARNING))
    logging.getLogger(_OURS).setLevel(level)
    # Its start and stop are told by whoever serves; only its warnings are news.
    logging.getLogger("uvicorn").setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def _gathering() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


class _DiscreetFormatter(structlog.stdlib.ProcessorFormatter):
    """Leaves out of each record what someone else may have put into it."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_discreet(record))


def _discreet(record: logging.LogRecord) -> logging.LogRecord:
    """Return a record without a library's words and an error's message."""
    told = vars(record).copy()
    if not _is_of(record.name, _OURS):
        # What was filled in, and fields of its own, are left behind.
        told = {name: told[name] for name in _EVERY_RECORD_HAS if name in told} | {"args": ()}
        if any(_is_of(record.name, each) for each in _PLAIN_SPOKEN):
            told["msg"] = _FILLED_IN.sub("…", str(record.msg)).strip()
        else:
            told["msg"] = f"a line of {record.name}, which log_level debug shows in full"
            told["place"] = f"{record.module}:{record.lineno}"
    if record.exc_info and record.exc_info[1] is not None:
        told["exception"] = told_discreetly(record.exc_info[1])
    told |= {"exc_info": None, "exc_text": None, "stack_info": None}
    return logging.makeLogRecord(told)


def told_discreetly(error: BaseException) -> str:
    """Return the class of an error and where it was raised, and no word of its message."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join([type(error).__name__, *places])


def _is_of(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _rendering(form: LogForm) -> list[Processor]:
    if form is LogForm.JSON:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Not the one that shows the values of variables.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
