"""The pointer to the generation that serves."""

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.datatypes import DocId
from briefqa.errors import IndexDamagedError, IndexFileError, IndexFormatError, IndexMissingError
from briefqa.indexing.current import Current, GenerationRef, read_current, replace_current
from briefqa.indexing.sources import Root, Sources

FIRST = GenerationRef("a" * 20, "1" * 64)
SECOND = GenerationRef("b" * 20, "2" * 64)
SOURCES = Sources((Root("", Path("briefs")),))

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
)
_KEYS = ("format", "generation", "manifest_sha256", "previous", "sources")


@pytest.mark.parametrize("previous", [None, FIRST])
def test_what_is_written_comes_back(tmp_path: Path, previous: GenerationRef | None) -> None:
    """All that readers know of the index starts here."""
    current = Current(
        SECOND,
        previous,
        Sources(
            (Root("a", tmp_path / "Übersicht"), Root("b", tmp_path)),
            {"sent.pdf": "0" * 32},
            frozenset({DocId("gone.md"), DocId("old.md")}),
        ),
    )

    replace_current(tmp_path, current)

    assert read_current(tmp_path) == current


def test_no_pointer_means_no_index(tmp_path: Path) -> None:
    """The advice is to build one."""
    with pytest.raises(IndexMissingError, match="briefqa index"):
        read_current(tmp_path)
    with pytest.raises(IndexMissingError):
        read_current(tmp_path / "nowhere")


@given(
    st.binary(max_size=40)
    | st.fixed_dictionaries(dict.fromkeys(_KEYS, _JSON)).map(lambda r: json.dumps(r).encode())
)
def test_junk_never_gets_past_as_a_pointer(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """A damaged pointer is an error of ours with advice, whatever the damage."""
    index = tmp_path_factory.mktemp("index")
    (index / "CURRENT").write_bytes(data)

    with pytest.raises(IndexFileError):
        read_current(index)


@pytest.mark.parametrize("name", ["../CURRENT", "..", "", "a" * 31, "A" * 32, 7, None])
def test_an_upload_has_no_other_name_than_those_given(tmp_path: Path, name: object) -> None:
    """This name becomes a path too, and is deleted one day."""
    replace_current(tmp_path, Current(FIRST, None, SOURCES))
    record = json.loads((tmp_path / "CURRENT").read_bytes())
    record["sources"]["uploads"] = {"a.pdf": name}
    (tmp_path / "CURRENT").write_text(json.dumps(record))

    with pytest.raises(IndexDamagedError, match="CURRENT"):
        read_current(tmp_path)


@pytest.mark.parametrize("depth", [10, 100_000])
def test_deep_junk_is_damage_too(tmp_path: Path, depth: int) -> None:
    """A parser that runs out of stack must not end in a traceback."""
    (tmp_path / "CURRENT").write_text("[" * depth)

    with pytest.raises(IndexDamagedError, match="CURRENT"):
        read_current(tmp_path)


def test_another_format_is_told_from_damage(tmp_path: Path) -> None:
    """An index of a newer version is whole."""
    replace_current(tmp_path, Current(FIRST, None, SOURCES))
    path = tmp_path / "CURRENT"
    path.write_text(path.read_text().replace('"format": 4', '"format": 7'))

    with pytest.raises(IndexFormatError, match="format 7"):
        read_current(tmp_path)


@pytest.mark.parametrize("name", ["..", "../../etc", "A" * 20, "a" * 19, "a" * 21, ""])
def test_a_generation_has_no_other_name_than_its_hash(name: str) -> None:
    """The name becomes a path: it must not lead out of the index."""
    with pytest.raises(ValueError, match="20 hex digits"):
        GenerationRef(name, "1" * 64)


def test_failed_replacement_leaves_the_old_pointer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk must not cost the index that is there."""
    before = Current(FIRST, None, SOURCES)
    replace_current(tmp_path, before)

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        replace_current(tmp_path, Current(SECOND, FIRST, SOURCES))

    assert read_current(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["CURRENT"]
