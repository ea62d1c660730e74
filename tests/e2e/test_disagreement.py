"""Two briefs that differ, from the terminal: real files, the hash embedder."""

import json
from pathlib import Path

import pytest
from tests.terminal import Terminal

_QUESTION = "What are exports of AI services forecast to reach in 2030?"
_BRIEF = """---
title: Forecast of exports
published: {published}
---
# Forecast

Exports of AI services are forecast to reach {figure} in 2030. The town of Ely lies in the fens.
"""


@pytest.fixture
def briefqa(tmp_path: Path) -> Terminal:
    """An index of a forecast and a later one."""
    terminal = Terminal(tmp_path)
    briefs = tmp_path / "briefs"
    briefs.mkdir()
    for published, figure in (("2024-05-01", "£2 billion"), ("2025-03-10", "£3 billion")):
        text = _BRIEF.format(published=published, figure=figure)
        (briefs / f"{published}.md").write_text(text, encoding="utf-8")
    terminal.json("index", "briefs", "--embedder", "hash")
    return terminal


def test_answer_says_both_figures_with_their_dates(briefqa: Terminal) -> None:
    """The newest first, each an exact quote that verifies."""
    answer = briefqa.json("ask", _QUESTION)

    (found,) = answer["disagreements"]
    assert found["said"] == ["£3 billion", "£2 billion"]
    by_number = {each["number"]: each for each in answer["citations"]}
    assert [by_number[n]["doc_id"] for n in found["citations"]] == [
        "2025-03-10.md",
        "2024-05-01.md",
    ]
    dated = [each["dated"] for each in answer["sentences"] if each["dated"]]
    assert dated == ["2025-03-10", "2024-05-01"]
    assert "£3 billion in 2030. (2025-03-10) [" in answer["answer"]
    for sentence in answer["sentences"]:
        (number,) = sentence["citations"]
        assert sentence["text"] == by_number[number]["quote"]
    checked = briefqa("verify", "-", stdin=json.dumps(answer))
    assert checked.returncode == 0, checked.stdout


def test_page_says_what_the_sources_differ_on(briefqa: Terminal) -> None:
    """Nobody has to compare two sentences word by word."""
    shown = " ".join(briefqa("ask", _QUESTION).stdout.split())

    assert (
        "Sources differ on Exports of AI services: "
        "£3 billion (2025-03-10) [1]; £2 billion (2024-05-01) [2]."
    ) in shown


def test_briefs_of_before_say_one_thing(briefqa: Terminal) -> None:
    """As of a day between the two there was nothing to differ from."""
    answer = briefqa.json("ask", _QUESTION, "--as-of", "2024-12-31")

    assert answer["disagreements"] == []
    assert {each["dated"] for each in answer["sentences"]} == {None}
