"""Filters over HTTP: one language in the body and in the address."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from briefqa import build_index, open_index
from briefqa.api import create_app
from briefqa.api.schemas import AnswerReply, DocumentsReply, SearchReply

_BRIEF = "---\ntitle: {0}\nauthor: {1}\npublished: {2}\npages: {3}\n---\n\nThe harbour is deep.\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service over three briefs that say the same."""
    folder = tmp_path_factory.mktemp("filters")
    (folder / "briefs").mkdir()
    for name, *fields in (
        ("a.md", "Alpha", "Ada Byron", "2024-11-05", 7),
        ("b.md", "Beta", "Neil Lawrence", "2025-03", 12),
        ("c.md", "Gamma", "Ada Byron", "2025-11-18", 120),
    ):
        (folder / "briefs" / name).write_text(_BRIEF.format(*fields), encoding="utf-8")
    build_index(folder / "briefs", folder / "index", embedder="hash")
    with (
        open_index(folder / "index") as service,
        TestClient(create_app(service), raise_server_exceptions=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service over three briefs with dates and one without."""
    folder = tmp_path_factory.mktemp("dated")
    (folder / "briefs").mkdir()
    for name, head in (
        ("a.md", "published: 2024-11-05"),
        ("b.md", "published: 2025-03"),
        ("c.md", "published: 2025-11-18"),
        ("d.md", "title: No date"),
    ):
        text = f"---\n{head}\n---\n\nThe harbour of {name[0]} is deep.\n"
        (folder / "briefs" / name).write_text(text, encoding="utf-8")
    build_index(folder / "briefs", folder / "index", embedder="hash")
    with (
        open_index(folder / "index") as service,
        TestClient(create_app(service), raise_server_exceptions=False) as client,
    ):
        yield client


def _repeats(passage: dict[str, Any]) -> list[str]:
    """Return the documents of the near-identical chunks that a passage stands for."""
    return [chunk_id.partition("#")[0] for chunk_id in passage["duplicates"]]


def _found(client: TestClient, *filters: object) -> set[str]:
    body = {"question": "How deep is the harbour?", "filters": list(filters)}
    reply: dict[str, Any] = client.post("/v1/search", json=body).json()
    SearchReply.model_validate(reply)
    return {passage["doc_id"] for passage in reply["passages"]}


def test_texts_and_objects_filter_alike(client: TestClient) -> None:
    """What a person typed into a terminal works when a program sends it."""
    assert _found(client, "published>=2025", "author~ada") == {"c.md"}
    ada = {"field": "author", "op": "~", "value": "ada"}
    assert _found(client, {"field": "date", "op": ">=", "value": 2025}, ada) == {"c.md"}
    assert _found(client, {"field": "metadata.pages", "op": "<", "value": 100}) == {"a.md", "b.md"}
    assert _found(client) == {"a.md", "b.md", "c.md"}


def test_a_filter_that_nothing_satisfies_is_no_error(client: TestClient) -> None:
    """The question was well put; there is only nothing to answer it with."""
    body = {"question": "How deep is the harbour?", "filters": ["published>2030"]}

    response = client.post("/v1/ask", json=body)

    reply = response.json()
    AnswerReply.model_validate(reply)
    assert response.status_code == 200
    assert (reply["answered"], reply["passages"]) == (False, [])
    assert reply["reason"] == "No document satisfies the conditions: published>2030."
    assert reply["filters"] == ["published>2030"]


@pytest.mark.parametrize("route", ["/v1/ask", "/v1/search"])
@pytest.mark.parametrize(
    ("filters", "pointer", "words"),
    [
        (["tag=a", "pubished>2025"], "#/filters/1", "did you mean published?"),
        ([{"field": "tag", "op": "=="}], "#/filters/0", "'value' is missing"),
        ([None], "#/filters/0", "null"),
        ("tag=a", "#/filters", "must be a list"),
        (None, "#/filters", "must be a list, found null"),
        (["tag=a"] * 21, "#/filters", "at most 20 items"),
        (["\ud800tag=x"], "#/filters/0", "whole Unicode characters"),
    ],
)
def test_a_wrong_filter_is_pointed_at(
    client: TestClient, route: str, filters: object, pointer: str, words: str
) -> None:
    """A program can mark the very filter in its form."""
    content = json.dumps({"question": "x", "filters": filters})

    response = client.post(route, content=content, headers={"Content-Type": "application/json"})

    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]


def test_the_list_of_documents_is_filtered(client: TestClient) -> None:
    """Counts and parts are those of what is left."""
    reply = client.get("/v1/documents?where=author~Ada&where=published<2026&limit=1").json()

    DocumentsReply.model_validate(reply)
    assert [document["doc_id"] for document in reply["documents"]] == ["a.md"]
    assert reply["total"] == 2


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_wrong_condition_in_the_address_is_named(client: TestClient, method: str) -> None:
    """The parameter is the only place that an address has."""
    response = client.request(method, "/v1/documents?where=author~Ada&where=author")

    assert response.status_code == 422
    if method == "GET":
        (error,) = response.json()["errors"]
        assert error["parameter"] == "where"
        assert "no comparison follows 'author'" in error["detail"]


@pytest.mark.parametrize(
    ("dates", "expected", "filters"),
    [
        ({"as_of": "2025-03"}, {"a.md", "b.md"}, ["published<=2025-03"]),
        ({"since": "2025-03-01"}, {"b.md", "c.md"}, ["published>=2025-03-01"]),
        (
            {"since": "2025", "as_of": "2025-06-30"},
            {"b.md"},
            ["published>=2025", "published<=2025-06-30"],
        ),
        ({"since": None, "as_of": None}, {"a.md", "b.md", "c.md", "d.md"}, []),
    ],
)
def test_dates_hold_a_question_to_what_stood_then(
    dated: TestClient, dates: dict[str, str | None], expected: set[str], filters: list[str]
) -> None:
    """An answer as of a day must not quote what was written after it, or at nobody knows when."""
    body = {"question": "How deep is the harbour?", "top_k": 10, **dates}

    found = dated.post("/v1/search", json=body).json()
    answer = dated.post("/v1/ask", json=body).json()

    SearchReply.model_validate(found)
    AnswerReply.model_validate(answer)
    for reply in (found, answer):
        named = {each for p in reply["passages"] for each in (p["doc_id"], *_repeats(p))}
        assert named == expected
        assert reply["filters"] == filters
        assert reply["undated"] == (1 if filters else 0)


@pytest.mark.parametrize("route", ["/v1/ask", "/v1/search"])
@pytest.mark.parametrize("name", ["since", "as_of"])
def test_a_wrong_date_is_pointed_at(client: TestClient, route: str, name: str) -> None:
    """A program can mark the very field in its form."""
    response = client.post(route, json={"question": "x", name: "2025-13"})

    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["pointer"] == f"#/{name}"
    assert error["detail"] == (
        f"{name} is '2025-13', which is no date; write 2025, 2025-03 or 2025-03-31"
    )
    assert client.post(route, json={"question": "x", name: 2025}).status_code == 422
