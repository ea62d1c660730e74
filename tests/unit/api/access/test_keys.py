"""A key is asked for wherever something of the documents is, and nothing else lets in."""

import hashlib
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.testclient import TestClient

from briefqa import Service
from briefqa.api import create_app
from briefqa.api.access import Access
from briefqa.api.access.keys import holder_of, key_sent
from briefqa.api.access.rate import RateLimiter
from briefqa.settings.keys import hashed, key_digest

_KEYS = {"alice": "alice-has-this-key", "bob": "bob-has-another-key"}
_ACCESS = Access(keys={name: key_digest(key) for name, key in _KEYS.items()}, hosts=("testserver",))
_OPEN = {
    *("/", "/documents", "/documents/{doc_id}", "/assets/{digest}/{name}"),
    *("/health", "/ready", "/docs", "/docs/{asset}", "/openapi.json"),
}


@pytest.fixture
def app(service: Service) -> FastAPI:
    """The application behind two keys."""
    return create_app(service, access=_ACCESS)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of it, which sends no key."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def _bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_every_route_but_the_open_ones_needs_a_key(app: FastAPI, client: TestClient) -> None:
    """A route that is added later needs one too, unless somebody decides otherwise here."""
    checked = set()
    for route in app.routes:
        assert isinstance(route, Route)
        path = route.path_format
        for method in route.methods or ():
            reply = client.request(
                method, path.format(**dict.fromkeys(route.param_convertors, "x"))
            )
            assert (reply.status_code == 401) == (path not in _OPEN), (method, path)
        checked.add(path)

    assert checked > _OPEN
    for path in ("/gone", "/v1", "/V1/documents", "/docsx", "/metrics"):
        assert client.get(path).status_code == 401
    assert client.options("/v1/ask").status_code == 401


def test_what_is_open_tells_nothing_of_the_documents(client: TestClient) -> None:
    """Not their titles or words, and not which there are."""
    there, gone = client.get("/documents/note.txt"), client.get("/documents/gone.txt")

    assert (there.status_code, there.text) == (gone.status_code, gone.text) == (200, there.text)
    assert there.headers["etag"] == gone.headers["etag"]
    for path in ("/", "/documents", "/docs", "/openapi.json", "/health", "/ready"):
        reply = client.get(path)
        assert reply.status_code == 200
        assert "note" not in reply.text.replace("notes", "").replace("note_", "") or path == "/docs"
        assert "harbour" not in reply.text.lower()


@pytest.mark.parametrize("key", _KEYS.values())
@pytest.mark.parametrize(
    "headers",
    [
        _bearing,
        lambda key: {"authorization": f"bearer   {key} "},
        lambda key: {"X-API-Key": key},
        # As behind a proxy that has passwords of its own.
        lambda key: {"X-API-Key": key, "Authorization": "Basic eDp5"},
    ],
)
def test_every_key_lets_in_wherever_it_may_stand(
    client: TestClient, key: str, headers: Callable[[str], dict[str, str]]
) -> None:
    """The schemes of HTTP have no case; frontends know only one of the two headers."""
    assert client.get("/v1/documents", headers=headers(key)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer ")],
        [("Authorization", "Bearer wrong-wrong-wrong-wrong")],
        [("Authorization", f"Bearer {_KEYS['alice']}x")],
        [("Authorization", f"Bearer {_KEYS['alice'][:-1]}")],
        [("Authorization", f"Bearer {_KEYS['alice'].upper()}")],
        [("Authorization", f"Bearer {_KEYS['alice']},{_KEYS['bob']}")],
        [("Authorization", f"Bearer {hashed(_KEYS['alice'])}")],
        [("Authorization", f"Bearer {key_digest(_KEYS['alice']).hex()}")],
        [("Authorization", f"Basic {_KEYS['alice']}")],
        [("Authorization", _KEYS["alice"])],
        [("Authorization", f"Bearer {_KEYS['alice']}"), ("Authorization", "Bearer x")],
        [("Authorization", f"Bearer {_KEYS['alice']}")] * 2,
        [("X-API-Key", ""), ("Authorization", f"Bearer {_KEYS['alice']}")],
        [("X-API-Key", "alice")],
        [("X-API-Key", _KEYS["alice"])] * 2,
        [("Cookie", f"key={_KEYS['alice']}")],
    ],
)
def test_nothing_else_lets_in(client: TestClient, headers: list[tuple[str, str]]) -> None:
    """Least of all the hash, which is in a file that more people may read."""
    reply = client.get("/v1/documents", headers=headers)

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert reply.json()["type"] == "urn:problem-type:briefqa:key-needed"
    assert not any(key in reply.text for key in _KEYS.values())


def test_key_in_the_address_is_no_key(client: TestClient) -> None:
    """Addresses are kept by browsers, proxies and logs."""
    assert client.get(f"/v1/documents?key={_KEYS['alice']}").status_code == 401


@given(
    key=st.binary(max_size=40), keys=st.dictionaries(st.text(min_size=1), st.binary(max_size=40))
)
def test_holder_is_who_has_the_hash_of_the_key(key: bytes, keys: dict[str, bytes]) -> None:
    """Of any bytes, be they text or not; nothing sent is nobody's key."""
    known = {
        name: key_digest(f"{each.hex():>20}x".strip().rjust(16, "x")) for name, each in keys.items()
    }
    sent = f"{key.hex():>20}x".strip().rjust(16, "x").encode()

    names = [name for name, each in keys.items() if each == key]
    found = holder_of(sent, known)

    assert found in names if names else found is None
    assert holder_of(None, known) is None
    nothing = {"nobody": hashlib.sha256(b"").digest()}
    assert holder_of(None, nothing) is holder_of(b"", nothing) is None


@given(value=st.binary(max_size=200).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b"")))
def test_no_header_is_too_odd_to_be_looked_at(value: bytes) -> None:
    """Whatever bytes come, they are a wrong key and no error."""
    for name in (b"authorization", b"x-api-key"):
        sent = key_sent(Headers(raw=[(name, value)]))
        assert holder_of(sent, _ACCESS.keys) is None


def test_rate_is_counted_for_each_key_and_not_for_what_is_open(service: Service) -> None:
    """A page that reloads, or a probe, does not lock its reader out; nor does a stranger."""
    access = Access(keys=_ACCESS.keys, hosts=("testserver",), rate=RateLimiter(3))
    with TestClient(create_app(service, access=access)) as client:
        for _ in range(10):
            assert client.get("/health").status_code == 200
            assert client.get("/documents").status_code == 200
            assert client.get("/v1/documents", headers=_bearing("x" * 16)).status_code == 401
        asked = [
            client.get("/v1/documents", headers=_bearing(_KEYS["alice"])).status_code
            for _ in range(5)
        ]
        refused = client.get("/v1/models", headers=_bearing(_KEYS["alice"]))
        other = client.get("/v1/documents", headers=_bearing(_KEYS["bob"]))

    assert asked == [200, 200, 200, 429, 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.json()["error"]["code"] == "rate_limited"
    assert "'alice' may send 3 requests a minute" in refused.json()["error"]["message"]
    assert other.status_code == 200


def test_without_keys_the_rate_is_counted_for_each_address(service: Service) -> None:
    """Nothing that a client can write down makes it another."""
    access = Access(hosts=("testserver",), rate=RateLimiter(2))
    app = create_app(service, access=access)
    with TestClient(app) as one, TestClient(app, client=("10.0.0.9", 1)) as other:
        asked = [
            one.get("/v1/models", headers={"X-Forwarded-For": f"10.1.1.{n}"}).status_code
            for n in range(3)
        ]
        assert other.get("/v1/models").status_code == 200

    assert asked == [200, 200, 429]


@pytest.mark.parametrize("access", [_ACCESS, Access(hosts=("testserver",))])
def test_what_is_wrong_with_the_index_is_for_who_has_a_key(
    service: Service, monkeypatch: pytest.MonkeyPatch, access: Access
) -> None:
    """It names folders; whoever has no key learns that something is wrong, and where it says what.

    On one's own machine, where no key is asked for, it is told at once.
    """
    monkeypatch.setattr(Service, "degraded", "/srv/secret/index: damaged")
    with TestClient(create_app(service, access=access)) as client:
        told = client.get("/ready").json()

    assert told["status"] == "degraded"
    assert ("secret" in told["reason"]) == (not access.keys)
    assert access.keys == {} or "log" in told["reason"]


def test_openapi_says_where_a_key_is_needed(client: TestClient, service: Service) -> None:
    """Clients that are made from it ask for the key, and the page of the routes has a field."""
    paths = client.get("/openapi.json").json()["paths"]
    needing = {
        path
        for path, methods in paths.items()
        if all("security" in each for each in methods.values())
    }

    assert set(paths) - needing == {"/health", "/ready"}
    with TestClient(create_app(service)) as other:
        assert "securitySchemes" not in other.get("/openapi.json").json()["components"]
