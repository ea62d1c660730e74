"""XML is parsed so that nothing in it can reach out, grow or run."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.documents.packing import damages

from briefqa.documents.xml import attribute, child, local_name, parse_xml, whole_number
from briefqa.errors import DocumentError

_WHOLE = (
    b'<?xml version="1.0"?><a xmlns:n="urn:n"><n:b n:c="1">text<!-- x --> more</n:b>\xc3\xa9</a>'
)
_XHTML = (
    b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" '
    b'"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd"><html><p>a&nbsp;b</p></html>'
)


def _refusal(data: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        parse_xml(data, "file.docx")
    assert str(caught.value).startswith("file.docx: ")
    return caught.value.reason


def _entities(count: int) -> bytes:
    declared = b'<!ENTITY e0 "lol">' + b"".join(
        b'<!ENTITY e%d "%s">' % (i, b"&e%d;" % (i - 1) * 10) for i in range(1, count)
    )
    return b"<!DOCTYPE a [" + declared + b"]>"


def test_text_is_read_without_comments() -> None:
    """A comment between two halves of a word must not cut it."""
    root = parse_xml(_WHOLE, "file.docx")

    inner = child(root, "b")
    assert inner is not None
    assert (local_name(inner), attribute(inner, "c"), inner.text) == ("b", "1", "text more")
    assert child(root, "b", "none") is None


@pytest.mark.parametrize("use", [b"<a>&e9;</a>", b'<a b="&e9;"/>', b"<a/>", b"<a>&e0;</a>"])
def test_entities_that_multiply_are_refused(use: bytes) -> None:
    """A billion laughs: each entity stands for ten of the one before."""
    assert _refusal(_entities(10) + use) == "unsafe"
    assert _refusal((_entities(10) + use).decode().encode("utf-16")) == "unsafe"


def test_one_large_entity_used_often_is_refused() -> None:
    """Quadratic growth needs no nesting."""
    declared = b'<!DOCTYPE a [<!ENTITY e "' + b"x" * 50_000 + b'">]>'

    assert _refusal(declared + b"<a>" + b"&e;" * 50_000 + b"</a>") == "unsafe"
    assert _refusal(declared + b"<a>" + b'<b c="&e;"/>' * 5000 + b"</a>") == "unsafe"


@pytest.mark.parametrize(
    "declared",
    [b'<!ENTITY e SYSTEM "%s">', b'<!ENTITY %% e SYSTEM "%s"> %%e;', b'<!ENTITY e "%s">'],
)
def test_entities_that_lead_to_files_are_refused(tmp_path: Path, declared: bytes) -> None:
    """A document must not be able to quote the files of whoever reads it."""
    secret = tmp_path / "secret.dtd"
    secret.write_text("<!ENTITY x 'secret'>")

    data = b"<!DOCTYPE a [" + declared % secret.as_uri().encode() + b"]><a>&e;</a>"

    assert _refusal(data) == "unsafe"


def test_a_dtd_that_is_only_named_is_not_loaded(tmp_path: Path) -> None:
    """Old web pages and books name one, and offline there is none to be had."""
    secret = tmp_path / "secret.dtd"
    secret.write_text("<!ENTITY x 'secret'><!ATTLIST a b CDATA 'secret'>")
    data = f'<!DOCTYPE a SYSTEM "{secret.as_uri()}"><a>one&x;two</a>'.encode()

    root = parse_xml(data, "file.docx")

    assert root.text == "one"
    assert [local_name(inner) for inner in root] == [""]
    assert not root.attrib
    assert local_name(parse_xml(_XHTML, "file.epub")) == "html"


def test_inclusions_stay_what_they_are(tmp_path: Path) -> None:
    """XInclude would read files like an entity."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    data = (
        '<a xmlns:xi="http://www.w3.org/2001/XInclude">'
        f'<xi:include href="{secret.as_uri()}" parse="text"/></a>'
    )

    root = parse_xml(data.encode(), "file.docx")

    assert local_name(root[0]) == "include"
    assert "".join(str(text) for text in root.itertext()) == ""


@pytest.mark.parametrize("depth", [300, 1_000_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    """What walks a tree would run out of stack."""
    assert _refusal(b"<a>" * depth + b"</a>" * depth) == "unsafe"


def test_a_text_past_all_use_is_refused() -> None:
    """Ten million characters without an element are no paragraph."""
    assert _refusal(b"<a>" + b"x" * 11_000_000 + b"</a>") == "unsafe"


@given(st.binary(max_size=200) | damages().map(lambda damage: damage(_WHOLE)))
def test_any_bytes_give_a_tree_or_an_error(data: bytes) -> None:
    """Bad content must never raise anything else."""
    with contextlib.suppress(DocumentError):
        parse_xml(data, "file.docx")


@given(st.text(max_size=20) | st.integers().map(str))
def test_numbers_of_attributes_are_bounded(text: str) -> None:
    """Python refuses to read a number of some thousand digits."""
    assert abs(whole_number(text, 7)) < 10**9
