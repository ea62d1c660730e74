"""Hosts and origins are taken exactly or not at all."""

import pytest

from briefqa.settings.addresses import checked_host, checked_origin


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("https://app.example.org", "https://app.example.org"),
        ("HTTPS://App.Example.org:443", "https://app.example.org"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://my_host", "http://my_host"),
    ],
)
def test_origins_become_what_browsers_send(given: str, taken: str) -> None:
    """They are compared letter for letter, so there is one way to write each."""
    assert checked_origin(given) == taken


@pytest.mark.parametrize(
    "given",
    [
        *("*", "null", "", "https://", "app.example.org", "//app.example.org", "https:app"),
        *("https://app.example.org/", "https://app.example.org?", "https://app.example.org#"),
        *("https://*.example.org", "https://a@b.org", "https://a b.org", "https://a.org:"),
        *("https://a.org:99999", "https://[::1", "https://[x]", "ftp://a.org", "file://"),
        *("https://a.org,https://b.org", "https://ä.org", " https://a.org", "https://a.org\n"),
    ],
)
def test_what_is_no_origin_is_refused(given: str) -> None:
    """One that is a little off would never match, and one that is too wide would always."""
    with pytest.raises(ValueError, match="is no origin"):
        checked_origin(given)


@pytest.mark.parametrize(
    ("given", "taken"),
    [("Briefs.Example.org.", "briefs.example.org"), ("*", "*"), ("::1", "::1"), ("a_b", "a_b")],
)
def test_hosts_are_compared_without_case(given: str, taken: str) -> None:
    """Names of hosts have none."""
    assert checked_host(given) == taken


@pytest.mark.parametrize(
    "given", ["", "a:80", "http://a", "*.a.org", "a/b", "[::1]", "a b", "ä.org"]
)
def test_what_is_no_host_is_refused(given: str) -> None:
    """A name with a port or a scheme would match nothing, and nobody would know why."""
    with pytest.raises(ValueError, match="is no host"):
        checked_host(given)
