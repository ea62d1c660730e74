"""Every form of question set is read, and a bad line is named."""

import gzip
from pathlib import Path

import pytest
from tests.unit.evaluation.sets import write_lines

from briefqa.datatypes import DocId, Span
from briefqa.errors import DatasetError
from briefqa.evaluation.datasets import Query, Reference
from briefqa.evaluation.loading import load_dataset

_BAD = {
    "queries.jsonl": [
        ("{", "is not JSON"),
        ("[1]", "expected a JSON object"),
        ('{"text": "Why?"}', '"_id"'),
        ('{"_id": "q"}', '"text"'),
        ('{"_id": "q", "text": " "}', '"text"'),
        ('{"_id": "q", "text": "Why?", "answerable": "yes"}', "true or false"),
        ('{"_id": "q1", "text": "Again?"}', "repeats the id 'q1'"),
    ],
    "qrels.tsv": [
        ("q1\ta", "divided by tabs"),
        ("q1\ta\thigh", "whole number"),
        ("q1\ta\t2", "a second time"),
    ],
    "references.jsonl": [
        ('{"query_id": "q1", "corpus_id": "a", "text": "of"}', '"start"'),
        ('{"query_id": "q1", "corpus_id": "a", "text": "of", "start": 4, "end": 3}', "start < end"),
        ('{"query_id": "q1", "corpus_id": "a", "text": "of", "start": 4, "end": 9}', "found 2"),
        ('{"query_id": "q1", "text": "of", "start": 4, "end": 6}', '"corpus_id"'),
    ],
}


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    """A folder of two queries, one of them judged, with a reference."""
    folder = tmp_path / "small"
    write_lines(
        folder / "queries.jsonl",
        [
            {"_id": "q1", "text": "Of what?", "answerable": True, "evidence": []},
            {"_id": 2, "text": "And\u2028why?"},
        ],
    )
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t1\nq1\tb\t0\n2\tb\t-1\n")
    write_lines(
        folder / "references.jsonl",
        [{"query_id": "q1", "corpus_id": "a", "start": 4, "end": 6, "text": "of"}],
    )
    with gzip.open(folder / "corpus.jsonl.gz", "wt") as stream:
        stream.write('{"_id": "a", "text": "Out of it."}\n')
    return folder


def test_beir_folder_is_read_with_its_judgements(beir: Path) -> None:
    """Grades of 0 and below are not relevant, and fields that are not ours mean nothing."""
    dataset = load_dataset(beir)

    assert dataset.name == "small"
    assert dataset.corpus == beir / "corpus.jsonl.gz"
    reference = Reference(DocId("a"), "of", Span(4, 6))
    assert dataset.queries == (
        Query("q1", "Of what?", {DocId("a"): 1}, (reference,), is_answerable=True),
        Query("2", "And\u2028why?"),
    )


def test_header_of_qrels_is_optional_and_splits_are_joined(beir: Path) -> None:
    """BEIR has both; one split by its path leaves out the queries of the others."""
    whole = load_dataset(beir).queries
    (beir / "qrels.tsv").unlink()
    (beir / "qrels").mkdir()
    (beir / "qrels" / "dev.tsv").write_text("q1\ta\t1\n")
    (beir / "qrels" / "test.tsv").write_text("2\tb\t3\n")

    joined, test = load_dataset(beir), load_dataset(beir / "qrels" / "test.tsv")

    assert joined.queries[0] == whole[0]
    assert joined.queries[1].relevant == {"b": 3}
    assert [query.query_id for query in test.queries] == ["2"]
    assert (test.name, test.corpus) == ("small-test", beir / "corpus.jsonl.gz")


@pytest.mark.parametrize(
    ("file", "line", "expected"), [(f, *each) for f, lines in _BAD.items() for each in lines]
)
def test_bad_line_is_named_with_what_was_expected(
    beir: Path, file: str, line: str, expected: str
) -> None:
    """Whoever wrote ten thousand lines needs the number of the one that is wrong."""
    before = (beir / file).read_text(encoding="utf-8").splitlines()
    with (beir / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n" if file.endswith("jsonl") else f"{line}\n")

    with pytest.raises(DatasetError) as caught:
        load_dataset(beir)

    assert caught.value.path == beir / file
    assert caught.value.line == len(before) + 1 + file.endswith("jsonl")
    assert expected in str(caught.value)


def test_judgement_of_an_unknown_query_is_refused(beir: Path) -> None:
    """A misspelt id would otherwise make a query that has no answer."""
    with (beir / "qrels.tsv").open("a") as stream:
        stream.write("q9\ta\t1\n")

    with pytest.raises(DatasetError, match="holds no query 'q9'"):
        load_dataset(beir)


def test_questions_with_evidence_say_what_can_be_answered(tmp_path: Path) -> None:
    """An empty list says that nothing answers; no list says nothing."""
    file = write_lines(
        tmp_path / "mine.jsonl",
        [
            {"id": "a", "question": "One?", "evidence": [{"doc": "x.md", "quote": "one"}]},
            {"_id": "b", "text": "Two?", "evidence": []},
            {"id": "c", "question": "Three?"},
            {"id": "d", "question": "Four?", "answerable": False},
        ],
    )

    dataset = load_dataset(file)

    assert (dataset.name, dataset.corpus) == ("mine", None)
    assert [q.is_answerable for q in dataset.queries] == [True, False, None, False]
    assert dataset.queries[0].references == (Reference(DocId("x.md"), "one"),)
    assert dataset.queries[0].relevant == {"x.md": 1}
    assert [dict(q.relevant) for q in dataset.queries[1:]] == [{}, {}, {}]


@pytest.mark.parametrize("evidence", ["x", ["x"], [{"doc": "a"}], [{"quote": "a"}]])
def test_evidence_that_is_none_is_refused(tmp_path: Path, evidence: object) -> None:
    """A question whose evidence was lost would count as one that nothing answers."""
    file = write_lines(
        tmp_path / "questions.jsonl", [{"id": "a", "question": "One?", "evidence": evidence}]
    )

    with pytest.raises(DatasetError, match=r"questions\.jsonl:1"):
        load_dataset(tmp_path)
    assert file.is_file()


def test_no_question_set_is_said_with_what_would_be_one(tmp_path: Path) -> None:
    """An empty folder, a missing one and an empty file."""
    (tmp_path / "empty.jsonl").touch()

    for path, expected in (
        (tmp_path, "expected a JSONL file"),
        (tmp_path / "missing", "expected a JSONL file"),
        (tmp_path / "empty.jsonl", "holds no question"),
        (tmp_path / "missing.tsv", "expected a file of qrels"),
    ):
        with pytest.raises(DatasetError, match=expected):
            load_dataset(path)


def test_hash_is_of_the_questions_and_judgements_but_not_of_the_documents(beir: Path) -> None:
    """Runs over one set can be told to be so, whatever index they asked."""
    before = load_dataset(beir).sha256
    (beir / "corpus.jsonl.gz").unlink()
    same = load_dataset(beir).sha256
    with (beir / "qrels.tsv").open("a") as stream:
        stream.write("q1\tc\t1\n")

    assert same == before
    assert load_dataset(beir).sha256 != before


@pytest.mark.parametrize(
    ("name", "queries", "judged", "references", "answerable"),
    [
        ("cranfield", 225, 225, 0, 0),
        ("scifact-train", 809, 809, 0, 0),
        ("chunking", 276, 276, 452, 0),
        ("squad2-dev", 2828, 1299, 2474, 1299),
        ("clapnq-dev", 300, 150, 0, 150),
        ("xquad-dev/en", 632, 632, 632, 632),
        ("xquad-dev/es", 632, 632, 632, 632),
        ("xquad-dev/vi", 632, 632, 632, 632),
        ("seeds_qa", 33, 25, 28, 25),
    ],
)
def test_real_sets_are_read_whole(  # noqa: PLR0913, PLR0917 - one figure a column
    shared: Path, name: str, queries: int, judged: int, references: int, answerable: int
) -> None:
    """The counts are those that their pages state."""
    dataset = load_dataset(shared / "data" / name)

    assert len(dataset.queries) == queries
    assert sum(bool(query.relevant) for query in dataset.queries) == judged
    assert sum(len(query.references) for query in dataset.queries) == references
    assert sum(query.is_answerable is True for query in dataset.queries) == answerable
