"""PDF files: what they state of themselves, what cannot be read, and what is said of it."""

import json
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import pdfs

from briefqa.datatypes import BlockKind, Document
from briefqa.documents.files import SourceBytes
from briefqa.documents.options import DEFAULT_OPTIONS
from briefqa.documents.pdf import read_pdf
from briefqa.errors import DocumentError


def _read(data: bytes) -> Document:
    return read_pdf(SourceBytes("report.pdf", data), DEFAULT_OPTIONS)


def _error(data: bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        _read(data)
    return caught.value


def test_properties_become_metadata_and_open_the_text() -> None:
    """Who wrote it is a question that a receipt must answer too."""
    data = pdfs.stated(
        title="Compute for all", author="Ann Lee and Ben Oak", subject="Money", keywords="ai; tax"
    )

    document = _read(data)

    metadata = document.info.metadata
    assert document.info.title == metadata.title == "Compute for all"
    assert metadata.authors == ("Ann Lee", "Ben Oak")
    assert metadata.tags == ("ai", "tax")
    assert metadata.published == "2000-01-01"
    assert metadata.extra["subject"] == "Money"
    assert document.text.startswith("Title: Compute for all\nAuthors: Ann Lee, Ben Oak\n")
    assert document.position_map.number_at(document.text, 0) is None


@pytest.mark.parametrize(
    ("author", "people"),
    [
        ("Lee, Ann; Oak, Ben", ("Lee, Ann", "Oak, Ben")),
        ("Lee, Ann", ("Lee, Ann",)),
        ("Ann Lee, Ben Oak and Cy Day", ("Ann Lee", "Ben Oak", "Cy Day")),
        ("Ann Lee/Ben Oak", ("Ann Lee", "Ben Oak")),
        ("Administrator", ()),
        ("(anonymous)", ()),
    ],
)
def test_authors_are_told_apart(author: str, people: tuple[str, ...]) -> None:
    """A filter by author must find each of them."""
    assert _read(pdfs.stated(author=author)).info.metadata.authors == people


@pytest.mark.parametrize(
    "title", ["Microsoft Word - draft3.docx", "untitled", "report_final.pdf", "Document1", "12.3"]
)
def test_what_a_program_wrote_for_a_title_is_none(title: str) -> None:
    """A citation that names "Microsoft Word - draft3.docx" names nothing."""
    assert _read(pdfs.stated(title=title)).info.title == "report.pdf"


def test_first_large_heading_is_the_title_of_a_file_without_one() -> None:
    """A person calls the report by what stands on its first page."""
    assert _read(pdfs.LABELLED["two_columns"]().data).info.title == (
        "A heading that runs across both of the columns"
    )


def test_heads_stay_where_two_pages_cannot_tell_them_from_text() -> None:
    """What is there twice in two pages may well be content: a memo and its copy."""
    page = pdfs.Page()
    for number in (1, 2):
        page.column(["Memo of the committee"], 72, 810, 450)
        page.column([f"The {('first', 'second')[number - 1]} text."], 72, 700, 450)
        page.next_page()

    assert _read(page.finish([]).data).text.count("Memo of the committee") == 2


def test_pages_without_text_are_named() -> None:
    """Whoever searches in vain must be able to see what was never read."""
    made = pdfs.LABELLED["image_between_pages"]()

    assert _read(made.data).info.notices == ("page 2 holds only an image", "page 4 is empty")


def test_many_pages_without_text_are_named_in_ranges() -> None:
    """A notice of a thousand numbers is none."""
    page = pdfs.Page()
    for number in range(1, 10):
        if number in {1, 5}:
            page.column(["Text."], 72, 700, 450)
        page.next_page()

    assert _read(page.finish([]).data).info.notices == ("pages 2-4, 6-9 are empty",)


def test_scanned_file_is_refused_with_what_to_do() -> None:
    """An empty document in the index would answer nothing, and say nothing."""
    error = _error(pdfs.pages_of_pictures(["A scanned page"]))

    assert error.reason == "no_text"
    assert "page 1 holds only an image" in error.detail
    assert "--ocr" in error.detail
    assert "tesseract" in error.detail


def test_text_off_the_page_is_not_read() -> None:
    """Nobody could find a quote there; what hides there is often meant to mislead."""
    page = pdfs.Page()
    page.column(["Seen by all."], 72, 700, 450)
    page.column(["Hidden from all."], 72, 2000, 450)
    page.next_page()
    page.column(["Hidden once more."], -900, 700, 450)

    document = _read(page.finish([]).data)

    assert document.text.endswith("Seen by all.")
    assert "Hidden" not in document.text
    assert document.info.notices == ("page 2 is empty",)


def test_letters_without_names_are_not_guessed() -> None:
    """A font that does not say which letters it shows gives plausible nonsense."""
    if not pdfs.has_dejavu():
        pytest.skip("needs the DejaVu fonts (Debian: fonts-dejavu)")

    assert _error(pdfs.unreadable_letters()).reason == "no_text"


def test_encrypted_file_is_refused() -> None:
    """Its person can save it again without a password; nobody else can."""
    assert _error(pdfs.encrypted(user="open sesame", owner="secret")).reason == "encrypted"


def test_file_with_an_owner_password_only_is_read() -> None:
    """Every reader shows it; only changing it needs the password."""
    assert "The secret is out." in _read(pdfs.encrypted(user="", owner="secret")).text


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.4\n%%EOF", b"not a PDF at all"])
def test_what_is_no_whole_pdf_is_corrupt(data: bytes) -> None:
    """One reason for each cause, that a script can act on."""
    assert _error(data).reason == "corrupt"


def test_cut_off_file_that_still_opens_says_so() -> None:
    """What is missing at the end must not look as if it had never been there."""
    data = pdfs.prose(3)

    document = _read(data[: data.rindex(b"startxref")])

    assert any("cut off" in notice for notice in document.info.notices)


def test_pages_of_a_long_file_are_counted_right() -> None:
    """A citation far into a report is looked up by its page alone."""
    document = _read(pdfs.prose(40))

    numbers = [
        document.position_map.number_at(document.text, block.span.start)
        for block in document.blocks
        if block.kind is BlockKind.PARAGRAPH
    ]

    assert set(numbers) == set(range(1, 41))
    assert all(a is not None and b is not None and a <= b for a, b in pairwise(numbers))


@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_a_document_error(data: bytes) -> None:
    """One bad file must cost its own line in the report, and nothing else."""
    with pytest.raises(DocumentError):
        _read(b"%PDF-1.7\n" + data)


@given(st.data())
def test_damage_raises_nothing_but_a_document_error(data: st.DataObject) -> None:
    """Files are cut off and bits flip; PDFium repairs some of it, the reader bears the rest."""
    name = data.draw(st.sampled_from(["two_columns", "table", "over_the_page", "outlined"]))
    damaged = bytearray(pdfs.LABELLED[name]().data)
    for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=8)):
        damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    del damaged[data.draw(st.integers(0, len(damaged))) :]

    with suppress(DocumentError):
        _read(bytes(damaged)).text.encode()


def test_text_beyond_reason_on_one_page_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may claim millions of letters; the machine must not go down with it."""
    monkeypatch.setattr("briefqa.documents.pdf.pieces.MOST_CHARACTERS_A_PAGE", 100)

    document = _read(pdfs.prose(1))

    assert document.info.notices == ("page 1 holds more text than is read of a page",)


def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of some kilobytes can name one page a million times."""
    monkeypatch.setattr("briefqa.documents.pdf._MOST_PAGES", 2)

    assert _error(pdfs.prose(3)).reason == "too_large"


def test_real_files_have_the_pages_that_their_list_says(shared: Path) -> None:
    """Other people's files hold what no generator makes up."""
    folder = shared / "data" / "files"
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    expected = {entry["file"]: entry["pages"] for entry in entries if "pages" in entry}
    assert expected

    found = {
        name: max(mark.number for mark in _read((folder / name).read_bytes()).position_map.marks)
        for name in expected
    }

    assert found == expected


def test_table_of_a_real_file_is_read_by_rows(shared: Path) -> None:
    """Its cells are merged, and carry raised footnote numbers."""
    document = _read((shared / "data" / "files" / "google-doc-document.pdf").read_bytes())

    assert (
        "Population | 273.879.750 1 | 83,190,556 2 | 8,935,112 3 | 67,413,000 | 453"
        in document.text.split("\n")
    )
