"""One writer at a time."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from briefqa.errors import IndexLockedError
from briefqa.indexing.locks import writer_lock

_HOLD = """
import sys
from pathlib import Path
from briefqa.indexing.locks import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _holder(index: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that holds the lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(index)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_second_writer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    """Whoever is in the way must be found without guessing."""
    with (
        _holder(tmp_path) as process,
        pytest.raises(IndexLockedError, match=rf"process {process.pid} on .* \(-c ") as caught,
        writer_lock(tmp_path),
    ):
        pass

    assert caught.value.folder == tmp_path


def test_killed_writer_does_not_block_the_next(tmp_path: Path) -> None:
    """A crash must not ask for a file to be deleted by hand."""
    with _holder(tmp_path) as process:
        process.kill()
        process.wait()
    assert (tmp_path / ".lock.json").exists()

    with writer_lock(tmp_path):
        assert json.loads((tmp_path / ".lock.json").read_text())["pid"] == os.getpid()


def test_lock_can_be_taken_again_after_it_was_released(tmp_path: Path) -> None:
    """Also when the work under it failed."""
    with pytest.raises(ZeroDivisionError), writer_lock(tmp_path / "new"):
        raise ZeroDivisionError
    with writer_lock(tmp_path / "new"):
        pass

    assert not (tmp_path / "new" / ".lock.json").exists()


def test_two_threads_of_one_process_do_not_write_at_once(tmp_path: Path) -> None:
    """A server may be asked twice to index."""
    with (
        writer_lock(tmp_path),
        pytest.raises(IndexLockedError, match=rf"process {os.getpid()}"),
        writer_lock(tmp_path),
    ):
        pass


def test_holder_that_has_not_spoken_yet_is_still_respected(tmp_path: Path) -> None:
    """The note beside the lock is for people; the lock alone decides."""
    with _holder(tmp_path):
        (tmp_path / ".lock.json").write_text("{half")
        with pytest.raises(IndexLockedError, match="another process"), writer_lock(tmp_path):
            pass
