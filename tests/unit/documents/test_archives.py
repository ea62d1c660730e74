"""Zip archives are opened without trusting what they say of themselves."""

import contextlib
import copy
import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.documents.packing import Change, damages, packed

from briefqa.documents.archives import Archive, ArchiveLimits, open_archive
from briefqa.documents.files import SourceBytes
from briefqa.errors import DocumentError

_WHOLE = packed({"a.txt": b"alpha", "folder/b.txt": b"beta" * 1000, "c.bin": bytes(range(256))})


def _open(data: bytes, limits: ArchiveLimits | None = None) -> Archive:
    return open_archive(SourceBytes("file.docx", data), limits or ArchiveLimits())


def _read_all(data: bytes, limits: ArchiveLimits | None = None) -> dict[str, bytes]:
    archive = _open(data, limits)
    return {name: archive.read(name) for name in archive.names}


def _refusal(data: bytes, limits: ArchiveLimits | None = None) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        _read_all(data, limits)
    assert str(caught.value).startswith("file.docx: ")
    return caught.value


@given(
    st.dictionaries(
        st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9),
        st.binary(max_size=500),
        max_size=6,
    )
)
def test_members_come_out_as_they_went_in(members: dict[str, bytes]) -> None:
    """All else rests on reading what was packed."""
    archive = _open(packed(members))

    assert archive.names == tuple(members)
    assert {name: archive.read(name) for name in archive.names} == members


@given(st.binary(max_size=300) | damages().map(lambda damage: damage(_WHOLE)))
def test_any_bytes_give_members_or_an_error(data: bytes) -> None:
    """A broken archive must cost its own file and no more."""
    with contextlib.suppress(DocumentError):
        _read_all(data)


def test_a_missing_member_is_named() -> None:
    """A person has to know what is wrong with the file."""
    with pytest.raises(DocumentError, match=r"'word/document\.xml'") as caught:
        _open(_WHOLE).read("word/document.xml")

    assert caught.value.reason == "corrupt"


def test_a_damaged_member_is_found_by_its_checksum() -> None:
    """A flipped bit must not change a word of a citation."""
    at = _WHOLE.index(b"a.txt") + len("a.txt") + 2
    damaged = _WHOLE[:at] + bytes([_WHOLE[at] ^ 1]) + _WHOLE[at + 1 :]

    assert _refusal(damaged).reason == "corrupt"


def test_a_member_that_packs_too_well_is_a_bomb() -> None:
    """Ten megabytes of zeros fit ten kilobytes, and a gigabyte a megabyte."""
    assert _refusal(packed({"a": bytes(10_000_000)})).reason == "unsafe"


def test_a_member_that_hides_its_size_is_stopped_while_it_is_unpacked() -> None:
    """What an archive declares is up to whoever made it."""
    data = bytearray(packed({"a": bytes(10_000_000)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + offset, 1000)

    assert _refusal(bytes(data)).reason in {"corrupt", "unsafe"}


def test_many_members_are_bounded_together() -> None:
    """A bomb may be made of parts of which each is harmless."""
    limits = ArchiveLimits(total_bytes=1000, always_bytes=1000)

    assert _refusal(packed({str(i): b"x" * 90 for i in range(20)}), limits).reason == "unsafe"
    assert _open(packed({str(i): b"x" * 90 for i in range(10)}), limits).names


def test_too_many_members_are_refused() -> None:
    """Each costs memory even if it is empty."""
    data = packed({str(i): b"" for i in range(30)})

    assert _refusal(data, ArchiveLimits(members=20)).reason == "unsafe"
    assert _refusal(data, ArchiveLimits(members=2)).reason == "unsafe"


def test_members_that_overlap_are_refused() -> None:
    """Fifield's bomb quotes one kernel from thousands of members: 10 MB become 281 TB."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"alpha" * 100)
        other = copy.copy(archive.getinfo("a"))
        other.filename = other.orig_filename = "b"
        archive.filelist.append(other)
        archive.NameToInfo["b"] = other

    assert "overlap" in _refusal(stream.getvalue()).detail


def test_an_encrypted_member_is_called_so() -> None:
    """The person can open it, and save it without a password."""
    data = bytearray(_WHOLE)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at] |= 1

    assert _refusal(bytes(data)).reason == "encrypted"


def test_packing_that_no_office_program_uses_is_refused() -> None:
    """Fewer decoders are fewer ways in."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", b"alpha")

    assert _refusal(stream.getvalue()).reason == "unsupported"


def test_names_that_lead_elsewhere_are_only_names() -> None:
    """Nothing is ever written under them."""
    archive = _open(packed({"../../etc/passwd": b"x", "/y": b"z"}))

    assert archive.read("../../etc/passwd") == b"x"


@given(damages())
def test_damage_never_changes_what_is_read_unnoticed(damage: Change) -> None:
    """Checksums cover every member: it is whole, or it is an error."""
    try:
        content = _read_all(damage(_WHOLE))
    except DocumentError:
        return
    whole = {"a.txt": b"alpha", "folder/b.txt": b"beta" * 1000, "c.bin": bytes(range(256))}
    assert set(content.values()) <= set(whole.values())
