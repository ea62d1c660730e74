"""Turns whatever goes wrong into one line on stderr and an exit code."""

import os
import sys
import traceback
from collections.abc import Callable

import typer

from briefqa.cli.output import complain
from briefqa.errors import BriefqaError

INTERRUPTED = 130
_DEBUG = "BRIEFQA_DEBUG"


def told(work: Callable[[], int]) -> int:
    """Do ``work`` and return its exit code, or that of what went wrong, which has been said."""
    try:
        code = work()
        sys.stdout.flush()
    except BriefqaError as error:
        complain(str(error))
        return error.exit_code
    except typer.TyperException as error:
        complain(_usage(error))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except OSError as error:
        return _unwritable(error)
    except Exception as error:  # noqa: BLE001 - the last resort: nobody above would say it better
        return _unexpected(error)
    if code == INTERRUPTED:
        complain("interrupted")
    return int(code)


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "briefqa"
    return f"{error.format_message().rstrip('.')}; see `{command} --help`"


def _unwritable(error: OSError) -> int:
    """Say what the system refused; a reader that closed its pipe is told nothing."""
    if not isinstance(error, BrokenPipeError):
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}")
        _trace()
    # What is still buffered cannot be written at exit either.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BriefqaError.exit_code


def _unexpected(error: Exception) -> int:
    complain(
        f"unexpected {type(error).__name__}: {error}; this is a bug, "
        f"please report it with what {_DEBUG}=1 shows"
    )
    _trace()
    return BriefqaError.exit_code


def _trace() -> None:
    if os.environ.get(_DEBUG, "") not in {"", "0"}:
        traceback.print_exc()
