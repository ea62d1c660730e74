"""A run over a server finds what a run over its index does, and an interrupted one goes on."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient
from tests.unit.evaluation.sets import write_lines

from briefqa import open_index
from briefqa.api import create_app
from briefqa.assembly.askers import GenerationAsker, ServerAsker
from briefqa.assembly.evaluating import (
    Target,
    index_as_target,
    index_corpus,
    run_dataset,
    server_as_target,
)
from briefqa.backends.http_client import HttpClient
from briefqa.errors import BackendError, DatasetError, IndexMissingError, ReplyError
from briefqa.evaluation.datasets import Dataset
from briefqa.evaluation.folders import read_run
from briefqa.evaluation.loading import load_dataset
from briefqa.evaluation.running import Asked, Found, RunOptions, run_queries
from briefqa.evaluation.runs import PARTIAL, QuestionRecord
from briefqa.protocols import Progress

_OPTIONS = RunOptions(top_k=10, answers=True)
_PORT = "The harbour was dredged in 1998. Nine ships come in a day."


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Four records, one of them a near-copy, and three questions with references."""
    folder = tmp_path / "small"
    texts = {"port": _PORT, "quay": f"{_PORT} ", "ferry": "The ferry is blue.", "empty": " "}
    write_lines(
        folder / "corpus.jsonl",
        [{"_id": doc_id, "title": "A title", "text": text} for doc_id, text in texts.items()],
    )
    write_lines(
        folder / "queries.jsonl",
        [
            {"_id": "q1", "text": "When was the harbour dredged?", "answerable": True},
            {"_id": "q2", "text": "Is the ferry blue?", "answerable": True},
            {"_id": "q3", "text": "Who is the queen of Sheba?", "answerable": False},
        ],
    )
    (folder / "qrels.tsv").write_text("q1\tport\t2\nq1\tquay\t1\nq2\tferry\t1\n")
    span = {"query_id": "q1", "corpus_id": "port", "start": 0, "end": 32, "text": _PORT[:32]}
    write_lines(folder / "references.jsonl", [span])
    return load_dataset(folder)


@pytest.fixture
def index(dataset: Dataset, tmp_path: Path) -> Path:
    """The documents of the set, indexed."""
    report = index_corpus(dataset, tmp_path / "index", embedder="hash:64")
    assert [error.source for error in report.failed] == ["corpus.jsonl:4"]
    return tmp_path / "index"


@pytest.fixture
def server(index: Path) -> Iterator[ServerAsker]:
    """A server of that index, in this process."""
    with open_index(index) as service, TestClient(create_app(service)) as client:
        yield ServerAsker(HttpClient("http://testserver", transport=client._transport))


def _without_times(record: QuestionRecord) -> QuestionRecord:
    """Return what a server can know of ``record``: neither tokens nor our times."""
    passages = tuple(replace(passage, tokens=None) for passage in record.passages)
    measures = {name: v for name, v in record.measures.items() if "tokens" not in name}
    return replace(record, passages=passages, measures=measures, took_ms={})


def test_server_and_index_are_measured_alike(
    dataset: Dataset, index: Path, server: ServerAsker
) -> None:
    """What is measured of a service is what its users get."""
    remote = run_queries(dataset, server, options=_OPTIONS)
    with index_as_target(index) as target:
        local = run_queries(dataset, target.asker, options=_OPTIONS)

    assert [_without_times(r) for r in local] == [_without_times(r) for r in remote]
    assert all(passage.tokens for r in local for passage in r.passages)
    assert all(set(r.took_ms) >= {"embed", "retrieve", "total"} for r in [*local, *remote])


def test_only_the_documents_of_a_set_are_indexed(dataset: Dataset, index: Path) -> None:
    """Its questions lie in the same folder, and would be the best match of themselves."""
    with open_index(index) as service:
        assert [info.doc_id for info in service.documents()] == ["ferry", "port", "quay"]
    with pytest.raises(DatasetError, match="nothing to index"):
        index_corpus(replace(dataset, corpus=None), index)


def test_near_copies_and_references_are_found(dataset: Dataset, index: Path) -> None:
    """One passage stands for both, and the header of the record moves its span."""
    with index_as_target(index) as target:
        first, *_ = run_queries(dataset, target.asker, options=_OPTIONS)

    assert first.measures["recall@3"] == first.measures["span_recall@1"] == 1
    assert first.problems == ()
    start, end = first.references[0].start, first.references[0].end
    assert start is not None
    assert first.passages[0].text[start - first.passages[0].start :][:32] == _PORT[:32]
    assert (end or 0) - start == 32


class _Interrupted(GenerationAsker):
    """Loses its backend at the third question."""

    def search(self, question: str, /, *, top_k: int) -> Found:
        """Search, but for the third question."""
        if "Sheba" in question:
            msg = "gone"
            raise BackendError(msg)
        return super().search(question, top_k=top_k)

    def ask(self, question: str, /, *, top_k: int) -> Asked:
        """Answer as ever."""
        return super().ask(question, top_k=top_k)


def test_run_goes_on_where_it_was_interrupted(
    dataset: Dataset, index: Path, tmp_path: Path
) -> None:
    """And ends as the run that was never interrupted, but for the times."""
    told: list[Progress] = []

    def run(target: Target, name: str) -> None:
        run_dataset(
            dataset, target, tmp_path / name, name=name, options=_OPTIONS, on_progress=told.append
        )

    with index_as_target(index) as target:
        run(target, "whole")
        asker = target.asker
        assert isinstance(asker, GenerationAsker)
        broken = _Interrupted(asker._generation, asker._models.embedder)
        with pytest.raises(BackendError, match="gone"):
            run(replace(target, asker=broken), "broken")
        assert (tmp_path / "broken" / PARTIAL).exists()
        run(target, "broken")

    whole, resumed = read_run(tmp_path / "whole"), read_run(tmp_path / "broken")
    assert [replace(r, took_ms={}) for r in whole.questions] == [
        replace(r, took_ms={}) for r in resumed.questions
    ]
    assert whole.summary.measures == resumed.summary.measures
    assert whole.about["counts"] == {
        "questions": 3, "failed": 0, "answered": 2, "with_problems": 0, "resumed": 0,
    }  # fmt: skip
    assert resumed.about["counts"] == {**whole.about["counts"], "resumed": 2}
    assert told[-1] == Progress("asking", 3, 3)


def test_a_missing_index_or_server_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    """And leaves no folder behind."""
    with pytest.raises(IndexMissingError), index_as_target(tmp_path / "nothing"):
        pass
    with pytest.raises(BackendError), server_as_target("http://127.0.0.1:9"):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "reply",
    [{}, {"passages": [1], "took_ms": {}}, {"passages": [{}], "took_ms": {"total": 1}},
     {"passages": [], "took_ms": {"total": "fast"}}],
)  # fmt: skip
def test_reply_of_another_version_is_told_as_one(reply: object) -> None:
    """A field that is missing is no bug of the one who asks."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=json.dumps(reply)))
    asker = ServerAsker(HttpClient("http://server", transport=transport))

    with pytest.raises(ReplyError, match="not as this version expects it"):
        asker.search("?", top_k=3)
