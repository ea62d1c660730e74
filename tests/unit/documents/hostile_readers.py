"""Readers that do what a hostile file might make a real one do.

`read` is planted in the child process by its import path. The name of a file
says what happens when it is read; any other file is read as ever.
"""

import ctypes
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from briefqa.datatypes import Document
from briefqa.documents.files import SourceFile
from briefqa.documents.options import ReadingOptions
from briefqa.documents.reading import read_file
from briefqa.errors import DocumentError

_LIBC = ctypes.CDLL(None, use_errno=True)
_RATHER_LONG = 2_000_000


def read(file: SourceFile, options: ReadingOptions) -> Iterator[Document | DocumentError]:
    """Do what the name of ``file`` says, then read it."""
    act = _ACTS.get(Path(file.source).stem)
    if act is not None:
        act(file.path)
    yield from read_file(file, options)


def read_thrice_slowly(
    file: SourceFile, options: ReadingOptions
) -> Iterator[Document | DocumentError]:
    """Yield the file's document three times, half a second apart."""
    for _ in range(3):
        time.sleep(0.5)
        yield from read_file(file, options)


def read_forever(file: SourceFile, options: ReadingOptions) -> Iterator[Document | DocumentError]:
    """Yield the file's document again and again."""
    [found] = read_file(file, options)
    while True:
        yield found


def read_another(file: SourceFile, options: ReadingOptions) -> Iterator[Document | DocumentError]:
    """Yield the document of the file, as if it were that of another."""
    yield from read_file(SourceFile(file.path, "another.txt"), options)


def tell_surroundings(file: SourceFile, _: ReadingOptions) -> Iterator[Document | DocumentError]:
    """Report the names of environment variables and of the heavy modules loaded."""
    heavy = {"briefqa.assembly", "faiss", "numpy", "torch", "onnxruntime", "lxml", "pypdfium2"}
    loaded = " ".join(sorted(heavy & set(sys.modules)))
    yield DocumentError(file.source, reason=" ".join(sorted(os.environ)), detail=loaded)


def tell_process(file: SourceFile, _: ReadingOptions) -> Iterator[Document | DocumentError]:
    """Report the process id."""
    yield DocumentError(file.source, reason="pid", detail=str(os.getpid()))


def _loop(_: Path) -> None:
    while True:
        pass


def _eat(_: Path) -> None:
    kept = []
    while True:
        kept.append(bytes(10_000_000))


def _eat_natively(_: Path) -> None:
    _LIBC.malloc.restype = ctypes.c_void_p
    while (at := _LIBC.malloc(ctypes.c_size_t(10_000_000))) is not None:
        _LIBC.memset(ctypes.c_void_p(at), 1, ctypes.c_size_t(10_000_000))
    os.abort()


def _crash(_: Path) -> None:
    ctypes.string_at(0)


def _recurse(path: Path) -> None:
    _recurse(path)


def _exit_softly(_: Path) -> None:
    sys.exit(0)


def _fail(_: Path) -> None:
    raise KeyError


def _close_pipe(_: Path) -> None:
    os.closerange(0, 100)
    time.sleep(60)


def _forge(_: Path) -> None:
    """Send what is no reply down every pipe there is."""
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"F\0\0\0\x08garbage!" * 10)
        except OSError:
            continue
    time.sleep(60)


def _boast(_: Path) -> None:
    """Announce a reply of four gigabytes."""
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"F\xff\xff\xff\xff")
        except OSError:
            continue
    time.sleep(60)


def _chatter(_: Path) -> None:
    sys.stdout.write("chatter\n" * _RATHER_LONG)
    sys.stderr.write("chatter\n" * _RATHER_LONG)
    os.write(1, b"native chatter\n")


def _write(path: Path) -> None:
    path.with_name("written").write_text("x")


def _write_at_root(_: Path) -> None:
    descriptor = os.open("/briefqa-was-here", os.O_CREAT | os.O_WRONLY)
    os.close(descriptor)


def _write_natively(path: Path) -> None:
    descriptor = _LIBC.creat(os.fsencode(path.with_name("written")), 0o600)
    _LIBC.write(descriptor, b"x", 1)


def _remove_natively(path: Path) -> None:
    _LIBC.unlink(os.fsencode(path.with_name("precious")))
    _LIBC.truncate(os.fsencode(path.with_name("precious")), 0)
    _LIBC.rename(os.fsencode(path.with_name("precious")), os.fsencode(path.with_name("moved")))


def _run_natively(path: Path) -> None:
    _LIBC.system(b"touch " + os.fsencode(path.with_name("written")))


def _connect_natively(path: Path) -> None:
    """Connect to the port that the file names, and write what came of it nowhere."""
    port = int(path.read_text().split()[-1])
    address = b"\x02\0" + port.to_bytes(2, "big") + b"\x7f\0\0\x01" + bytes(8)
    descriptor = _LIBC.socket(2, 1, 0)
    _LIBC.connect(descriptor, address, 16)
    _LIBC.write(descriptor, b"secret", 6)


def _kill_parent_natively(_: Path) -> None:
    _LIBC.kill(os.getppid(), 9)


_ACTS: dict[str, Callable[[Path], object]] = {
    "loop": _loop,
    "sleep": lambda _: time.sleep(60),
    "eat": _eat,
    "eat natively": _eat_natively,
    "crash": _crash,
    "abort": lambda _: os.abort(),
    "exit": lambda _: os._exit(0),
    "exit softly": _exit_softly,
    "recurse": _recurse,
    "fail": _fail,
    "close pipe": _close_pipe,
    "forge": _forge,
    "boast": _boast,
    "chatter": _chatter,
    "write": _write,
    "write at root": _write_at_root,
    "write natively": _write_natively,
    "make temporary": lambda _: tempfile.mkdtemp(),
    "remove": lambda path: path.unlink(),
    "rename": lambda path: path.rename(path.with_name("moved")),
    "copy": lambda path: shutil.copy(path, path.with_name("written")),
    "make folder": lambda path: path.with_name("folder").mkdir(),
    "link": lambda path: path.with_name("linked").symlink_to(path),
    "remove natively": _remove_natively,
    "run tesseract": lambda _: subprocess.run([str(shutil.which("tesseract"))], check=False),
    "run": lambda _: subprocess.run(["/bin/true"], check=False),
    "run by shell": lambda _: os.system("/bin/true"),  # noqa: S605 - what is to be refused
    "run natively": _run_natively,
    "fork": lambda _: os.fork(),
    "replace itself": lambda _: os.execv("/bin/true", ["true"]),  # noqa: S606 - the same
    "connect": lambda _: socket.create_connection(("127.0.0.1", 9), timeout=1),
    "look up": lambda _: socket.getaddrinfo("example.org", 80),
    "connect natively": _connect_natively,
    "kill parent": lambda _: os.kill(os.getppid(), 9),
    "kill parent natively": _kill_parent_natively,
}
