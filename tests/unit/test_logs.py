"""Log lines say what happened, in one line each."""

import json
import logging
from collections.abc import Iterator

import pytest
from structlog.contextvars import bound_contextvars

from briefqa.logs import LogForm, configure_logging


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    uvicorn = logging.getLogger("uvicorn")
    handlers, levels = list(root.handlers), (root.level, uvicorn.level)
    yield
    root.handlers = handlers
    root.setLevel(levels[0])
    uvicorn.setLevel(levels[1])


def test_json_line_has_event_fields_and_request(capsys: pytest.CaptureFixture[str]) -> None:
    """A log collector finds every value under its name."""
    configure_logging(LogForm.JSON)

    with bound_contextvars(request_id="r1"):
        logging.getLogger("briefqa.some").warning("went %s", "wrong", extra={"status": 503})

    shown = capsys.readouterr()
    line = json.loads(shown.err)
    assert shown.out == ""
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "went wrong",
        "status": 503,
        "request_id": "r1",
        "level": "warning",
        "logger": "briefqa.some",
    }


def test_console_line_is_plain_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A file that stderr is sent to holds no colour codes."""
    configure_logging()

    logging.getLogger("briefqa.some").info("served", extra={"status": 200})

    shown = capsys.readouterr()
    assert "served" in shown.err
    assert "status=200" in shown.err
    assert "\x1b" not in shown.err
    assert shown.out == ""


def test_error_in_json_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """One event, one line: a traceback would otherwise break every parser."""
    configure_logging(LogForm.JSON)
    try:
        raise KeyError("x")  # noqa: EM101, TRY301 - stands for any
    except KeyError:
        logging.getLogger("briefqa.some").exception("failed")

    (line,) = capsys.readouterr().err.splitlines()
    assert "KeyError" in json.loads(line)["exception"]


def test_configuring_twice_does_not_double_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """The second call replaces the first."""
    configure_logging(LogForm.JSON)
    configure_logging(LogForm.JSON, level=logging.WARNING)

    logging.getLogger("briefqa.some").info("quiet")
    logging.getLogger("briefqa.some").warning("loud")
    logging.getLogger("uvicorn.error").info("started")

    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "loud"
