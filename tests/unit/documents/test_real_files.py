"""Files that other people made are read as their list says."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from briefqa.datatypes import Document
from briefqa.documents.files import SourceFile
from briefqa.documents.isolation import ReaderProcess
from briefqa.errors import DocumentError

Entry = dict[str, Any]  # a line of a list made elsewhere


@pytest.fixture(scope="module")
def reader() -> Iterator[ReaderProcess]:
    """One process for all files, as an indexing run has it."""
    with ReaderProcess() as opened:
        yield opened


def _comparable(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    return " ".join(re.sub(r"(\w)-\n(\w)", r"\1\2", text).split())


def _complaint(entry: Entry, found: list[Document | DocumentError]) -> str | None:
    """Return what is wrong with what was ``found`` in the file of ``entry``, if anything."""
    expected = {entry["expect"], entry.get("expect_alt")}
    documents = [each for each in found if isinstance(each, Document)]
    errors = [each for each in found if isinstance(each, DocumentError)]
    if errors:
        if "refuse" not in expected or documents or len(errors) > 1:
            return f"refused: {[*map(str, errors)]}"
        reason = entry.get("reason", errors[0].reason)
        return None if errors[0].reason == reason else f"{errors[0].reason}, not {reason}"
    if "extract" not in expected:
        return "not refused"
    return _complaint_about_text(entry, documents)


def _complaint_about_text(entry: Entry, documents: list[Document]) -> str | None:
    whole = "\n".join(document.text for document in documents)
    text = _comparable(whole)
    missing = [p for p in entry.get("must_contain", ()) if _comparable(p) not in text]
    unwanted = [p for p in entry.get("must_not_contain", ()) if p in whole]
    if missing or unwanted:
        return f"lacks {missing}, holds {unwanted}"
    if len(text) < entry.get("min_chars", 1):
        return f"only {len(text)} characters"
    numbers = {
        document.position_map.number_at(document.text, at)
        for document in documents
        for at in range(len(document.text))
        if not document.text[at].isspace()
    }
    if (
        "pages" in entry
        and entry["expect"] == "extract"
        and numbers - {None} != set(range(1, entry["pages"] + 1))
    ):
        return f"text on pages {sorted(map(str, numbers))}, not 1 to {entry['pages']}"
    return None


def test_every_file_does_what_its_line_says(shared: Path, reader: ReaderProcess) -> None:
    """Real files hold encodings, layouts and damage that nobody would make up."""
    folder = shared / "data" / "files"
    if not (folder / "manifest.jsonl").is_file():
        pytest.skip("BRIEFQA_SHARED holds no data/files/manifest.jsonl: this test reads its files")
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    entries: list[Entry] = [json.loads(line) for line in lines if line.strip()]
    assert entries

    complaints = {}
    for entry in entries:
        name = entry["file"]
        found = list(reader.read(SourceFile(folder / name, name)))
        if complaint := _complaint(entry, found):
            complaints[name] = complaint

    assert complaints == {}


def test_real_briefs_show_what_their_own_lines_state(shared: Path, reader: ReaderProcess) -> None:
    """Plain text marks nothing, so what is read off it must be checked on real text."""
    found = {}
    for path in sorted((shared / "seeds").glob("*.txt")):
        [document] = reader.read(SourceFile(path, path.name))
        assert isinstance(document, Document)
        found[path.name[:3]] = document

    sovereignty, exports = found["004"].info.metadata, found["002"].info.metadata
    assert sovereignty.title == "Navigating AI Sovereignty: Strategic Choices for the UK"
    assert sovereignty.authors[:2] == ("Jessica Montgomery", "Neil Lawrence")
    assert sovereignty.published == "2025-11-18"
    assert exports.title == "An export-led approach to AI governance for middle powers"
    assert exports.authors == ("Imogen Stead", "Jess Whittlestone", "Hamish Hobbs")
    assert {block.heading for block in found["003"].blocks} == {
        (),
        ("Contextualizing the GAIGI",),
        ("Why Is China Doing This?",),
        ("Beyond Technology",),
    }
    assert {block.heading for block in found["001"].blocks} == {()}
