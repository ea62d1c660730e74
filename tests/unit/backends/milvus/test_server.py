"""What is told before a server is reached; all else is tested with one."""

import sys

import pytest

from briefqa.backends.milvus import MilvusAddress
from briefqa.backends.milvus.server import MilvusServer, damaged, is_missing
from briefqa.errors import BackendError


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is given an address is told what to install."""
    monkeypatch.setitem(sys.modules, "pymilvus", None)

    with pytest.raises(BackendError, match=r"pip install 'briefqa\[milvus\]'"):
        MilvusServer(MilvusAddress.parse("milvus://127.0.0.1:9/briefs"))


def test_damage_is_told_with_its_remedy() -> None:
    """`briefqa index` cannot mend what lies in a store."""
    error = damaged(MilvusAddress.parse("milvus://db/briefs"), "it is gone")

    assert str(error).endswith(
        "it is gone; write it again with `briefqa migrate FOLDER milvus://db/briefs`"
    )
    assert error.exit_code == 4


@pytest.mark.parametrize(
    ("message", "is_so"),
    [
        ("alias 'briefs' does not exist", True),
        ("alias not found[database=default][alias=briefs]", True),
        ("cannot drop the collection via alias", False),
        ("rate limit exceeded", False),
    ],
)
def test_what_is_not_there_is_told_from_what_is_refused(message: str, *, is_so: bool) -> None:
    """The one is exit code 4, the other 5."""
    assert is_missing(Exception(message)) == is_so
