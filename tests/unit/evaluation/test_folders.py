"""A folder holds a whole run or none, and a run under way can be taken up again."""

import json
from dataclasses import replace
from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import nDCG, read_trec_run
from tests.unit.evaluation.sets import PlannedAsker

from briefqa.datatypes import DocId, JsonValue
from briefqa.errors import RunFolderError
from briefqa.evaluation.datasets import Dataset, Query
from briefqa.evaluation.folders import PartialRun, read_run, record_to_line, write_run
from briefqa.evaluation.running import RunOptions, run_queries
from briefqa.evaluation.runs import PARTIAL, QUESTIONS, RANKING, RUN, Run
from briefqa.evaluation.summary import summarise

_TEXTS = {f"d {n}%": f"words\u2028 number {n} \ud800" for n in range(12)}


def _run(name: str = "mine") -> Run:
    queries = tuple(
        Query(f"q{n}", f"what is {n}?", {DocId(f"d {n}%"): n + 1}, is_answerable=n < 3)
        for n in range(4)
    )
    dataset = Dataset("small", Path("small"), queries, None, "0" * 64)
    options = RunOptions(top_k=20, answers=True)
    records = run_queries(dataset, PlannedAsker(_TEXTS), options=options)
    about: dict[str, JsonValue] = {"dataset": {"name": "small"}, "seconds": 0.5}
    return Run(name, about, tuple(records), summarise(records))


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Half characters, odd line breaks and all; other files of the folder stay."""
    run, folder = _run(), tmp_path / "runs" / "mine"
    folder.mkdir(parents=True)
    (folder / "notes.txt").touch()
    (folder / PARTIAL).touch()

    write_run(folder, _run("earlier"))
    write_run(folder, run)

    found = read_run(folder)
    assert replace(found, about=run.about) == run
    assert run.about.items() <= found.about.items()
    assert not (folder / PARTIAL).exists()
    assert (folder / "notes.txt").exists()


def test_other_programs_read_the_same_ranking(tmp_path: Path) -> None:
    """They sort by score, and would put equal ones into an order of their own."""
    run = _run()
    write_run(tmp_path, run)

    # No function of that library says what it returns.
    trec = list(read_trec_run(str(tmp_path / RANKING)))  # type: ignore[no-untyped-call]

    qrels = [ir_measures.Qrel(f"q{n}", f"d%20{n}%25", n + 1) for n in range(4)]
    found = {m.query_id: m.value for m in ir_measures.iter_calc([nDCG @ 10], qrels, trec)}
    assert found == pytest.approx({q.query_id: q.measures["ndcg@10"] for q in run.questions})


@pytest.mark.parametrize("name", [RUN, QUESTIONS, RANKING, "metrics.json"])
@pytest.mark.parametrize("damage", ["missing", "changed", "cut off"])
def test_what_is_not_the_run_that_was_written_is_named(
    tmp_path: Path, name: str, damage: str
) -> None:
    """Half of one run beside half of another would be compared as if it were one."""
    write_run(tmp_path, _run())
    path = tmp_path / name
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "cut off":
        path.write_bytes(data[: len(data) // 2])
    else:
        path.write_bytes(data.replace(b"1", b"x"))

    with pytest.raises(RunFolderError) as caught:
        read_run(tmp_path)

    assert caught.value.path == path or name == RUN
    assert str(tmp_path) in str(caught.value)


def test_run_of_another_format_is_told_as_that(tmp_path: Path) -> None:
    """Not as a broken one."""
    write_run(tmp_path, _run())
    about = json.loads((tmp_path / RUN).read_bytes())
    (tmp_path / RUN).write_text(json.dumps({**about, "format": 99}))

    with pytest.raises(RunFolderError, match="format 99, but this version reads format 1"):
        read_run(tmp_path)


def test_a_folder_that_is_being_rewritten_holds_no_run(tmp_path: Path) -> None:
    """If the disk refuses in between, no mixture is left."""
    write_run(tmp_path, _run())
    (tmp_path / RANKING).unlink()
    (tmp_path / RANKING).mkdir()

    with pytest.raises(OSError, match=RANKING):
        write_run(tmp_path, _run("later"))

    with pytest.raises(RunFolderError, match=r"run\.json: is missing"):
        read_run(tmp_path)


@given(cut=st.integers(0, 4000))
def test_what_a_kill_cuts_off_costs_one_question_at_most(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    """Every record that was whole is taken up, and the next is written on a line of its own."""
    folder, records = tmp_path_factory.mktemp("run"), _run().questions
    with PartialRun(folder, {"set": "a"}) as partial:
        head = (folder / PARTIAL).stat().st_size
        for record in records:
            partial.keep(record)
    whole = (folder / PARTIAL).read_bytes()
    kept = whole[: max(0, len(whole) - cut)]
    (folder / PARTIAL).write_bytes(kept)

    with PartialRun(folder, {"set": "a"}) as again:
        expected = records[: max(0, kept.count(b"\n") - 1)]
        assert list(again.known.values()) == list(expected)
        for record in records[len(expected) :]:
            again.keep(record)

    assert (folder / PARTIAL).read_bytes() == whole
    assert head < len(whole)


def test_an_attempt_at_another_run_is_not_taken_up(tmp_path: Path) -> None:
    """Answers of an older index must not count for the new one."""
    with PartialRun(tmp_path, {"generation": "old"}) as partial:
        partial.keep(_run().questions[0])

    with PartialRun(tmp_path, {"generation": "new"}) as again:
        assert again.known == {}

    with PartialRun(tmp_path, {"generation": "old"}) as last:
        assert last.known == {}


def test_a_record_is_one_line() -> None:
    """So that a line is a record, whatever its question holds."""
    line = record_to_line(replace(_run().questions[0], text="a\nb\u2028c\u0085d"))

    assert line.splitlines(keepends=True) == [line]
    assert json.loads(line)["text"] == "a\nb\u2028c\u0085d"
