"""Writes that are on the disk, or are not there at all."""

import os
from pathlib import Path

import pytest

from briefqa.indexing.durable import (
    files_below,
    fsync_tree,
    make_folder,
    publish_folder,
    replace_file,
    write_file,
)


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Device and inode of everything that was synced, in order."""
    seen: list[tuple[int, int]] = []
    fsync = os.fsync

    def record(descriptor: int) -> None:
        status = os.fstat(descriptor)
        seen.append((status.st_dev, status.st_ino))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    return seen


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def test_a_tree_is_synced_from_its_leaves_up(tmp_path: Path, synced: list[tuple[int, int]]) -> None:
    """A name that reaches the disk before its file leads to nothing after a crash."""
    inner = tmp_path / "tree" / "inner"
    inner.mkdir(parents=True)
    for path in (inner / "leaf", tmp_path / "tree" / "file"):
        path.write_bytes(b"x")

    fsync_tree(tmp_path / "tree")

    places = [synced.index(_identity(p)) for p in (inner / "leaf", inner, tmp_path / "tree")]
    assert places == sorted(places)
    assert len(synced) == 4


def test_published_folder_and_its_parent_are_on_the_disk(
    tmp_path: Path, synced: list[tuple[int, int]]
) -> None:
    """The rename itself must survive a power cut before anything names the folder."""
    temporary = tmp_path / ".tmp"
    temporary.mkdir()
    write_file(temporary / "file", b"x")

    publish_folder(temporary, tmp_path / "final")

    assert (tmp_path / "final" / "file").read_bytes() == b"x"
    assert not temporary.exists()
    assert synced[-2:] == [_identity(tmp_path / "final"), _identity(tmp_path)]


def test_replaced_file_is_synced_before_it_gets_its_name(
    tmp_path: Path, synced: list[tuple[int, int]]
) -> None:
    """Otherwise a crash can leave an empty file under a good name."""
    replace_file(tmp_path / "CURRENT", b"old")
    synced.clear()

    replace_file(tmp_path / "CURRENT", b"new")

    assert (tmp_path / "CURRENT").read_bytes() == b"new"
    assert synced == [_identity(tmp_path / "CURRENT"), _identity(tmp_path)]


def test_name_of_a_folder_made_by_an_earlier_process_is_synced(
    tmp_path: Path, synced: list[tuple[int, int]]
) -> None:
    """That process may have been killed before it could do so."""
    (tmp_path / "index").mkdir()

    make_folder(tmp_path / "index")

    assert synced == [_identity(tmp_path)]


def test_folder_that_cannot_be_listed_is_an_error_and_not_empty(tmp_path: Path) -> None:
    """A manifest without the files of such a folder would vouch for half an index."""
    with pytest.raises(OSError, match="missing"):
        files_below(tmp_path / "missing")
    with pytest.raises(OSError, match="missing"):
        fsync_tree(tmp_path / "missing")
