"""A receipt holds, or the check says what is wrong with it."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering import Receipt, check_receipt
from briefqa.datatypes import Chunk, DocId, Document, DocumentInfo, Metadata, PositionMap
from briefqa.errors import UnknownDocumentError

_FILE = b"---\ntitle: T\n---\nThe grid needs \xe2\x82\xac10 of power, \xf0\x9f\x98\x80 says Ann."
_TEXT = "Title: T\n\nThe grid needs €10 of power, 😀 says Ann."
_OTHER = "The grid needs more than that."


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _document(name: str, text: str, file: bytes) -> Document:
    hashes = _sha256(text.encode()), _sha256(file)
    return Document(DocumentInfo(DocId(name), name, name, Metadata(), *hashes), text, PositionMap())


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Two documents."""

    documents_held: tuple[Document, ...] = (
        _document("a.md", _TEXT, _FILE),
        _document("b.md", _OTHER, _OTHER.encode()),
    )

    def document(self, doc_id: DocId, /) -> Document:
        """Return the document."""
        for document in self.documents_held:
            if document.info.doc_id == doc_id:
                return document
        raise UnknownDocumentError(doc_id)

    def documents(self) -> list[DocumentInfo]:
        """Return every document, sorted by id."""
        return [document.info for document in self.documents_held]

    def chunks_of(self, doc_id: DocId, /) -> list[Chunk]:  # noqa: ARG002 - it was never cut
        """Return no chunks."""
        return []


def _receipt(start: int, end: int) -> Receipt:
    return Receipt(1, "a.md", start, end, _TEXT[start:end], _sha256(_TEXT.encode()), _sha256(_FILE))


_SPANS = st.integers(0, len(_TEXT) - 1).flatmap(
    lambda start: st.tuples(st.just(start), st.integers(start + 1, len(_TEXT)))
)


@given(_SPANS)
def test_true_receipt_holds(span: tuple[int, int]) -> None:
    """Whatever is quoted, offsets count code points: not bytes, not halves of an emoji."""
    check = check_receipt(_receipt(*span), _Shelf())

    assert (check.holds, check.problem) == (True, None)


def _fails(receipt: Receipt) -> str:
    check = check_receipt(receipt, _Shelf())
    assert not check.holds
    assert check.receipt == receipt
    assert check.problem is not None
    return check.problem


@given(_SPANS, st.integers(-1, 1), st.integers(-1, 1))
def test_offsets_that_are_off_by_one_are_caught(
    span: tuple[int, int], before: int, after: int
) -> None:
    """The classic mistake of whoever counts."""
    true = _receipt(*span)
    moved = replace(true, start=true.start + before, end=true.end + after)

    check = check_receipt(moved, _Shelf())

    # A letter that stands twice in a row is the same quote one place further on.
    is_same = moved.start >= 0 and _TEXT[moved.start : moved.end] == true.quote
    assert check.holds == (is_same and moved.end <= len(_TEXT))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (-len(_TEXT), len(_TEXT)),
        (-5, -1),
        (3, 3),
        (9, 3),
        (0, len(_TEXT) + 1),
        (len(_TEXT), len(_TEXT) + 5),
        (10**9, 10**9 + 1),
        (0, -1),
    ],
)
def test_offsets_outside_the_text_are_caught(start: int, end: int) -> None:
    """Python slices forgive them all: the quote is what the slice gives, and still no receipt."""
    forged = replace(_receipt(0, 1), start=start, end=end, quote=_TEXT[start:end])

    assert "does not lie in the text" in _fails(forged)


@given(_SPANS, st.integers(0, 99), st.characters())
def test_any_changed_character_of_the_quote_is_caught(
    span: tuple[int, int], at: int, character: str
) -> None:
    """Also one that looks the same, and one that no encoding can write."""
    true = _receipt(*span)
    at %= len(true.quote)
    changed = true.quote[:at] + character + true.quote[at + 1 :]
    if changed != true.quote:
        assert "not the quote" in _fails(replace(true, quote=changed))
    assert "not the quote" in _fails(replace(true, quote=true.quote + character))
    assert "not the quote" in _fails(replace(true, quote=true.quote[1:]))


@given(_SPANS, st.integers(0, 63), st.sampled_from("0123456789abcdefx"))
def test_any_changed_digit_of_a_hash_is_caught(span: tuple[int, int], at: int, digit: str) -> None:
    """The hashes tie the quote to one state of one file."""
    true = _receipt(*span)
    for field in ("text_sha256", "file_sha256"):
        hashed: str = getattr(true, field)
        changed = hashed[:at] + digit + hashed[at + 1 :]
        if changed != hashed:
            text = replace(true, text_sha256=changed)
            file = replace(true, file_sha256=changed)
            assert "SHA-256 differs" in _fails(text if field == "text_sha256" else file)


def test_another_document_is_caught() -> None:
    """Both say `The grid needs`, and only one was quoted; a third is not there at all."""
    true = _receipt(_TEXT.index("The grid"), _TEXT.index("The grid") + 14)
    there = replace(true, doc_id="b.md", start=0, end=14)

    assert _OTHER[:14] == true.quote
    assert "its SHA-256 differs" in _fails(there)
    assert _fails(replace(true, doc_id="c.md")) == "no document 'c.md' in the index"
    assert "SHA-256 differs" in _fails(replace(there, text_sha256=_sha256(_OTHER.encode())))


def test_long_text_is_shown_shortened() -> None:
    """The problem is one readable line."""
    wrong = replace(_receipt(0, len(_TEXT)), quote="no")
    long = _document("a.md", "x" * 5_000, b"")
    shelf = _Shelf((long,))

    problem = check_receipt(
        replace(wrong, end=5_000, text_sha256=long.info.text_sha256), shelf
    ).problem

    assert problem is not None
    assert len(problem) < 120


@pytest.mark.parametrize("at", [0, len(_FILE) // 2, len(_FILE) - 1])
def test_changed_byte_of_the_source_file_is_caught(tmp_path: Path, at: int) -> None:
    """The index may be intact while the file has moved on."""
    file = tmp_path / "a.md"
    file.write_bytes(_FILE)
    assert check_receipt(_receipt(3, 9), _Shelf(), locate=tmp_path.joinpath).holds
    file.write_bytes(_FILE[:at] + bytes([_FILE[at] ^ 1]) + _FILE[at + 1 :])

    check = check_receipt(_receipt(3, 9), _Shelf(), locate=tmp_path.joinpath)

    assert check.problem == "the source file 'a.md' has changed since it was indexed"
    assert check_receipt(_receipt(3, 9), _Shelf()).holds


def test_missing_source_file_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    """Deleted, or a folder of that name by now."""
    gone = check_receipt(_receipt(3, 9), _Shelf(), locate=tmp_path.joinpath)
    (tmp_path / "a.md").mkdir()
    folder = check_receipt(_receipt(3, 9), _Shelf(), locate=tmp_path.joinpath)

    for check in (gone, folder):
        assert check.problem is not None
        assert check.problem.startswith("the source file 'a.md' cannot be read: ")
