"""A brief that takes another's place, from the terminal: real files, the hash embedder."""

from pathlib import Path

import pytest
from tests.terminal import Terminal

_QUESTION = "What are exports of AI services forecast to reach?"
_OLD = """---
title: Forecast of exports
published: 2024-05-01
---
Exports of AI services are forecast to reach £2 billion in 2030.
"""
_NEW = """---
title: Forecast of exports, revised
published: 2025-03-10
supersedes: exports-2024.md
---
Exports of AI services are forecast to reach £3 billion in 2030.
"""


@pytest.fixture
def briefqa(tmp_path: Path) -> Terminal:
    """An index of a forecast and its revision."""
    terminal = Terminal(tmp_path)
    briefs = tmp_path / "briefs"
    briefs.mkdir()
    (briefs / "exports-2024.md").write_text(_OLD, encoding="utf-8")
    (briefs / "exports-2025.md").write_text(_NEW, encoding="utf-8")
    terminal.json("index", "briefs", "--embedder", "hash")
    return terminal


def _found(briefqa: Terminal, *options: str) -> set[str]:
    found = briefqa.json("search", _QUESTION, *options)
    return {passage["doc_id"] for passage in found["passages"]}


def test_question_is_answered_from_the_newer_brief(briefqa: Terminal) -> None:
    """And it is said that another was left out."""
    found = briefqa.json("search", _QUESTION)
    shown = briefqa("search", _QUESTION).stdout

    assert {passage["doc_id"] for passage in found["passages"]} == {"exports-2025.md"}
    assert found["superseded"] == 1
    assert "1 document superseded by a newer one was left out." in shown
    assert briefqa.json("ask", _QUESTION)["superseded"] == 1


def test_older_brief_is_found_as_of_its_time_and_by_name(briefqa: Terminal) -> None:
    """What was true on a day can be asked for later."""
    assert _found(briefqa, "--as-of", "2024-12-31") == {"exports-2024.md"}
    assert _found(briefqa, "--as-of", "2025-12-31") == {"exports-2025.md"}
    assert _found(briefqa, "--where", "doc_id=exports-2024.md") == {"exports-2024.md"}


def test_lists_say_what_takes_whose_place(briefqa: Terminal) -> None:
    """A reader of the list must not wonder why a document never answers."""
    listed = briefqa.json("documents", "list")["documents"]
    shown = briefqa.json("documents", "show", "exports-2024.md")
    why = briefqa.json("why-not", "exports-2024.md", _QUESTION)

    assert [each["superseded_by"] for each in listed] == [["exports-2025.md"], []]
    assert shown["superseded_by"] == ["exports-2025.md"]
    assert "superseded by" in briefqa("documents", "list").stdout
    assert why["reason"] == "superseded"
    assert why["sentence"] == (
        "'exports-2024.md' is left out, because 'exports-2025.md' supersedes it."
    )


def test_older_brief_is_back_when_the_newer_one_is_gone(briefqa: Terminal) -> None:
    """The place is taken only while the document that takes it is there."""
    (briefqa.folder / "briefs" / "exports-2025.md").unlink()

    briefqa.json("index")

    assert _found(briefqa) == {"exports-2024.md"}


def test_reference_in_vain_is_said_and_embeds_nothing(briefqa: Terminal) -> None:
    """A typing mistake leaves nothing out; to mend it costs no model."""
    new = briefqa.folder / "briefs" / "exports-2025.md"
    new.write_text(_NEW.replace("exports-2024.md", "export-2024.md"), encoding="utf-8")

    report = briefqa.json("index")
    checked = briefqa.json("check")

    (notice,) = report["notices"]
    assert notice["doc_id"] == "exports-2025.md"
    assert "supersedes names 'export-2024.md'" in notice["detail"]
    assert checked["notices"] == [notice]
    assert checked["sound"]
    assert report["embedded"] == 0
    assert _found(briefqa) == {"exports-2024.md", "exports-2025.md"}
