"""A folder of bad files costs a line of report each, and its good files are all read."""

import os
import socket
from pathlib import Path

from tests.unit.documents import hostile_readers

from briefqa.datatypes import Document
from briefqa.documents.files import SourceFile, find_files
from briefqa.documents.isolation import ReaderProcess
from briefqa.documents.options import ReadingOptions
from briefqa.errors import DocumentError

_BAD = {
    "crash.txt": "crashed",
    "abort.md": "crashed",
    "loop.txt": "too_slow",
    "eat.md": "too_much_memory",
    "write.txt": "unsafe",
    "connect.md": "unsafe",
    "forge.txt": "unsafe",
}
_ALSO_BAD = {
    "empty.pdf": (b"", "empty"),
    "page.pdf": (b"Error 404: not found", "not_as_named"),
    "cut.docx": (b"PK\x03\x04" + bytes(40), "corrupt"),
    "picture.md": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_as_named"),
    "program": (b"\x7fELF" + bytes(100), "unsupported"),
    "large.txt": (b"word " * 300_000, "too_large"),
}


def _fill(folder: Path) -> None:
    for number in range(30):
        (folder / f"{number:02}.md").write_text(f"# Brief {number}\n\nText of brief {number}.\n")
    for name in _BAD:
        (folder / name).write_text("Some text.")
    for name, (data, _) in _ALSO_BAD.items():
        (folder / name).write_bytes(data)
    (folder / "link.md").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket.md"))
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9\n\x1b[31m.md"))).write_text("Odd name.")


def test_one_bad_file_costs_its_own_line_and_nothing_else(tmp_path: Path) -> None:
    """An analyst's folder holds whatever people have ever dropped into it."""
    _fill(tmp_path)
    options = ReadingOptions(timeout_s=2, memory_bytes=300_000_000, most_bytes=1_000_000)
    files = find_files(tmp_path)

    with ReaderProcess(options, reader=f"{hostile_readers.__name__}:read") as reader:
        found = {
            file.source: list(reader.read(file, upcoming=following))
            for file, following in zip(files, [*files[1:], None], strict=True)
        }

    reasons = {
        name: [each.reason for each in several if isinstance(each, DocumentError)]
        for name, several in found.items()
        if any(isinstance(each, DocumentError) for each in several)
    }
    expected = {**_BAD, **{name: reason for name, (_, reason) in _ALSO_BAD.items()}}
    assert reasons == {name: [reason] for name, reason in expected.items()}
    read = [each for several in found.values() for each in several if isinstance(each, Document)]
    assert len(read) == 31
    assert not (tmp_path / "written").exists()


def test_a_file_swapped_for_a_pipe_after_listing_does_not_hang(tmp_path: Path) -> None:
    """Opening a pipe waits for a writer, for ever if need be."""
    path = tmp_path / "a.md"
    path.write_text("Some text.")
    [file] = find_files(tmp_path)
    path.unlink()
    os.mkfifo(path)

    with ReaderProcess(ReadingOptions(timeout_s=5)) as reader:
        [found] = reader.read(file)

    assert isinstance(found, DocumentError)
    assert found.reason == "unreadable"
    assert file == SourceFile(str(path), "a.md")
