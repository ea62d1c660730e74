"""Addresses mean one text, or are refused."""

from http.client import HTTPConnection
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.limited import PATIENCE_S, listening_within

from briefqa import Service
from briefqa.api.limiting import Limits
from briefqa.api.limiting.addresses import check_address
from briefqa.api.limiting.refusing import RefusalError

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(path=_TEXT, query=_TEXT)
def test_any_text_can_be_asked_for(path: str, query: str) -> None:
    """Documents have names in every script, with line breaks and percent signs."""
    check_address({"raw_path": quote(path).encode(), "query_string": quote(query).encode()})


@given(raw=st.lists(st.sampled_from([b"%", b"%4", b"%zz", b"a", b"/", b"%41", b"%C3", b"%A9"])))
def test_only_what_stands_for_text_is_taken(raw: list[bytes]) -> None:
    """What a reader would have to guess at, two readers guess differently."""
    written = b"".join(raw)
    try:
        meant = bytes(_unquoted(written)).decode()
    except ValueError:
        with pytest.raises(RefusalError):
            check_address({"raw_path": b"/", "query_string": written})
    else:
        check_address({"raw_path": written, "query_string": b""})
        assert "\0" not in meant


def _unquoted(written: bytes) -> list[int]:
    """Return the bytes meant, read one by one; raises ValueError."""
    left, found = list(written), []
    while left:
        first = left.pop(0)
        if first == ord("%"):
            digits = bytes(left[:2])
            if len(digits) < 2:
                raise ValueError
            first, left = int(digits, 16), left[2:]
        found.append(first)
    return found


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/documents/%ff", "not UTF-8"),
        ("/v1/documents/%", "two hexadecimal digits"),
        ("/v1/documents/a%00.md", "U+0000"),
        ("/v1/documents?where=%ED%A0%80", "not UTF-8"),
        ("/v1/documents?where=%0", "two hexadecimal digits"),
        ("/v1/models/%c3", "not UTF-8"),
        ("/documents/%00", "U+0000"),
        ("/nowhere%zz", "two hexadecimal digits"),
    ],
)
def test_address_that_stands_for_no_text_is_a_problem(
    service: Service, path: str, said: str
) -> None:
    """It is told as a mistake in the address, and nothing is looked up by it."""
    with listening_within(service, Limits()) as server:
        # Unlike other clients, this one sends an address as it is.
        connection = HTTPConnection(server.host, server.port, timeout=PATIENCE_S)
        connection.request("GET", path)
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()

    assert reply.status == 400
    assert said in text
