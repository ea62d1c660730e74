"""Whatever a file does to the process that reads it, the next file is read."""

import contextlib
import mmap
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import pdfs
from tests.unit.documents import hostile_readers

from briefqa.datatypes import Document
from briefqa.documents.files import SourceFile
from briefqa.documents.isolation import ReaderProcess
from briefqa.documents.options import ReadingOptions
from briefqa.errors import BackendError, DocumentError

_HOSTILE = f"{hostile_readers.__name__}:read"
_OPTIONS = ReadingOptions(timeout_s=6.0, memory_bytes=300_000_000)
_on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs fences that only Linux has")


@pytest.fixture(scope="module")
def reader() -> Iterator[ReaderProcess]:
    """One reader for all hostile files: that it survives each of them is the point."""
    with ReaderProcess(_OPTIONS, reader=_HOSTILE) as opened:
        yield opened


def _file(folder: Path, name: str, text: str = "Some text of a brief.") -> SourceFile:
    path = folder / f"{name}.txt"
    path.write_text(text)
    return SourceFile(path, f"{name}.txt")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _reason(found: list[Document | DocumentError]) -> str | None:
    [only] = found
    return only.reason if isinstance(only, DocumentError) else None


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("loop", "too_slow"),
        ("sleep", "too_slow"),
        ("eat", "too_much_memory"),
        ("eat natively", "too_much_memory"),
        ("crash", "crashed"),
        ("abort", "crashed"),
        ("exit", "crashed"),
        ("exit softly", "crashed"),
        ("recurse", "unsafe"),
        ("fail", "crashed"),
        ("close pipe", "crashed"),
        ("forge", "unsafe"),
        ("boast", "unsafe"),
        ("chatter", None),
        ("write", "unsafe"),
        ("write at root", "unsafe"),
        ("make temporary", "unsafe"),
        ("remove", "unsafe"),
        ("rename", "unsafe"),
        ("copy", "unsafe"),
        ("make folder", "unsafe"),
        ("link", "unsafe"),
        ("run", "unsafe"),
        ("run by shell", "unsafe"),
        ("fork", "unsafe"),
        ("replace itself", "unsafe"),
        ("connect", "unsafe"),
        ("look up", "unsafe"),
        ("kill parent", "unsafe"),
    ],
)
def test_a_hostile_file_costs_itself_and_nothing_else(
    reader: ReaderProcess, tmp_path: Path, act: str, reason: str | None
) -> None:
    """A folder of thousands must not be lost to one."""
    hostile, harmless = _file(tmp_path, act), _file(tmp_path, "harmless")

    found = list(reader.read(hostile, upcoming=harmless))
    after = list(reader.read(harmless))

    assert _reason(found) == reason
    assert _reason(after) is None
    assert _names(tmp_path) == {f"{act}.txt", "harmless.txt"}


def test_lack_of_memory_is_told_however_large_the_parent_is(tmp_path: Path) -> None:
    """What a process inherits of its parent's peak must not hide its own."""
    ballast = bytearray(2 * _OPTIONS.memory_bytes)
    ballast[:: mmap.PAGESIZE] = b"x" * len(ballast[:: mmap.PAGESIZE])

    with ReaderProcess(_OPTIONS, reader=_HOSTILE) as beside_ballast:
        found = list(beside_ballast.read(_file(tmp_path, "eat natively")))

    assert _reason(found) == "too_much_memory"


@_on_linux
@pytest.mark.parametrize("act", ["write natively", "remove natively", "run natively"])
def test_native_code_changes_no_file(reader: ReaderProcess, tmp_path: Path, act: str) -> None:
    """A broken file takes over native code first, which no hook of Python sees."""
    _needs_landlock()
    (tmp_path / "precious").write_text("kept")

    list(reader.read(_file(tmp_path, act)))

    assert (tmp_path / "precious").read_text() == "kept"
    assert _names(tmp_path) == {f"{act}.txt", "precious"}


@_on_linux
def test_native_code_reaches_no_network(reader: ReaderProcess, tmp_path: Path) -> None:
    """What may be read must not be sent anywhere."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        port = server.getsockname()[1]

        list(reader.read(_file(tmp_path, "connect natively", f"The port is {port}")))

        with pytest.raises(TimeoutError):
            server.accept()


@_on_linux
def test_native_code_sends_no_signal(reader: ReaderProcess, tmp_path: Path) -> None:
    """A reader that can end its parent ends the server that indexes."""
    _needs_landlock(version=6)

    [found] = reader.read(_file(tmp_path, "kill parent natively"))

    assert isinstance(found, Document)


def _needs_landlock(version: int = 1) -> None:
    import ctypes  # noqa: PLC0415 - only Linux has what is asked for here

    if ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) < version:
        pytest.skip("this kernel has no Landlock, or an older one")


def test_what_is_read_is_what_is_read_in_process(tmp_path: Path) -> None:
    """The way between processes must neither lose nor change a thing."""
    source = tmp_path / "a.md"
    source.write_text(
        "---\ntitle: T \U0001f600\nauthors: [A, B]\ndate: 2025-01-02\nx: {y: [1, 2.5, null]}\n---\n"
        "# One\n\nText.\n\n## Two\n\n- item\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    file = SourceFile(source, "a.md")

    with ReaderProcess() as reader:
        found = list(reader.read(file))

    from briefqa.documents.reading import read_file  # noqa: PLC0415 - the child's own reader

    assert found == list(read_file(file))
    assert isinstance(found[0], Document)


def test_one_process_serves_many_files(tmp_path: Path) -> None:
    """Its start costs more than most files do."""
    file = _file(tmp_path, "a")

    with ReaderProcess(reader=f"{hostile_readers.__name__}:tell_process") as reader:
        seen = {str(found) for _ in range(5) for found in reader.read(file)}

    assert len(seen) == 1


def test_reading_ahead_changes_nothing_but_time(tmp_path: Path) -> None:
    """The caller works on one file while the child reads the next."""
    files = [_file(tmp_path, f"{n}", f"Text of file {n}.") for n in range(5)]

    with ReaderProcess() as reader:
        plain = [found for file in files for found in reader.read(file)]
        ahead = [
            found
            for file, following in zip(files, [*files[1:], None], strict=True)
            for found in reader.read(file, upcoming=following)
        ]
        # Whoever announces one file and reads another gets that other.
        list(reader.read(files[0], upcoming=files[1]))
        [other] = reader.read(files[4])

    assert plain == ahead
    assert other == plain[4]


def test_time_counts_for_each_record(tmp_path: Path) -> None:
    """A file of a million records may take an hour; a record may not."""
    options = ReadingOptions(timeout_s=1.0)

    with ReaderProcess(options, reader=f"{hostile_readers.__name__}:read_thrice_slowly") as reader:
        found = list(reader.read(_file(tmp_path, "a")))

    assert [type(each) for each in found] == [Document] * 3


def test_time_that_the_caller_takes_does_not_count(tmp_path: Path) -> None:
    """Embedding may take longer than reading is allowed to."""
    options = ReadingOptions(timeout_s=0.7)

    with ReaderProcess(options, reader=f"{hostile_readers.__name__}:read_thrice_slowly") as reader:
        found = []
        for each in reader.read(_file(tmp_path, "a")):
            found.append(each)
            time.sleep(1.0)

    assert [type(each) for each in found] == [Document] * 3


def test_a_reading_left_halfway_does_not_disturb_the_next(tmp_path: Path) -> None:
    """A caller stops early when it is interrupted or finds a repeated id."""
    with ReaderProcess(reader=f"{hostile_readers.__name__}:read_forever") as reader:
        endless = reader.read(_file(tmp_path, "a"))
        assert isinstance(next(endless), Document)
        other = reader.read(_file(tmp_path, "b"))
        found = next(other)
        stale = list(endless)

    assert isinstance(found, Document)
    assert found.info.source == "b.txt"
    assert stale == []


def test_a_file_cannot_send_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has been taken over must not fill the memory of its parent."""
    monkeypatch.setattr("briefqa.documents.isolation.child.MOST_BYTES", 1_000_000)

    with ReaderProcess(reader=f"{hostile_readers.__name__}:read_forever") as reader:
        *documents, last = reader.read(_file(tmp_path, "a"))

    assert documents
    assert isinstance(last, DocumentError)
    assert last.reason == "unsafe"


def test_a_document_of_another_file_is_refused(tmp_path: Path) -> None:
    """One file must not be able to speak in the name of another."""
    with ReaderProcess(reader=f"{hostile_readers.__name__}:read_another") as reader:
        assert _reason(list(reader.read(_file(tmp_path, "a")))) == "unsafe"


def test_the_child_sees_little_and_loads_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys lie in environment variables, and heavy libraries take seconds to load."""
    monkeypatch.setenv("BRIEFQA_API__KEY", "secret")
    monkeypatch.setenv("PYTHONSTARTUP", "/nonexistent")

    with ReaderProcess(reader=f"{hostile_readers.__name__}:tell_surroundings") as reader:
        [told] = reader.read(_file(tmp_path, "a"))

    assert isinstance(told, DocumentError)
    assert set(told.reason.split()) <= {
        *("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT"),
        *("LC_ALL", "OMP_THREAD_LIMIT", "LC_CTYPE"),
    }
    assert told.detail == ""


def test_a_process_that_cannot_start_is_said_once_and_why(tmp_path: Path) -> None:
    """Two thousand lines that say "crashed" would hide a broken installation."""
    with (
        ReaderProcess(reader="no_such_module:read") as reader,
        pytest.raises(BackendError, match="no_such_module"),
    ):
        list(reader.read(_file(tmp_path, "a")))


def test_a_child_that_ended_between_files_is_replaced(tmp_path: Path) -> None:
    """The kernel ends it with the thread that started it; that is no fault of the next file."""
    file = _file(tmp_path, "a")
    with ReaderProcess() as reader:
        starter = threading.Thread(target=lambda: list(reader.read(file)))
        starter.start()
        starter.join()
        time.sleep(0.2)

        assert isinstance(next(iter(reader.read(file))), Document)


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    """A killed server must not leave processes behind, not even busy ones."""
    file = _file(tmp_path, "loop")
    script = (
        "import sys, threading, time\n"
        "from pathlib import Path\n"
        "from briefqa.documents.files import SourceFile\n"
        "from briefqa.documents.isolation import ReaderProcess\n"
        f"reader = ReaderProcess(reader={_HOSTILE!r})\n"
        "reading = reader.read(SourceFile(Path(sys.argv[1]), 'loop.txt'))\n"
        "threading.Timer(1.0, lambda: print(reader._child._process.pid, flush=True)).start()\n"
        "next(reading)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    with subprocess.Popen(
        [sys.executable, "-c", script, str(file.path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _is_running(child)
        parent.kill()

    deadline = time.monotonic() + 5
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running(child)


def test_an_interrupt_ends_parent_and_child_in_silence(tmp_path: Path) -> None:
    """Ctrl-C at the terminal must show one message, not the traceback of a helper."""
    file = _file(tmp_path, "loop")
    script = (
        "import os, signal, sys, threading\n"
        "from pathlib import Path\n"
        "from briefqa.documents.files import SourceFile\n"
        "from briefqa.documents.isolation import ReaderProcess\n"
        "threading.Timer(1.0, lambda: os.killpg(0, signal.SIGINT)).start()\n"
        "try:\n"
        f"    with ReaderProcess(reader={_HOSTILE!r}) as reader:\n"
        "        list(reader.read(SourceFile(Path(sys.argv[1]), 'loop.txt')))\n"
        "except KeyboardInterrupt:\n"
        "    print(reader._child)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    done = subprocess.run(
        [sys.executable, "-c", script, str(file.path)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        start_new_session=True,
        timeout=30,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "None\n", "")


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    else:
        return state != "Z"


@pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="needs the tesseract program (Debian: tesseract-ocr)"
)
@pytest.mark.parametrize("asked", [True, False])
def test_the_one_program_allowed_is_started_when_asked_for(tmp_path: Path, *, asked: bool) -> None:
    """OCR is another program; with all fences up it must still work, and only then."""
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdfs.pages_of_pictures(["The first scanned page"]))

    with ReaderProcess(ReadingOptions(ocr=asked)) as reader:
        [found] = reader.read(SourceFile(path, "scan.pdf"))

    if asked:
        assert isinstance(found, Document)
        assert "first scanned page" in found.text
    else:
        assert isinstance(found, DocumentError)
        assert found.reason == "no_text"


@pytest.mark.parametrize("act", ["run", "run by shell", "write", "connect"])
def test_that_program_opens_no_way_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """Allowing one program must not allow the rest."""
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))

    with ReaderProcess(ReadingOptions(ocr=True), reader=_HOSTILE) as reader:
        assert _reason(list(reader.read(_file(tmp_path, act)))) == "unsafe"


def test_a_program_it_has_started_ends_with_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that keeps tesseract busy for an hour must not keep it so after the time is up."""
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho $$ >&2\nexec sleep 97531\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    file = _file(tmp_path, "run tesseract")

    with ReaderProcess(ReadingOptions(ocr=True, timeout_s=6.0), reader=_HOSTILE) as reader:
        assert _reason(list(reader.read(file))) == "too_slow"

    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # It may have ended since it was listed.
            assert b"97531" not in path.read_bytes()
