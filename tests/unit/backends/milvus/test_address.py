"""Addresses say which index of which server is meant, and what is none is told at once."""

from pathlib import Path

import pytest

from briefqa.backends.milvus import MilvusAddress, is_milvus
from briefqa.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "server", "name"),
    [
        ("milvus://db.example.org:19531/briefs", "http://db.example.org:19531", "briefs"),
        ("milvus://db/briefs_2", "http://db:19530", "briefs_2"),
        ("milvus://127.0.0.1", "http://127.0.0.1:19530", "briefqa"),
        ("milvus+tls://db.example.org/x", "https://db.example.org:19530", "x"),
        ("milvus://[::1]:19530/x", "http://[::1]:19530", "x"),
    ],
)
def test_what_is_left_out_has_its_usual_value(text: str, server: str, name: str) -> None:
    """Port and name are those that everybody uses."""
    found = MilvusAddress.parse(text)

    assert is_milvus(text)
    assert (found.server, found.name, found.folder) == (server, name, None)


def test_a_path_means_milvus_lite() -> None:
    """It needs no server, and the path may be any."""
    found = MilvusAddress.parse("milvus-lite:/srv/my briefs.db")

    assert (found.folder, found.server) == (Path("/srv/my briefs.db"), None)


@pytest.mark.parametrize(
    "text",
    [
        "milvus://", "milvus:///briefs", "milvus://db:port/x", "milvus://db/a-b", "milvus://db/1",
        "milvus://user:password@db/x", "milvus-lite:", "milvus+tls://db/x/y", "milvus://a b/x",
        "milvus://db/briefs_previous",
    ],
)  # fmt: skip
def test_what_is_no_address_is_told(text: str) -> None:
    """A mistyped address must not become the name of a folder."""
    with pytest.raises(SettingsError, match="write milvus://HOST:PORT/NAME"):
        MilvusAddress.parse(text)


@pytest.mark.parametrize("index", ["index", "/srv/milvus", "milvus", Path("milvus-lite")])
def test_a_folder_is_no_address(index: Path | str) -> None:
    """Only what begins like one is."""
    assert not is_milvus(index)
