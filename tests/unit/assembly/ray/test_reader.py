"""What is sent to a worker, what is read here, and that nobody can tell."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from briefqa.assembly.ray import reader
from briefqa.assembly.ray.reader import RemoteReader
from briefqa.assembly.ray.worker import Worker as Work
from briefqa.backends.ray.workers import WorkerLostError, Workers
from briefqa.datatypes import Document
from briefqa.documents import ReadingOptions, SourceFile, read_file
from briefqa.errors import DocumentError


class OneWorker:
    """A worker in this process, in the place of those of a cluster; some calls of it are lost."""

    def __init__(self, lost: int = 0) -> None:
        self.calls = 0
        self._lost = lost
        self.work = Work()

    @contextmanager
    def borrowed(self) -> Iterator["OneWorker"]:
        """Give itself."""
        yield self

    def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - as the real one
        """Call a method of the worker, as if far away."""
        self.calls += 1
        if self.calls <= self._lost:
            raise WorkerLostError
        return getattr(self.work, method)(*arguments)


def _read(workers: OneWorker, *files: SourceFile) -> list[object]:
    remote = RemoteReader(cast("Workers", workers), ReadingOptions())
    try:
        return [_told(found) for file in files for found in remote.read(file)]
    finally:
        remote.close()
        workers.work.rest()


def _told(found: Document | DocumentError) -> object:
    return found if isinstance(found, Document) else (found.source, found.reason, found.detail)


@pytest.fixture(autouse=True)
def _one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    # A worker sets it for its own process, which here is that of all tests.
    monkeypatch.setenv("PYTHON_CPU_COUNT", "1")


@pytest.fixture
def files(tmp_path: Path) -> list[SourceFile]:
    """Text, records, and what is no file or cannot be read."""
    (tmp_path / "a.md").write_text("# A\n\nThe harbour is deep.\n")
    (tmp_path / "r.jsonl").write_text('{"_id": "r1", "text": "One."}\n{"_id": "r2", "text": 2}\n')
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (tmp_path / "link.md").symlink_to(tmp_path / "a.md")
    names = ["a.md", "r.jsonl", "broken.pdf", "link.md", "gone.md"]
    return [SourceFile(tmp_path / name, f"briefs/{name}") for name in names]


@pytest.mark.parametrize("lost", [0, 1, 9])
def test_a_file_gives_the_same_wherever_it_is_read(files: list[SourceFile], lost: int) -> None:
    """Also if the first worker, or every worker, is lost over it."""
    expected = [_told(found) for file in files for found in read_file(file)]

    assert _read(OneWorker(lost), *files) == expected


@pytest.mark.parametrize("limit", ["file", "found"])
def test_what_is_too_large_to_be_sent_is_read_here(
    files: list[SourceFile], limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of records may be larger than memory, and so may what is found in a small one."""
    expected = [_told(found) for found in read_file(files[1])]
    workers = OneWorker()
    if limit == "file":
        monkeypatch.setattr(reader, "_MOST_BYTES", 10)
    else:
        monkeypatch.setattr("briefqa.assembly.ray.worker._MOST_BYTES", 10)

    assert _read(workers, files[1]) == expected
    assert workers.calls == (0 if limit == "file" else 1)


def test_a_link_is_not_followed_to_be_sent(files: list[SourceFile]) -> None:
    """What lies outside the folder must not leave this machine."""
    workers = OneWorker()

    _read(workers, files[3])

    assert workers.calls == 0
