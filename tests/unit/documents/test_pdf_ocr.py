"""Pages that hold only an image are read by tesseract, if that is asked for and there."""

import os
import shutil
from pathlib import Path

import pytest
from tests import pdfs

from briefqa.datatypes import Document
from briefqa.documents.files import SourceBytes
from briefqa.documents.options import ReadingOptions
from briefqa.documents.pdf import read_pdf
from briefqa.errors import DocumentError

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None,
    reason="needs the tesseract program (Debian: tesseract-ocr)",
)


def _read(data: bytes, languages: str = "eng") -> Document:
    return read_pdf(
        SourceBytes("scan.pdf", data), ReadingOptions(ocr=True, ocr_languages=languages)
    )


def _put_on_path(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "tesseract"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@needs_tesseract
def test_scanned_pages_are_read_and_said_to_be() -> None:
    """Their words are guesses of a program, and a reader must know."""
    document = _read(pdfs.pages_of_pictures(["The first scanned page", "Another page of words"]))

    assert document.info.notices == ("pages 1-2 were read by OCR",)
    for page, words in ((1, "The first scanned page"), (2, "Another page of words")):
        at = document.text.index(words)
        assert document.position_map.number_at(document.text, at) == page


@needs_tesseract
def test_pages_with_text_are_left_to_their_text() -> None:
    """What the file says outright is better than any picture of it."""
    made = pdfs.LABELLED["image_between_pages"]()

    document = _read(made.data)

    assert document.info.notices == ("page 2 was read by OCR", "page 4 is empty")
    assert [s for _, s in made.sentences if s not in document.text] == []


def test_missing_program_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for and not there must not look like nothing found."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(DocumentError) as caught:
        _read(pdfs.pages_of_pictures(["A page"]))

    assert caught.value.reason == "no_text"
    assert "install tesseract" in caught.value.detail


def test_failure_of_the_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a language that is not installed."""
    _put_on_path(tmp_path, "cat >/dev/null; echo 'no such language: xyz' >&2; exit 1", monkeypatch)

    document = _read(pdfs.LABELLED["image_between_pages"]().data, languages="xyz")

    assert document.info.notices[0] == (
        "page 2 holds only an image; OCR failed: no such language: xyz"
    )


def test_slow_program_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One page must not hold up a whole folder."""
    _put_on_path(tmp_path, "exec sleep 60", monkeypatch)
    monkeypatch.setattr("briefqa.documents.pdf.ocr._TIMEOUT_S", 0.2)

    document = _read(pdfs.LABELLED["image_between_pages"]().data)

    assert "took longer" in document.info.notices[0]


@pytest.mark.parametrize("languages", ["--psm 0", "", "eng; rm", "../eng"])
def test_languages_are_nothing_but_languages(languages: str) -> None:
    """What is given to a program as an argument must not become an option of it."""
    document = _read(pdfs.LABELLED["image_between_pages"]().data, languages=languages)

    assert "OCR needs languages such as" in document.info.notices[0]


@needs_tesseract
def test_words_of_the_picture_are_those_of_the_page() -> None:
    """Rendered at a scale that suits the program, prose of common size is read without a slip."""
    page = pdfs.Page()
    text = "The committee published its annual report."
    page.canvas.drawImage(pdfs.picture_of(text), 72, 600, 420, 105)

    assert text in _read(page.finish([]).data).text
