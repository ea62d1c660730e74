"""Pages of other sites reach nothing, by whatever name they have this machine called."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from briefqa import Service
from briefqa.api import create_app
from briefqa.api.access import Access
from briefqa.api.access.hosts import host_named, is_allowed
from briefqa.api.access.origins import is_foreign
from briefqa.settings.keys import key_digest

_APP = "https://app.example.org"
_KEY = "a-key-of-some-length"
_ACCESS = Access(
    keys={"alice": key_digest(_KEY)}, hosts=("briefs.example.org",), cors_origins=(_APP,)
)


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A client with the key, of an application that has a name and lets one other site in."""
    app = create_app(service, access=_ACCESS)
    address, key = "http://briefs.example.org", {"Authorization": f"Bearer {_KEY}"}
    with TestClient(app, base_url=address, headers=key) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LocalHost:8321", "localhost.", "briefqa.localhost:8321", "127.0.0.1:1"),
        *("[::1]", "[::1]:8321", "192.0.2.7", "[2001:DB8::1]:443"),
        *("briefs.example.org", "BRIEFS.example.ORG.:443", "briefs.example.org:"),
    ],
)
def test_own_names_and_addresses_are_answered(client: TestClient, host: str) -> None:
    """However they are written: without regard to case, port and the dot of the root."""
    assert client.get("/v1/documents", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8321", "briefs.example.org.evil.example"),
        *("xbriefs.example.org", "a.briefs.example.org", "localhost.evil.example"),
        *("notlocalhost", "127.0.0.1.evil.example", "2130706433", "0x7f000001", "127.1"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/health", "/v1/documents", "/gone"])
def test_other_names_are_refused_everywhere(client: TestClient, host: str, path: str) -> None:
    """A name that a stranger can have lead here says that the stranger's page is asking."""
    reply = client.get(path, headers={"Host": host})

    assert reply.status_code == 421
    assert reply.json()["type"] == "urn:problem-type:briefqa:unknown-host"
    assert "server.allowed_hosts" in reply.json()["detail"]


@pytest.mark.parametrize(
    "host",
    [
        *("", " ", ":80", "a b", "a/b", "a@localhost", "http://localhost", "localhost:80:80"),
        *("localhost:x", "localhost:123456", "[::1", "[]", "[127.0.0.1]", "[::1]x", "::1", "-a"),
        *("localhost,evil.example", "localhost#", "a" * 255, "localhost\\evil"),
    ],
)
def test_broken_hosts_are_refused(client: TestClient, host: str) -> None:
    """What two programs might read in two ways is not read at all."""
    reply = client.get("/health", headers={"Host": host})

    assert reply.status_code == 400
    assert reply.json()["type"] == "urn:problem-type:briefqa:broken-host"


@given(hosts=st.lists(st.binary(max_size=60), max_size=3))
def test_no_host_is_too_odd_to_be_looked_at(hosts: list[bytes]) -> None:
    """Whatever bytes come, they are a host that is refused, or one that is meant."""
    found = host_named(Headers(raw=[(b"host", host) for host in hosts]))

    assert found is None or (len(hosts) == 1 and found.encode() in hosts[0].lower())
    if found is not None and is_allowed(found, ("briefs.example.org",)):
        letters = set(found)
        assert (
            found.endswith("localhost") or letters <= set("0123456789abcdef.:") or found[0] == "b"
        )


def test_any_host_is_answered_where_that_is_set(service: Service) -> None:
    """Behind a proxy that checks names itself."""
    app = create_app(service, access=Access(hosts=("*",)))
    with TestClient(app, base_url="http://evil.example") as client:
        assert client.get("/v1/documents").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    ("origin", "is_refused"),
    [
        (None, False),
        ("http://briefs.example.org", False),
        # A proxy has ended TLS.
        ("https://briefs.example.org", False),
        (_APP, False),
        ("https://briefs.example.org:8443", True),
        ("http://app.example.org", True),
        ("https://app.example.org.evil.example", True),
        ("https://evil.example", True),
        ("http://localhost:3000", True),
        ("null", True),
        ("", True),
        ("file://", True),
        ("ftp://briefs.example.org", True),
        ("http://[", True),
        ("briefs.example.org", True),
    ],
)
def test_pages_elsewhere_have_nothing_done(
    client: TestClient, method: str, origin: str | None, *, is_refused: bool
) -> None:
    """A browser sends a request before it asks whether its reply may be read."""
    headers = {} if origin is None else {"Origin": origin}
    reply = client.request(method, "/v1/documents/x", headers=headers, content=b"x")

    assert (reply.status_code == 403 and "foreign-origin" in reply.text) == is_refused
    assert client.get("/v1/documents", headers=headers).status_code == 200


@given(origins=st.lists(st.binary(max_size=60), max_size=3), host=st.binary(max_size=30))
def test_no_origin_is_too_odd_to_be_looked_at(origins: list[bytes], host: bytes) -> None:
    """Whatever bytes come, only one origin that is this host's is no foreign one."""
    raw = [(b"origin", origin) for origin in origins]
    foreign = is_foreign(Headers(raw=[*raw, (b"host", host)]), (_APP,))

    if not foreign and origins and origins[0] != _APP.encode():
        assert len(origins) == 1
        assert origins[0].lower().startswith((b"http://", b"https://"))


def test_two_origins_are_foreign(client: TestClient) -> None:
    """Which of them a proxy in between looked at, nobody knows."""
    own, evil = ("Origin", "http://briefs.example.org"), ("Origin", "https://evil.example")
    for both in ([own, evil], [evil, own], [("Origin", _APP), evil]):
        assert client.post("/v1/ask", headers=both).status_code == 403


def test_origins_on_the_list_may_call_and_others_may_not_read(client: TestClient) -> None:
    """The question of the browser beforehand needs no key, since it cannot bring one."""
    del client.headers["Authorization"]
    ask = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-api-key",
        "Access-Control-Request-Private-Network": "true",
    }
    allowed = client.options("/v1/ask", headers={"Origin": _APP, **ask})
    other = client.options("/v1/ask", headers={"Origin": "https://evil.example", **ask})
    refused = client.get("/v1/documents", headers={"Origin": _APP})
    key = {"Authorization": f"Bearer {_KEY}"}
    read = client.get("/v1/documents", headers={"Origin": _APP, **key})
    unread = client.get("/v1/documents", headers={"Origin": "https://evil.example", **key})

    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == _APP
    assert "access-control-allow-origin" not in other.headers
    # The page is to see that its key is wrong.
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, _APP)
    assert read.headers["access-control-allow-origin"] == _APP
    assert "Retry-After" in read.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in unread.headers
    for reply in (allowed, refused, read):
        assert "access-control-allow-credentials" not in reply.headers


def test_links_are_https_behind_a_proxy_that_says_so(client: TestClient) -> None:
    """A reader who follows one would otherwise leave TLS, or arrive nowhere."""
    body = {"model": "briefqa", "messages": [{"role": "user", "content": "When was it dredged?"}]}
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}

    reply = client.post("/v1/chat/completions", json=body, headers=headers)

    assert "(https://briefs.example.org/documents/note.txt" in reply.text
    assert "evil" not in reply.text
