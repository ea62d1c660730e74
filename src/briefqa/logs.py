"""How log lines look: one line an event, to stderr, as JSON or for a terminal.

Modules log through the standard library; this module only decides how a
record is written. Fields given as ``extra`` and the id of the request under
way become fields of the line.
"""

import logging
import sys
from enum import StrEnum

import structlog
from structlog.typing import Processor


class LogForm(StrEnum):
    """What a log line is made for."""

    CONSOLE = "console"
    JSON = "json"


def configure_logging(form: LogForm = LogForm.CONSOLE, *, level: int = logging.INFO) -> None:
    """Write every record from ``level`` on to stderr in ``form``; may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_gathering(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Its start and stop are told by whoever serves; only its warnings are news.
    logging.getLogger("uvicorn").setLevel(max(level, logging.WARNING))


def _gathering() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _rendering(form: LogForm) -> list[Processor]:
    if form is LogForm.JSON:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
