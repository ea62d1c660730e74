"""Operators send and remove documents over HTTP; nobody else does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from briefqa import build_index, open_index
from briefqa.api import create_app
from briefqa.api.admin import Admin
from briefqa.api.schemas import ChangeReply
from briefqa.assembly.changing import IndexChanger
from briefqa.settings.keys import key_digest

_KEY = "a key of some length"
_HEADERS = {"Authorization": f"Bearer {_KEY}"}
_MOST_BYTES = 3_000_000
_WIND = b"# Wind\n\nWind is cheap at sea.\n"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of one document."""
    (tmp_path / "briefs").mkdir()
    (tmp_path / "briefs" / "note.txt").write_text("The harbour was dredged in 1998.\n")
    build_index(tmp_path / "briefs", tmp_path / "index", embedder="hash")
    return tmp_path / "index"


@pytest.fixture
def client(index: Path) -> Iterator[TestClient]:
    """A client of a service that may be changed."""
    admin = Admin(key_digest(_KEY), _MOST_BYTES, IndexChanger(index))
    with open_index(index) as service, TestClient(create_app(service, admin)) as client:
        yield client


def _put(client: TestClient, doc_id: str, data: bytes, **headers: str) -> Any:  # noqa: ANN401 - a response
    return client.put(f"/v1/documents/{doc_id}", content=data, headers=_HEADERS | headers)


def test_document_sent_is_answered_from_at_once(client: TestClient, index: Path) -> None:
    """Added, found, opened, verified, replaced, removed."""
    added = _put(client, "sent/wind.md", _WIND)

    assert added.status_code == 201
    assert ChangeReply.model_validate(added.json()).added == ["sent/wind.md"]
    answer = client.post("/v1/ask", json={"question": "Is wind cheap at sea?"}).json()
    assert answer["citations"][0]["doc_id"] == "sent/wind.md"
    checked = client.post("/v1/verify", json=answer).json()
    assert checked["holds"], checked
    replaced = _put(client, "sent/wind.md", _WIND.replace(b"cheap", b"dear"))
    assert (replaced.status_code, replaced.json()["changed"]) == (200, ["sent/wind.md"])
    assert "dear" in client.get("/v1/documents/sent/wind.md/text").text
    names = [path.name for path in (index / "uploads").iterdir()]
    assert len(names) == 1
    assert "wind" not in names[0]
    removed = client.delete("/v1/documents/sent/wind.md", headers=_HEADERS)
    assert removed.json()["removed"] == ["sent/wind.md"]
    assert client.get("/v1/documents/sent/wind.md").status_code == 404
    assert list((index / "uploads").iterdir()) == []


def test_document_of_a_folder_is_left_out_but_not_overwritten(
    client: TestClient, index: Path
) -> None:
    """The folder belongs to somebody else."""
    owned = _put(client, "note.txt", b"Other words.")

    assert (owned.status_code, owned.json()["type"].rpartition(":")[2]) == (409, "document-owned")
    assert client.delete("/v1/documents/note.txt", headers=_HEADERS).status_code == 200
    assert client.get("/v1/documents").json()["total"] == 0
    assert (index.parent / "briefs" / "note.txt").exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {_KEY}"},
        {"Authorization": _KEY},
        {"Authorization": f"Bearer {_KEY}x"},
    ],
)
def test_without_the_key_nothing_changes(client: TestClient, headers: dict[str, str]) -> None:
    """Whoever can reach the port must not be able to plant evidence."""
    put = client.put("/v1/documents/a.md", content=_WIND, headers=headers)
    removed = client.delete("/v1/documents/note.txt", headers=headers)

    for reply in (put, removed):
        assert reply.status_code == 401
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert _KEY not in reply.text
    assert client.get("/v1/documents").json()["total"] == 1


def test_without_a_configured_key_the_routes_are_off(index: Path) -> None:
    """That is the default, whatever key is sent."""
    with open_index(index) as service, TestClient(create_app(service)) as client:
        for reply in (
            _put(client, "a.md", _WIND),
            client.delete("/v1/documents/note.txt", headers=_HEADERS),
        ):
            assert reply.status_code == 403
            assert "server.admin_key" in reply.json()["detail"]


def test_only_operators_may_send_much(client: TestClient) -> None:
    """A body is read before its route is known; a stranger's must stay small."""
    large = b"Wind is cheap. " * 100_000
    assert 2**20 < len(large) < _MOST_BYTES

    assert _put(client, "large.txt", large).status_code == 201
    stranger = client.put("/v1/documents/b.txt", content=large)
    assert stranger.status_code == 413
    too_large = _put(client, "b.txt", b"x" * (_MOST_BYTES + 1))
    assert (too_large.status_code, str(_MOST_BYTES) in too_large.json()["detail"]) == (413, True)


@pytest.mark.parametrize(
    "doc_id",
    [
        "..%2F..%2Fetc%2Fpasswd",
        ".hidden.md",
        "a%2F%2Fb.md",
        "a%0Ab.md",
        "%20",
        "x" * 501,
    ],
)
def test_ids_that_no_file_could_have_are_refused(client: TestClient, doc_id: str) -> None:
    """An id turns up in lists, links and logs."""
    reply = _put(client, doc_id, _WIND)

    assert reply.status_code == 422
    assert client.get("/v1/documents").json()["total"] == 1


@pytest.mark.parametrize(
    ("doc_id", "data", "said"),
    [
        ("a.md", b"", "empty"),
        ("a.pdf", b"%PDF-1.7 junk", "a.pdf"),
        ("a.jsonl", b'{"text": "one"}\n{"text": "two"}\n', "records"),
        ("a.bin", b"\x00\x01\x02\x03" * 64, "a.bin"),
    ],
)
def test_what_cannot_be_read_is_told_and_kept_nowhere(
    client: TestClient, index: Path, doc_id: str, data: bytes, said: str
) -> None:
    """The sender learns what is wrong with his file."""
    reply = _put(client, doc_id, data)

    assert reply.status_code == 422
    assert reply.json()["type"].endswith("unreadable-document")
    assert said in reply.json()["detail"]
    assert list((index / "uploads").iterdir()) == []


def test_type_sent_along_does_not_matter(client: TestClient) -> None:
    """Formats are told from bytes and names."""
    for number, kind in enumerate(("application/json", "text/plain", "multipart/form-data")):
        reply = _put(client, f"wind{number}.md", _WIND, **{"Content-Type": kind})

        assert reply.status_code == 201, reply.text
