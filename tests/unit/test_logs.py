"""Log lines say what happened, in one line each."""

import json
import logging
from collections.abc import Iterator

import pytest
from structlog.contextvars import bound_contextvars

from briefqa.logs import LogForm, configure_logging

# None of those whose lines are concealed once a language model was loaded in this process.
_LIBRARIES = ("urllib3", "asyncio", "some.library", "uvicorn.error", "opentelemetry.sdk")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    changed = [root, *map(logging.getLogger, ("uvicorn", "briefqa", *_LIBRARIES, "opentelemetry"))]
    handlers, levels = list(root.handlers), [log.level for log in changed]
    # Another test's library may have silenced one of them.
    states = [(log.disabled, log.propagate) for log in changed]
    for log in changed:
        log.setLevel(logging.NOTSET)
        log.disabled, log.propagate = False, True
    yield
    logging.captureWarnings(capture=False)
    root.handlers = handlers
    for log, level, state in zip(changed, levels, states, strict=True):
        log.setLevel(level)
        log.disabled, log.propagate = state


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


_CANARY = "zanzibar"


def _raised() -> ValueError:
    try:
        raise ValueError(_CANARY)  # noqa: TRY301 - stands for any
    except ValueError as error:
        return error


@pytest.mark.parametrize("form", LogForm)
@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR])
def test_line_of_a_library_says_nothing_of_what_it_was_given(
    capsys: pytest.CaptureFixture[str], form: LogForm, level: int
) -> None:
    """A library writes down whatever it likes: the question, a header, the reply of a server."""
    configure_logging(form, level=level)

    for name in _LIBRARIES:
        log = logging.getLogger(name)
        log.error("got %s", _CANARY, extra={"body": _CANARY}, exc_info=_raised())
    logging.getLogger("some.library").error(f"got {_CANARY}", stack_info=True)  # noqa: G004

    shown = capsys.readouterr().err
    assert _CANARY not in shown
    assert shown.count("ValueError") == len(_LIBRARIES)
    assert "some.library" in shown


def test_line_of_the_server_says_what_is_fixed_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    """That a connection was refused, or traces do not get through, is worth knowing."""
    configure_logging(LogForm.JSON)

    logging.getLogger("opentelemetry.some").warning("%s of %d left, in %.2fs", _CANARY, 3, 1.5)
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")

    told = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert told == ["… of … left, in …s", "Invalid HTTP request received."]


def test_error_of_ours_is_told_without_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    """The message of an unexpected error quotes what it failed on."""
    configure_logging(LogForm.JSON)

    logging.getLogger("briefqa.some").error("failed", exc_info=_raised())

    line = json.loads(capsys.readouterr().err)
    assert line["exception"].startswith("ValueError\n")
    assert "test_logs.py" in line["exception"]
    assert _CANARY not in str(line)


def test_debug_shows_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks for it gets what a mistake is found with."""
    configure_logging(LogForm.JSON, level=logging.DEBUG)

    logging.getLogger("some.library").debug("got %s", _CANARY)
    logging.getLogger("briefqa.some").error("failed", exc_info=_raised())

    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first["event"] == f"got {_CANARY}"
    assert _CANARY in second["exception"]


def test_library_s_chatter_is_left_out_above_debug(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each request to a language model is one that nobody asked for."""
    configure_logging(LogForm.JSON)

    logging.getLogger("httpx2").info("HTTP Request: POST http://model/")

    assert capsys.readouterr().err == ""
