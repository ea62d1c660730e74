"""Which files a folder holds."""

import hashlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.datatypes import Document
from briefqa.documents import SourceFile, find_files, read_file
from briefqa.documents.files import checked_stream, open_regular
from briefqa.errors import DocumentError, MissingFolderError


def _fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")


def _sources(folder: Path, leave_out: Path | None = None) -> list[str]:
    return [file.source for file in find_files(folder, leave_out=leave_out)]


@given(
    st.sets(st.lists(st.sampled_from("ab.- Zé"), min_size=1, max_size=3).map("".join), max_size=12)
)
def test_files_come_sorted_and_hidden_ones_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, names: set[str]
) -> None:
    """The order of a folder differs from machine to machine; an index must not."""
    folder = tmp_path_factory.mktemp("folder")
    _fill(folder, *(f"{name}/{name}.md" for name in names if name.strip(".")))

    found = find_files(folder)

    kept = {f"{n}/{n}.md" for n in names if n.strip(".") and not n.startswith(".")}
    assert [file.source for file in found] == sorted(kept)
    assert all(file.path == folder / file.source for file in found)


def test_only_regular_files_that_are_in_the_folder_are_found(tmp_path: Path) -> None:
    """A link may lead out of the folder or round in a circle, and a pipe never ends."""
    _fill(tmp_path, "in/a.md", "in/.hidden.md", "in/.git/c.md", "out/b.md")
    (tmp_path / "in/file.md").symlink_to(tmp_path / "out/b.md")
    (tmp_path / "in/folder").symlink_to(tmp_path / "out")
    (tmp_path / "in/circle").symlink_to(tmp_path / "in")
    (tmp_path / "in/self.md").symlink_to("self.md")
    os.mkfifo(tmp_path / "in/pipe.md")

    assert _sources(tmp_path / "in") == ["a.md"]


@pytest.mark.parametrize("left_out", ["docs/index", "docs/x/../index", "link"])
def test_the_folder_left_out_is_passed_over_under_any_name(tmp_path: Path, left_out: str) -> None:
    """An index kept inside the folder it indexes would otherwise grow with each run."""
    _fill(tmp_path, "docs/a.md", "docs/index/b.md", "docs/index/sub/c.md", "docs/x/index/d.md")
    (tmp_path / "link").symlink_to(tmp_path / "docs/index")

    assert _sources(tmp_path / "docs", tmp_path / left_out) == ["a.md", "x/index/d.md"]


def test_a_name_that_is_not_utf8_can_be_written_down(tmp_path: Path) -> None:
    """Linux allows any bytes in a name, but an index and JSON hold only text."""
    for name in (b"caf\xe9.md", b"caf\xe8.md"):
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_text("Some text.")

    found = find_files(tmp_path)

    assert len({file.source.encode() for file in found}) == 2
    assert [len(list(read_file(file))) for file in found] == [1, 1]


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    """A mistyped folder must not look like an empty one."""
    (tmp_path / "file").touch()

    with pytest.raises(MissingFolderError, match=name):
        find_files(tmp_path / name)


def _special(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.md"
    (folder / "target").write_text("Some text.")
    if kind == "link":
        path.symlink_to(folder / "target")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif kind == "device":
        path = Path(os.devnull)
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["link", "pipe", "socket", "device", "folder", "missing"])
def test_only_a_regular_file_is_opened(tmp_path: Path, kind: str) -> None:
    """It may have been swapped for something else since the folder was listed."""
    path = _special(tmp_path, kind)

    [found] = read_file(SourceFile(path, "a.md"))

    assert isinstance(found, DocumentError)
    assert found.reason == "unreadable"


def test_a_link_that_takes_the_place_of_a_file_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment between looking and opening is all that an attacker needs."""
    path = _special(tmp_path, "link")
    monkeypatch.setattr(Path, "is_symlink", lambda _: False)

    with pytest.raises((OSError, DocumentError)):
        open_regular(SourceFile(path, "a.md")).close()


def test_a_file_that_changes_while_it_is_read_is_reported(tmp_path: Path) -> None:
    """Its hash in a receipt would be that of other bytes than were quoted."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "one"}\n' * 40_000)

    found: list[Document | DocumentError] = []
    for each in read_file(SourceFile(path, "a.jsonl")):
        if not found:
            with path.open("r+b") as stream:
                stream.seek(-len('one"}\n'), os.SEEK_END)
                stream.write(b"two")
        found.append(each)

    assert all(isinstance(each, Document) for each in found[:-1])
    assert isinstance(found[-1], DocumentError)
    assert found[-1].reason == "unreadable"


def test_the_hash_is_known_before_the_first_record_is_read(tmp_path: Path) -> None:
    """Each record carries the hash of the whole file."""
    path = tmp_path / "a"
    path.write_bytes(b"one\ntwo\n")

    with (
        open_regular(SourceFile(path, "a")) as raw,
        checked_stream("a", raw) as stream,
    ):
        assert stream.sha256 == hashlib.sha256(b"one\ntwo\n").hexdigest()
        assert stream.stream.readline() == b"one\n"
