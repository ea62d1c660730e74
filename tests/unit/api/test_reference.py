"""The reference page keeps up with the routes, and its examples with the code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import Route
from starlette.testclient import TestClient

from briefqa import Service
from briefqa.api import create_app, problems
from briefqa.api.problems import ProblemKind
from briefqa.api.schemas import Problem

_HEADING = re.compile(r"^## `(?P<method>[A-Z]+) (?P<path>\S+)`$", re.MULTILINE)
_JSON_BLOCK = re.compile(r"^```json\n(.+?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def page() -> str:
    """The reference page."""
    path = Path(__file__).parents[3] / "docs" / "reference" / "http.md"
    return path.read_text(encoding="utf-8")


@pytest.fixture
def app(service: Service) -> FastAPI:
    """The application."""
    return create_app(service)


def _routes(app: FastAPI) -> dict[tuple[str, str], Route]:
    routes = [route for route in app.routes if isinstance(route, Route)]
    assert len(routes) == len(app.routes)
    return {
        (method, route.path_format): route
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
    }


def _examples(page: str) -> dict[tuple[str, str], list[Any]]:
    """Return the JSON blocks of each route's section."""
    parts = re.split(r"^## ", page, flags=re.MULTILINE)
    found = {}
    for part in parts:
        heading = _HEADING.match(f"## {part.splitlines()[0]}")
        if heading:
            blocks = [json.loads(block) for block in _JSON_BLOCK.findall(part)]
            found[heading["method"], heading["path"]] = blocks
    return found


def _reply_model(route: Route) -> type[BaseModel]:
    assert isinstance(route, APIRoute)
    model: type[BaseModel] = route.responses[200]["model"]
    return model


def test_every_route_is_documented_and_no_other(app: FastAPI, page: str) -> None:
    """What the service can do is on one page, and what is on it can be done."""
    named = set(re.findall(r"`([A-Z]+) (/\S*)`", page))

    assert named == set(_routes(app))


def test_examples_of_replies_are_such_replies(app: FastAPI, page: str) -> None:
    """An example that lacks a field, or has one too many, misleads."""
    routes, checked = _routes(app), 0
    for key, blocks in _examples(page).items():
        if blocks:
            _reply_model(routes[key]).model_validate(blocks[-1])
            checked += 1

    assert checked >= 6


def test_examples_of_requests_are_accepted(client: TestClient, page: str) -> None:
    """An example can be copied."""
    requests = {
        key: blocks[0] for key, blocks in _examples(page).items() if key[0] == "POST" and blocks
    }

    assert len(requests) == 5
    for (_, path), body in requests.items():
        assert client.post(path, json=body).status_code == 200


def test_example_of_a_problem_is_that_problem(client: TestClient, page: str) -> None:
    """What the page shows of an error is what comes."""
    (shown,) = [json.loads(b) for b in _JSON_BLOCK.findall(page) if "urn:problem" in b]

    given = client.post("/v1/ask", json={"question": "x", "top_k": 0}).json()

    assert given == shown
    Problem.model_validate(shown)


def test_every_kind_of_problem_is_documented(page: str) -> None:
    """A program that looks at the type finds each of them on the page, with its status."""
    single = [kind for kind in vars(problems).values() if isinstance(kind, ProblemKind)]
    of_status = [kind for kind, _ in problems.OF_STATUS.values()]
    kinds = {*single, *problems.OF_ERROR.values(), *of_status}

    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", page, re.MULTILINE)

    assert {(name, int(status)) for name, status in rows} == {(k.name, k.status) for k in kinds}
