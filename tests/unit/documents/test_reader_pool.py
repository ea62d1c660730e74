"""Files are read ahead in several processes, and nothing but the time shows it."""

import time
from pathlib import Path

import pytest
from tests.unit.documents import hostile_readers

from briefqa.datatypes import Document
from briefqa.documents import SourceFile, read_file
from briefqa.documents.isolation import ReaderProcess, pool
from briefqa.documents.isolation.pool import ReaderPool
from briefqa.documents.options import ReadingOptions
from briefqa.errors import DocumentError


def _file(folder: Path, name: str, text: str = "Some text of a brief.") -> SourceFile:
    path = folder / name
    path.write_text(text)
    return SourceFile(path, name)


def test_what_is_read_ahead_is_what_is_read_in_process(tmp_path: Path) -> None:
    """In order, whole, and without waiting for each other: more records than may wait, too."""
    records = "".join(f'{{"_id": "r{n}", "text": "Record {n}."}}\n' for n in range(300))
    files = [_file(tmp_path, f"{n}.txt", f"Text of file {n}.") for n in range(40)]
    files[3:3] = [_file(tmp_path, "r.jsonl", records), SourceFile(tmp_path / "gone", "gone")]
    files[30:30] = [_file(tmp_path, "late.jsonl", records)]

    with ReaderPool(processes=3) as readers:
        for file in files:
            readers.expect(file)
        found = [list(readers.read(file)) for file in files]
        unexpected = list(readers.read(files[0]))

    assert [list(map(_told, each)) for each in found] == [
        list(map(_told, read_file(file))) for file in files
    ]
    assert unexpected == found[0]


def _told(found: Document | DocumentError) -> object:
    return found if isinstance(found, Document) else (found.source, found.reason)


def test_a_process_that_was_begun_reads_the_first_file(tmp_path: Path) -> None:
    """It is started while the model is loaded; a second one would cost as much again."""
    with ReaderPool(reader=f"{hostile_readers.__name__}:tell_process") as readers:
        readers.begin()
        began = time.monotonic()
        while not (child := _child_of(readers)) and time.monotonic() - began < 10:
            time.sleep(0.01)
        list(readers.read(_file(tmp_path, "a.txt")))
        after = _child_of(readers)

    assert child is not None
    assert after is child


def _child_of(readers: ReaderPool) -> object:
    [reader] = readers._workers
    assert isinstance(reader, ReaderProcess)
    return reader._child


def test_files_are_read_in_the_order_expected(tmp_path: Path) -> None:
    """Else one would be taken for another."""
    files = [_file(tmp_path, f"{n}.txt") for n in range(2)]

    with ReaderPool() as readers:
        readers.expect(files[0])
        with pytest.raises(ValueError, match="expected before"):
            list(readers.read(files[1]))


def test_little_waits_however_much_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory must not grow with what lies ahead of a caller who is busy."""
    monkeypatch.setattr(pool, "_MOST_AHEAD", 10_000)
    files = [_file(tmp_path, f"{n}.txt", "Words. " * 1_000) for n in range(12)]

    with ReaderPool(processes=2) as readers:
        for file in files:
            readers.expect(file)
        time.sleep(1.0)
        held = readers._characters
        found = [document for file in files for document in readers.read(file)]

    assert held <= 10_000 + 2 * 7_000
    assert len(found) == 12


def test_processes_without_work_end_and_others_take_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the model is at work, their memory is better used by it."""
    monkeypatch.setattr(pool, "_IDLE_S", 0.05)
    file = _file(tmp_path, "a.txt")

    with ReaderPool(reader=f"{hostile_readers.__name__}:tell_process") as readers:
        first = list(readers.read(file))
        time.sleep(0.5)
        left = len(readers._workers)
        second = list(readers.read(file))

    assert left == 0
    assert str(first[0]) != str(second[0])


def test_a_reading_left_halfway_does_not_hold_up_the_next(tmp_path: Path) -> None:
    """A file of records may go on for ever."""
    endless = f"{hostile_readers.__name__}:read_forever"
    with ReaderPool(processes=1, reader=endless) as readers:
        first = readers.read(_file(tmp_path, "a.txt"))
        assert isinstance(next(first), Document)
        first.close()  # type: ignore[attr-defined] # it is a generator

        second = next(readers.read(_file(tmp_path, "b.txt")))

    assert isinstance(second, Document)
    assert second.info.source == "b.txt"


def test_closing_waits_for_no_file(tmp_path: Path) -> None:
    """An interrupt ends the run at once, whatever is being read."""
    options = ReadingOptions(timeout_s=60.0)
    sleeping = f"{hostile_readers.__name__}:read"
    with ReaderPool(options, processes=2, reader=sleeping) as readers:
        for name in ("sleep.txt", "loop.txt"):
            readers.expect(_file(tmp_path, name))
        time.sleep(0.5)
        started = time.monotonic()

    assert time.monotonic() - started < 10
