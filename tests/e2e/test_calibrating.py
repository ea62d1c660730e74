"""From questions with and without an answer to a calibration that decides: real processes."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.terminal import Terminal

_TOWNS = ("Arden", "Bolton", "Corby", "Dover", "Exeter", "Fowey", "Goole", "Hythe", "Ilkley")
_TRADES = ("ships", "looms", "kilns", "mills", "forges")


def _questions() -> list[Mapping[str, object]]:
    """Ask of each town what its brief says, and what no brief does."""
    can = [f"How many {trade} does {town} count?" for town in _TOWNS for trade in _TRADES[:3]]
    cannot = [f"Which {trade} of Atlantis did {town} sell?" for town in _TOWNS for trade in _TRADES]
    asked = [(text, True) for text in can] + [(text, False) for text in cannot]
    return [
        {"id": f"q{at}", "question": text, "answerable": answerable}
        for at, (text, answerable) in enumerate(asked)
    ]


@pytest.fixture(scope="module")
def briefqa(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A folder with an index of nine briefs, and questions about them."""
    folder = tmp_path_factory.mktemp("calibrating")
    (folder / "briefs").mkdir()
    for number, town in enumerate(_TOWNS, 3):
        text = " ".join(f"{town} counts {number + at} {t}." for at, t in enumerate(_TRADES[:3]))
        (folder / "briefs" / f"{town}.md").write_text(f"# {town}\n\n{text}\n", encoding="utf-8")
    lines = "".join(f"{json.dumps(row)}\n" for row in _questions())
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    few = "".join(f"{json.dumps(row)}\n" for row in _questions()[:20])
    (folder / "few.jsonl").write_text(few, encoding="utf-8")
    terminal = Terminal(folder)
    done = terminal("index", "briefs", "--embedder", "hash")
    assert done.returncode == 0, done.stderr
    return terminal


def test_a_calibration_is_fitted_shown_kept_used_and_removed(briefqa: Terminal) -> None:
    """As the guide has it, and each step says what it did."""
    kept = briefqa.folder / "index" / "calibration.json"

    tried = briefqa("calibrate", "questions.jsonl", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert not kept.exists()
    assert "27 questions that the documents answer, 45 that they do not" in tried.stdout
    assert "told apart (AUC)" in tried.stdout
    assert "these numbers may be far off" in tried.stdout

    done = briefqa("calibrate", "questions.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert Path(found["path"]) == Path("index/calibration.json")
    assert (found["questions"], found["answerable"], found["left_out"]) == (72, 27, 0)
    assert found["held_out"]["auc"] > 0.9
    assert json.loads(kept.read_text())["threshold"] == found["threshold"]

    answered = briefqa("ask", "--json", "How many ships does Dover count?")
    assert answered.returncode == 0, answered.stderr
    declined = briefqa("ask", "Which forges of Atlantis did Dover sell?")
    assert declined.returncode == 3
    assert "Atlantis" in declined.stdout
    assert json.loads(answered.stdout)["confidence"] >= found["threshold"]

    reset = briefqa("calibrate", "--reset")
    assert reset.returncode == 0
    assert not kept.exists()
    again = briefqa("calibrate", "--reset", "--json")
    assert json.loads(again.stdout)["removed"] is False


def test_a_damaged_calibration_is_said_on_stderr_and_the_question_is_answered(
    briefqa: Terminal,
) -> None:
    """With the numbers that ship with the program."""
    kept = briefqa.folder / "index" / "calibration.json"
    before = briefqa("ask", "--json", "How many ships does Dover count?")
    kept.write_text("{}")

    done = briefqa("ask", "--json", "How many ships does Dover count?")

    kept.unlink()
    assert "calibration.json" in done.stderr
    assert "the numbers that ship with the program decide instead" in done.stderr
    assert json.loads(done.stdout)["confidence"] == json.loads(before.stdout)["confidence"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("few.jsonl",), "20 questions are marked as answered by the documents and 0 as not"),
        ((), "no questions given"),
        (("questions.jsonl", "--reset"), "takes no questions"),
        (("questions.jsonl", "--folds", "1"), "folds is 1, but must lie between 2 and 20"),
        (("none.jsonl",), "none.jsonl"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_a_sentence(
    briefqa: Terminal, arguments: tuple[str, ...], said: str
) -> None:
    """And nothing is kept."""
    done = briefqa("calibrate", *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert not (briefqa.folder / "index" / "calibration.json").exists()


def test_a_risk_is_held_to_its_bounds_and_answers_less_the_smaller_it_is(
    briefqa: Terminal,
) -> None:
    """By flag and by setting."""
    question = "How many ships does Dover count?"
    wrong = briefqa("ask", "--risk", "1.5", question)
    generous = briefqa("ask", "--risk", "0.5", question)
    careful = briefqa("ask", "--risk", "0.001", question)

    assert wrong.returncode == 2
    assert "risk" in wrong.stderr
    assert (generous.returncode, careful.returncode) == (0, 3)
