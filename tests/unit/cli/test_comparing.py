"""The commands that compare runs print what they found, and overwrite nothing of others."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.unit.evaluation.made_runs import Found, record, run, run_of

from briefqa.cli.app import run as run_command
from briefqa.evaluation.folders import write_run

_HOSTILE = "What \x1b[31m\u202enow?"


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Two runs on disk: of three questions one is lost, one won, and one failed."""
    names = ("before", "after")
    for name, values, found in zip(
        names, ((1.0, 0.5), (0.0, 0.75)), (["a", "b"], ["b", "a"]), strict=True
    ):
        write_run(
            tmp_path / name,
            run(
                name,
                [
                    record("q1", {"ndcg@10": values[0]}, text=_HOSTILE, relevant=["a"],
                           found=[Found(each, 0.9 - 0.1 * place) for place, each in
                                  enumerate(found)]),
                    record("q2", {"ndcg@10": values[1]}),
                    record("q3", {}, failed="no reply"),
                ],
            ),
        )  # fmt: skip
    return [str(tmp_path / name) for name in names]


def _json(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run_command([*arguments, "--json"]) == 0
    output = capsys.readouterr().out
    assert output.count("\n") == 1
    found: dict[str, Any] = json.loads(output)
    return found


def test_compare_prints_differences_and_what_moved(
    folders: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """On one page: by how much, whether it may be chance, and where to look."""
    assert run_command(["eval", "compare", *folders]) == 0

    output = capsys.readouterr().out
    assert "after against before" in output
    assert "≈ -0.375" in output
    assert "1 question that failed in either" in output
    assert "-1.000 ndcg@10: 1.000 → 0.000  [q1]" in output
    assert "a (relevant): rank 1 → 2; dense 0.9 → 0.8" in output
    assert output.index("[q1]") < output.index("[q2]")
    assert "\x1b" not in output
    assert "\u202e" not in output


def test_compare_as_json_has_the_same_figures(
    folders: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Scripts read these."""
    found = _json(["eval", "compare", *folders, "--top", "1", "--measure", "ndcg@10"], capsys)

    assert found["differences"][0]["difference"] == pytest.approx(-0.375)
    assert found["left_out"] == [
        {"run": "after", "only_in_first": 0, "only_in_run": 0, "failed": 1}
    ]
    assert [each["query_id"] for each in found["questions"]] == ["q1"]


def test_power_tells_how_many_questions_are_needed(
    folders: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A smaller difference takes more of them."""
    small, large = (
        _json(["eval", "power", *folders, "--difference", difference], capsys)
        for difference in ("0.01", "0.1")
    )

    assert small["needed"] > 50 * large["needed"]
    assert small["questions"] == 2
    assert run_command(["eval", "power", folders[0], "--difference", "0.1"]) == 0
    assert "upper estimate" in capsys.readouterr().out


def test_report_replaces_only_reports(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thesis.html must not be lost to a typing error."""
    report, other = tmp_path / "report.html", tmp_path / "thesis.html"
    other.write_text("<!doctype html><p>Years of work", encoding="utf-8")

    for _ in range(2):
        assert run_command(["eval", "report", *folders, "-o", str(report)]) == 0
        assert capsys.readouterr().out == f"{report}\n"
    assert run_command(["eval", "report", *folders, "-o", str(other)]) == 2

    assert "--force" in capsys.readouterr().err
    assert "Years of work" in other.read_text(encoding="utf-8")
    assert run_command(["eval", "report", folders[0], "-o", str(other), "--force"]) == 0
    assert "Content-Security-Policy" in other.read_text(encoding="utf-8")
    assert not list(tmp_path.glob(".*"))


def test_requests_that_make_no_sense_are_usage_errors(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each says what was found and what to do, and leaves stdout empty."""
    write_run(tmp_path / "single", run_of("single", [0.5]))
    for arguments, said in (
        (["compare", folders[0]], "two runs or more"),
        (["compare", *folders, "--measure", "mrr"], "has no measure 'mrr'"),
        (["compare", *folders, "--top", "-1"], "--top is -1"),
        (["compare", folders[0], str(tmp_path)], "run.json"),
        (["power", *folders, folders[0], "--difference", "1"], "one run or two"),
        (["power", *folders, "--difference", "0"], "--difference is 0"),
        (["power", *folders, "--difference", "nan"], "--difference is nan"),
        (["power", *folders, "--difference", "1", "--power", "1"], "--power is 1"),
        (["power", str(tmp_path / "single"), "--difference", "1"], "tell nothing"),
        (["report", folders[0], "-o", str(tmp_path)], "is a folder"),
        (["report", folders[0], "-o", str(tmp_path / "no" / "r.html")], "is not a folder"),
    ):
        assert run_command(["eval", *arguments]) == 2, arguments
        printed = capsys.readouterr()
        assert said in printed.err
        assert printed.out == ""
