"""The child's side of `ReaderProcess`: reads one file after another, and sends what it finds.

It is started by `isolation` and talks to it over its standard streams. A request
is a line of JSON; a reply is any number of frames, the last of which says that
the file is done.
"""

import faulthandler
import gc
import importlib
import json
import logging
import os
import shutil
import signal
import struct
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypedDict, cast

from briefqa.datatypes import Document
from briefqa.documents.files import SourceFile
from briefqa.documents.isolation.confinement import (
    RefusedError,
    confine,
    die_with,
    forbid_writing,
    limit_cpu,
    limit_memory,
    peak_bytes,
    resident_bytes,
)
from briefqa.documents.isolation.transfer import pack
from briefqa.documents.options import ReadingOptions
from briefqa.errors import DocumentError

Reader = Callable[[SourceFile, ReadingOptions], Iterable[Document | DocumentError]]

FRAME = struct.Struct(">cI")
"""What stands before each frame's content: its kind and length."""

READY, FOUND, DONE, RETIRING = b"R", b"F", b"D", b"X"
"""Kinds of frame: started; a packed document or error; a file's end; the same, and the child's."""

PEAK = b"briefqa: peak of memory in bytes: "
"""What the last line on standard error opens with, once the process that reads has ended."""

_MOST_GROWTH = 250_000_000
"""How much memory may be left over from earlier files before a fresh process is worth its start."""


class Configuration(TypedDict):
    """What a parent tells its child."""

    path: list[str]
    """What ``sys.path`` is to hold."""
    package: list[str]
    """Where the modules of this package are."""
    options: dict[str, Any]  # the fields of ReadingOptions, of any type
    reader: str
    """Import path, ``module:name``, of the function that reads a file."""
    parent: int
    """The parent's process id."""


_log = logging.getLogger(__name__)


def main(config: Configuration) -> None:
    """Serve requests from standard input until it ends.

    Args:
        config: What the parent has written down for this process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(config["parent"])
    _go_on_in_a_fork()
    faulthandler.enable()
    warnings.simplefilter("ignore")
    replies = _take_standard_output()
    options = ReadingOptions(**config["options"])
    reader = _load(config["reader"])
    found = shutil.which("tesseract") if options.ocr else None
    confine(program=Path(found).resolve() if found else None)
    limit_memory(options.memory_bytes)
    # What is loaded by now stays; looking through it for garbage again and again costs time.
    gc.freeze()
    _send(replies, READY, str(peak_bytes()).encode())
    _serve(reader, options, replies)


def _go_on_in_a_fork() -> None:
    """Return in a child of this process, which itself waits, tells the child's peak and ends alike.

    The kernel counts as a program's peak of memory also that of the process that started
    it, which may have been far larger. A fork's is its own.
    """
    if sys.platform == "win32":
        return
    waiting = os.getpid()
    child = os.fork()
    if not child:
        die_with(waiting)
        return
    # Whoever reads and writes at the other ends is to see the child's end.
    os.closerange(0, 2)
    forbid_writing()
    _, status, usage = os.wait4(child, 0)
    os.write(2, b"\n%s%d\n" % (PEAK, peak_bytes(usage)))
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        with suppress(OSError):  # SIGKILL takes no handler, and needs none.
            signal.signal(-code, signal.SIG_DFL)
        os.kill(waiting, -code)
    os._exit(code)


def _serve(reader: Reader, options: ReadingOptions, replies: IO[bytes]) -> None:
    before = resident_bytes()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        file = SourceFile(request["path"], request["source"])
        is_sound = _reply(reader, file, options, replies)
        if is_sound and resident_bytes() - before <= _MOST_GROWTH:
            _send(replies, DONE)
        else:
            _send(replies, RETIRING)
            return


def _reply(reader: Reader, file: SourceFile, options: ReadingOptions, replies: IO[bytes]) -> bool:
    """Send what ``file`` holds; return whether this process is as good as before."""
    limit_cpu(options.timeout_s)
    failure = None
    try:
        for found in reader(file, options):
            _send(replies, FOUND, pack(found))
            limit_cpu(options.timeout_s)
    except BrokenPipeError:
        os._exit(0)  # Nobody is listening any more.
    except Exception as error:  # noqa: BLE001 - whatever a file does to its reader, it is that file's
        _log.debug("reading %s failed", file.source, exc_info=True)
        failure = _failure(error)
    if failure is None:
        return True
    # Only here, with the traceback gone, is the memory free that it held on to.
    reason, detail = failure
    _send(replies, FOUND, pack(DocumentError(file.source, reason=reason, detail=detail)))
    return False


def _failure(error: Exception) -> tuple[str, str]:
    match error:
        case MemoryError():
            return "too_much_memory", "needs more memory to be read than it may have"
        case RefusedError():
            return "unsafe", f"tried to {error.tried}, which reading it never needs; it was refused"
        case RecursionError():
            return "unsafe", "nests so deep that its reader gave up"
        case _:
            return "crashed", f"made its reader fail ({type(error).__name__}); it may be damaged"


def _load(path: str) -> Reader:
    """Return the function that ``module:name`` names."""
    module, _, name = path.partition(":")
    return cast("Reader", getattr(importlib.import_module(module), name))


def _take_standard_output() -> IO[bytes]:
    """Return standard output, and lead what libraries print there to where errors go."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return replies


def _send(replies: IO[bytes], kind: bytes, content: bytes = b"") -> None:
    replies.write(FRAME.pack(kind, len(content)))
    replies.write(content)
    replies.flush()
