"""Files that other people made are read as their list says."""

import json
import re
import unicodedata
from pathlib import Path

from briefqa.datatypes import Document
from briefqa.documents import SUFFIXES, SourceFile, read_file
from briefqa.errors import DocumentError


def _comparable(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    return " ".join(re.sub(r"(\w)-\n(\w)", r"\1\2", text).split())


def test_files_of_a_format_that_is_read_give_what_they_should(shared: Path) -> None:
    """Real files hold encodings and layouts that nobody would make up."""
    folder = shared / "data" / "files"
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    entries = [entry for entry in entries if entry["file"].endswith(SUFFIXES)]
    assert entries

    for entry in entries:
        [found] = read_file(SourceFile(folder / entry["file"], entry["file"]))
        if entry["expect"] == "refuse":
            assert isinstance(found, DocumentError), entry["file"]
            assert found.reason == entry["reason"]
            continue
        assert isinstance(found, Document), found
        text = _comparable(found.text)
        assert [p for p in entry.get("must_contain", ()) if _comparable(p) not in text] == []
        assert [p for p in entry.get("must_not_contain", ()) if p in found.text] == []
        assert len(text) >= entry.get("min_chars", 1)


def test_real_briefs_show_what_their_own_lines_state(shared: Path) -> None:
    """Plain text marks nothing, so what is read off it must be checked on real text."""
    found = {}
    for path in sorted((shared / "seeds").glob("*.txt")):
        [document] = read_file(SourceFile(path, path.name))
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
