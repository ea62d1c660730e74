"""What programs are compared by is measured rightly."""

import gzip
import json
import os
import sys
from pathlib import Path

import ir_measures
import pytest
from compared.corpus import change_some, judged_questions, ndcg_at_10, write_files
from compared.peers_table import ROWS, show
from compared.processes import run
from hypothesis import given
from hypothesis import strategies as st

_HOLDS_MEMORY = """
import subprocess, sys, time
held = bytearray(int(sys.argv[1]) * 1_000_000)
if len(sys.argv) > 2:
    subprocess.run([sys.executable, "-c", sys.argv[2], *sys.argv[3:]], check=True)
time.sleep(1.5)
print("done")
"""


@given(
    st.lists(st.integers(0, 30), max_size=20, unique=True),
    st.dictionaries(st.integers(0, 30).map(lambda n: f"{n}.txt"), st.integers(1, 3), min_size=1),
)
def test_ndcg_agrees_with_the_field(ranked: list[int], grades: dict[str, int]) -> None:
    """Speed must not be bought with quality, so quality has to be what others call by that name."""
    passages = [f"{name}.txt#{number}" for name in ranked for number in range(2)]
    scored = {f"{name}.txt": float(-rank) for rank, name in enumerate(ranked)}

    found = ndcg_at_10(passages, grades)

    asked = ir_measures.calc_aggregate(
        [ir_measures.nDCG @ 10], {"q": grades}, {"q": scored or {"none": 0.0}}
    )
    assert found == pytest.approx(asked[ir_measures.nDCG @ 10])


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two hundred documents; two of the three questions are judged."""
    records = [{"_id": f"a/{n}", "title": f"T{n}", "text": f"Text {n}."} for n in range(200)]
    with gzip.open(tmp_path / "corpus.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.write("\n".join(json.dumps(record) for record in records))
    queries = [{"_id": str(n), "text": f"Question {n}?"} for n in range(3)]
    lines = "\n".join(json.dumps(query) for query in queries)
    (tmp_path / "queries.jsonl").write_text(lines, encoding="utf-8")
    rows = "query-id\tcorpus-id\tscore\n0\ta/150\t1\n1\ta/3\t2\n2\ta/5\t0\n"
    (tmp_path / "qrels.tsv").write_text(rows, encoding="utf-8")
    return tmp_path


def test_the_files_hold_what_the_questions_need(dataset: Path) -> None:
    """A sample without the answers would measure nothing."""
    questions = judged_questions(dataset)

    write_files(dataset, questions, dataset / "files", 100)

    names = {path.name for path in (dataset / "files").iterdir()}
    assert [question.text for question in questions] == ["Question 0?", "Question 1?"]
    assert len(names) == 100
    assert {name for question in questions for name in question.grades} <= names
    assert (dataset / "files" / "a%2F3.txt").read_text(encoding="utf-8") == "T3\n\nText 3.\n"
    with pytest.raises(ValueError, match="2 documents, more than 1"):
        write_files(dataset, questions, dataset / "few", 1)


def test_one_file_in_a_hundred_is_changed(dataset: Path) -> None:
    """The share that is told is the share that was changed."""
    write_files(dataset, [], dataset / "files", 200)
    before = {path.name: path.read_text() for path in (dataset / "files").iterdir()}

    names = change_some(dataset / "files", "One more line.")

    after = {path.name: path.read_text() for path in (dataset / "files").iterdir()}
    assert len(names) == 2
    assert sorted(name for name in after if after[name] != before[name]) == names


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's smaps")
def test_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    """A program that does its work in a child holds that memory all the same."""
    alone = [sys.executable, "-c", _HOLDS_MEMORY, "100"]
    with_child = [*alone, _HOLDS_MEMORY, "150"]

    one, two = (run(each, os.environ, log=tmp_path / "log") for each in (alone, with_child))

    assert one.output == "done\n"
    assert 100 < one.megabytes < 200
    assert 250 < two.megabytes < 400
    assert two.seconds > one.seconds > 1.5


def test_a_program_that_fails_is_no_figure(tmp_path: Path) -> None:
    """A crash is fast."""
    with pytest.raises(RuntimeError, match="gave 1: out of luck; see"):
        run([sys.executable, "-c", "exit('out of luck')"], os.environ, log=tmp_path / "log")


def test_a_ratio_is_of_one_pair(capsys: pytest.CaptureFixture[str]) -> None:
    """The machine was twice as slow in the second pair: the ratio is the same, and so it says."""
    pairs = [
        {
            "round": n,
            "peer": "txtai",
            "briefqa": {"seconds": n + 1.0},
            "txtai": {"seconds": 3 * n + 3},
        }
        for n in range(2)
    ]
    settings = {"files": 1, "questions": 1, "dataset": "d", "versions": {"txtai": "9"}}

    show({"settings": settings, "results": {"cold": pairs}}, None)

    shown = capsys.readouterr().out.splitlines()
    lines = [line.split() for line in shown if line.startswith("a question, cold")]
    assert lines[0][-2:] == ["1.50", "4.50"]
    assert lines[1][-3:] == ["3.00", "txtai", "10.00"]
    assert len({row.title for row in ROWS}) == len(ROWS)
