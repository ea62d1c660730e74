"""A report shows what was found, to anyone, and lets nothing of a document run."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode
from tests.unit.evaluation.made_runs import Found, record, run, run_of

from briefqa.cli.harmless import harmless
from briefqa.evaluation.reporting import MARK, render_report
from briefqa.evaluation.reporting.questions import PASSAGE_TEXT, questions_data, script_json
from briefqa.evaluation.runs import CitedQuote, ExpectedReference, Run, Summary

_HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]> <img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\"' onmouseover='alert(1)",
    "\u202egnp.exe\u202c \u2066x\u2069 \x1b[31m \x00 \u2028",
    "&lt;b&gt; &amp;",
    "\ud800 alone",
)
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _hostile_run(name: str, text: str) -> Run:
    records = [
        record(
            text,
            {text: 0.5, "recall@5": 0.5, "ndcg@10": value},
            found=[Found(text, text=text, stage=text), "other"],
            relevant=[text],
            text=text,
            references=[ExpectedReference(text, text)],
            citations=[CitedQuote(1, text, 0, len(text), text)],
        )
        for value in (0.2, 0.7)
    ]
    return run(name, records, about={text: text, "index": {"folder": [text, text]}})


def _first(page: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    found = page.css_first(selector)
    assert found is not None
    return found


def _data(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_first(LexborHTMLParser(page), "script#data").text())
    return found


@pytest.mark.parametrize("text", _HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """A title, an id, a stage or a setting may be anything at all; none may be markup."""
    calm = render_report([_hostile_run("one", "calm"), _hostile_run("two", "calm")],
                         harmless=harmless)  # fmt: skip

    page = render_report([_hostile_run(text, text), _hostile_run("two", text)], harmless=harmless)

    tags = [[e.tag or "" for e in LexborHTMLParser(each).css("*")] for each in (calm, page)]
    assert sorted(tags[0]) == sorted(tags[1])
    assert not _OBEYED.search(page.replace("\n", ""))
    assert harmless(text) in _first(LexborHTMLParser(page), "body").text()
    (passage, _) = _data(page)["questions"][0]["results"][0]["passages"]
    assert _data(page)["documents"][passage[1]] == harmless(text)
    assert _data(page)["texts"][passage[5]] == harmless(text)


def test_nothing_is_fetched_and_only_our_script_runs() -> None:
    """The page is opened from disk, offline, and mailed around."""
    page = LexborHTMLParser(
        render_report([_hostile_run("a", "x"), _hostile_run("b", "x")], harmless=harmless)
    )
    attributes = [(e.tag, name, value or "") for e in page.css("*") for name, value in
                  e.attributes.items()]  # fmt: skip

    assert [name for _, name, _ in attributes if name.startswith("on") or name == "style"] == []
    assert {v[:1] for _, name, v in attributes if name in {"href", "src", "action", "srcset"}} == {
        "#"
    }
    policy = _first(page, 'meta[http-equiv="Content-Security-Policy"]').attributes["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    scripts = [e for e in page.css("script") if "type" not in e.attributes]
    for element, directive in ((scripts[0], "script-src"), (_first(page, "style"), "style-src")):
        digest = base64.b64encode(hashlib.sha256(element.text().encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert len(scripts) == 1
    assert not re.search(r"url\(|@import", _first(page, "style").text())
    assert not re.search(r"innerHTML|insertAdjacent|document\.write|eval\(", scripts[0].text())


def test_page_can_be_used_without_seeing_it() -> None:
    """Tables have heads, pictures a name, controls a label, headings an order."""
    page = LexborHTMLParser(
        render_report([_hostile_run("a", "x"), _hostile_run("b", "x")], harmless=harmless)
    )

    assert _first(page, "html").attributes["lang"] == "en"
    assert all("scope" in head.attributes for head in page.css("th"))
    assert all(
        "aria-label" in svg.attributes or svg.attributes.get("aria-hidden") == "true"
        for svg in page.css("svg")
    )
    assert all(e.parent and e.parent.tag == "label" for e in page.css("form input, form select"))
    ids = [e.attributes["id"] for e in page.css("[id]")]
    assert len(set(ids)) == len(ids)
    named = [e.attributes["aria-labelledby"] for e in page.css("[aria-labelledby]")]
    assert set(named) <= set(ids)
    levels = [int((e.tag or "")[1]) for e in page.css("h1, h2, h3")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_figure_of_the_runs_is_in_the_tables() -> None:
    """What a director reads is what was measured."""
    runs = [run_of("one", [0.25, 0.5, 0.75, 0.1]), run_of("two", [0.5, 0.75, 1.0, 0.9])]

    page = LexborHTMLParser(render_report(runs, harmless=harmless))

    row = _first(page, "#measures tbody tr")
    assert [cell.text() for cell in row.css("td.strong")] == ["0.400", "0.787"]
    row = _first(page, "#comparison tbody tr")
    assert _first(row, "td.strong").text() == "+0.388"
    assert row.css("td.number")[-1].text() == "4 / 0 / 0"
    assert len(page.css("#plots figure")) == 4
    assert len(page.css("#plots figure table")) == 4


def test_a_run_without_curves_or_answers_is_shown_all_the_same() -> None:
    """A set without references, asked of a server that reports no times."""
    made = run("bare", [record("a", {}, failed="no reply", total_ms=0.0)])
    bare = replace(made, about={}, summary=Summary({}, {}, {}, {}))

    page = render_report([bare], harmless=harmless)

    assert MARK in page[:4096]
    assert _data(page)["questions"][0]["results"][0]["failed"] == "no reply"


_TEXT = st.text(st.characters(codec=None), min_size=1, max_size=40)


@given(before=_TEXT, quote=_TEXT, after=_TEXT, offset=st.integers(min_value=0, max_value=50))
def test_marks_are_the_quote_as_the_script_counts(
    before: str, quote: str, after: str, offset: int
) -> None:
    """JavaScript counts in UTF-16, and signs stand for what is not shown as it is."""
    text = before + quote + after
    cited = CitedQuote(1, "d", offset + len(before), offset + len(before + quote), quote)
    question = record("q", {}, found=[Found("d", text=text)], citations=[cited])
    (passage,) = question.passages
    moved = replace(passage, start=offset, end=offset + len(text))
    question = replace(question, passages=(moved,))

    data = json.loads(questions_data([run("r", [question])], ["r"], [], harmless=harmless).json)

    (shown,) = data["questions"][0]["results"][0]["passages"]
    (mark,) = shown[6]
    units = data["texts"][shown[5]].encode("utf-16-le")
    assert units[2 * mark[0] : 2 * mark[1]].decode("utf-16-le") == harmless(quote)
    assert mark[2] == 1


def test_expected_words_are_marked_whatever_their_white_space() -> None:
    """A set quotes a line that the document breaks."""
    found = [Found("d", text="It was in\n  Paris, they said.")]
    question = record("q", {}, found=found, references=[ExpectedReference("d", "in Paris")])

    data = json.loads(questions_data([run("r", [question])], ["r"], [], harmless=harmless).json)

    assert data["questions"][0]["results"][0]["passages"][0][6] == [[7, 17, 2]]


def test_the_file_stays_small_and_keeps_what_matters_most() -> None:
    """Thousands of questions with a hundred long passages each must still open."""
    losses = [0.0, -0.9, -0.2, 0.5]
    runs = [
        run(
            name,
            [
                record(
                    str(q),
                    {"ndcg@10": 0.5 + share * loss},
                    found=[Found(f"d{q}-{r}", text=f"{q}-{r} " * 1_000) for r in range(100)],
                )
                for q, loss in enumerate(losses)
            ],
        )
        for name, share in (("one", 0), ("two", 0.5))
    ]

    found = questions_data(
        runs, ["one", "two"], ["ndcg@10"], harmless=harmless, most_text=20 * PASSAGE_TEXT
    )

    data = json.loads(found.json)
    whole = [
        q["id"]
        for q in data["questions"]
        if all(passage[5] is not None for r in q["results"] for passage in r["passages"])
    ]
    assert whole == ["1", "2"]
    assert found.with_texts == 2
    assert len(found.json) < 20 * PASSAGE_TEXT * 1.5
    assert all(len(r["passages"]) == 10 for q in data["questions"] for r in q["results"])


@given(value=st.dictionaries(st.text(), st.text()))
def test_json_of_a_script_element_cannot_end_it(value: dict[str, str]) -> None:
    """Whatever stands in it, a parser of HTML sees one script, and JSON gives it back."""
    text = script_json(dict(value))

    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == value


def test_a_browser_shows_the_questions(tmp_path: Path) -> None:
    """The policy of the page lets its own script run, and the script runs."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs chromium")
    page = tmp_path / "report.html"
    runs = [_hostile_run("one", _HOSTILE[0]), _hostile_run("two", _HOSTILE[0])]
    page.write_text(render_report(runs, harmless=harmless), encoding="utf-8")

    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
         f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    shown = LexborHTMLParser(done.stdout)
    assert _first(shown, "#count").text() == "1 of 1 questions"
    assert _HOSTILE[0] in _first(shown, "#list details summary").text()
    assert len(shown.css("script")) == 2
