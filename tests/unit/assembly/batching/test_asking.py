"""A batch gives what asking one by one gives, in order, however many are asked at a time."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from briefqa import Service, build_index, open_index
from briefqa.answering import CALIBRATION
from briefqa.assembly.batching.asking import (
    ANSWERING,
    SEARCHING,
    Asker,
    BatchLine,
    BatchOptions,
    BatchTask,
    Outcome,
    ask_in_order,
    check_options,
)
from briefqa.assembly.batching.questions import BatchQuestion
from briefqa.datatypes import Answer
from briefqa.errors import ConditionError, DateError, LimitError, UsageError
from briefqa.wire import WireObject, answer_to_wire, search_to_wire

_BRIEF = "---\npublished: {0}\ntags: [{1}]\n---\n\nThe {1} of the port counts nine ships a day.\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three briefs."""
    folder = tmp_path_factory.mktemp("batch")
    (folder / "briefs").mkdir()
    for number, word in enumerate(("harbour", "lighthouse", "office")):
        text = _BRIEF.format(2023 + number, word)
        (folder / "briefs" / f"{word}.md").write_text(text, encoding="utf-8")
    build_index(folder / "briefs", folder / "index", embedder="hash")
    return folder / "index"


@pytest.fixture
def service(index: Path) -> Iterator[Service]:
    """The index, opened."""
    with open_index(index) as service:
        yield service


_QUESTIONS = (
    BatchQuestion(1, "a", "How many ships does the harbour count?"),
    BatchQuestion(2, "b", " the office counts ships \n", top_k=1),
    BatchQuestion(3, "c", "How are penguins cooked?", filters=("tag=lighthouse",)),
    BatchQuestion(4, "d", "ships", as_of="2023"),
    BatchQuestion(5, "e", ""),
    BatchQuestion(6, "f", "ships", filters=("nonsense=1",)),
    BatchQuestion(7, "g", "ships", top_k=101),
    BatchQuestion(8, "h", "", problem="line 8 is not JSON"),
    BatchQuestion(9, "i", "ships", since="soon"),
)
_OPTIONS = BatchOptions(top_k=2, where=("tag!=nothing",), since="2000")


def _encode(value: WireObject) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _run(
    asker: Asker,
    questions: Sequence[BatchQuestion] = _QUESTIONS,
    earlier: Sequence[bytes] = (),
    jobs: int = 1,
) -> list[BatchLine]:
    return list(ask_in_order(questions, asker, encode=_encode, earlier=iter(earlier), jobs=jobs))


def _timeless(lines: Sequence[BatchLine]) -> list[WireObject]:
    return [{**json.loads(line.data), "took_ms": None} for line in lines]


@pytest.mark.parametrize("task", [ANSWERING, SEARCHING], ids=["ask", "search"])
@pytest.mark.parametrize("jobs", [1, 8])
def test_lines_are_what_asking_one_by_one_gives(
    service: Service, task: BatchTask, jobs: int
) -> None:
    """An evaluation must measure what a person at the terminal gets."""
    lines = _timeless(_run(Asker(service, task, _OPTIONS), jobs=jobs))

    for question, line in zip(_QUESTIONS, lines, strict=True):
        assert (line.pop("id"), line.pop("position")) == (question.question_id, question.position)
        top_k = question.top_k or 2
        where = ("tag!=nothing", *map(str, question.filters))
        since, as_of = question.since or "2000", question.as_of
        if question.position >= 5:
            error = line["error"]
            assert isinstance(error, dict)
            assert error["kind"] in {"QuestionError", "ConditionError", "LimitError", "DateError"}
            assert line["question"] == question.text
            continue
        assert (line.pop("top_k"), line.pop("reranker"), line.pop("writer")) == (top_k, None, None)
        if task is ANSWERING:
            line.pop("declines")
            asked = answer_to_wire(
                service.ask(question.text, top_k=top_k, where=where, since=since, as_of=as_of)
            )
        else:
            asked = search_to_wire(
                service.search(question.text, top_k=top_k, where=where, since=since, as_of=as_of)
            )
        assert line == {**json.loads(json.dumps(asked)), "took_ms": None}


def test_errors_say_which_filter_of_the_line_is_wrong(service: Service) -> None:
    """The kind is what a program looks at, the message what a person reads."""
    lines = _timeless(_run(Asker(service, ANSWERING, _OPTIONS)))

    errors = [line["error"] for line in lines if "error" in line]
    assert [(e["kind"], str(e["message"])[:24]) for e in errors if isinstance(e, dict)] == [
        ("QuestionError", "the question is empty; a"),
        ("ConditionError", "condition 'nonsense=1': "),
        ("LimitError", "top_k is 101, but must l"),
        ("QuestionError", "line 8 is not JSON"),
        ("DateError", "since is 'soon', which i"),
    ]


def test_lines_that_hold_are_kept_and_failed_ones_asked_again(service: Service) -> None:
    """The second run of a batch costs only what the first did not do."""
    asker = Asker(service, ANSWERING, _OPTIONS)
    first = _run(asker)

    again = _run(asker, earlier=[line.data for line in first[:7]])

    assert [line.is_kept for line in again] == [True] * 4 + [False] * 5
    assert [line.data for line in again[:4]] == [line.data for line in first[:4]]
    assert [line.earlier for line in again] == [line.data for line in first[:7]] + [None] * 2
    assert [line.outcome for line in again] == [line.outcome for line in first]
    assert {line.outcome for line in first} == set(Outcome)


@pytest.mark.parametrize(
    ("options", "task", "question"),
    [
        (BatchOptions(3, ("tag!=nothing",), "2000"), ANSWERING, _QUESTIONS[0]),
        (BatchOptions(2, ("tag!=other",), "2000"), ANSWERING, _QUESTIONS[0]),
        (BatchOptions(2, ("tag!=nothing",)), ANSWERING, _QUESTIONS[0]),
        (BatchOptions(2, ("tag!=nothing",), "2000", "2030"), ANSWERING, _QUESTIONS[0]),
        (replace(_OPTIONS, risk=0.2), ANSWERING, _QUESTIONS[0]),
        (_OPTIONS, SEARCHING, _QUESTIONS[0]),
        (_OPTIONS, ANSWERING, BatchQuestion(2, "a", _QUESTIONS[0].text)),
        (_OPTIONS, ANSWERING, BatchQuestion(1, "b", _QUESTIONS[0].text)),
        (_OPTIONS, ANSWERING, BatchQuestion(1, "a", "How many ships?")),
        (_OPTIONS, ANSWERING, BatchQuestion(1, "a", _QUESTIONS[0].text, top_k=1)),
        (_OPTIONS, ANSWERING, BatchQuestion(1, "a", _QUESTIONS[0].text, filters=("tag=x",))),
        (_OPTIONS, ANSWERING, BatchQuestion(1, "a", _QUESTIONS[0].text, problem="odd")),
    ],
    ids=[
        *("top_k", "condition", "since", "as_of", "risk", "task", "position", "id", "question"),
        *("own top_k", "own filter", "problem"),
    ],
)
def test_a_line_that_was_asked_otherwise_is_not_kept(
    service: Service, options: BatchOptions, task: BatchTask, question: BatchQuestion
) -> None:
    """A file must not mix answers to what was asked today with those to something else."""
    (line,) = _run(Asker(service, ANSWERING, _OPTIONS), _QUESTIONS[:1])

    assert Asker(service, ANSWERING, _OPTIONS).has_answered(line.data, _QUESTIONS[0]) is not None
    assert Asker(service, task, options).has_answered(line.data, question) is None


def test_a_line_of_another_index_is_not_kept(service: Service) -> None:
    """Its citations may lead to what is no longer there."""
    asker = Asker(service, ANSWERING, _OPTIONS)
    (line,) = _run(asker, _QUESTIONS[:1])
    generation = service.info.generation.encode()

    assert asker.has_answered(line.data.replace(generation, b"0" * 20), _QUESTIONS[0]) is None
    reranked = line.data.replace(b'"reranker": null', b'"reranker": {"model": "x", "top": 9}')
    assert asker.has_answered(reranked, _QUESTIONS[0]) is None
    fitted = line.data.replace(CALIBRATION.fingerprint.encode(), b"0" * 12)
    assert asker.has_answered(fitted, _QUESTIONS[0]) is None
    assert asker.has_answered(line.data[:40], _QUESTIONS[0]) is None
    assert asker.has_answered(b"[]", _QUESTIONS[0]) is None


@pytest.mark.parametrize("jobs", [1, 4])
def test_questions_are_read_only_as_far_as_they_are_asked(service: Service, jobs: int) -> None:
    """A file of ten million questions takes no more memory than one of ten."""
    read = 0

    def questions() -> Iterator[BatchQuestion]:
        nonlocal read
        while True:
            read += 1
            yield BatchQuestion(read, str(read), "ships")

    asker = Asker(service, SEARCHING, _OPTIONS)
    lines = ask_in_order(questions(), asker, encode=_encode, earlier=iter(()), jobs=jobs)
    ahead = [read - next(lines).position for _ in range(40)]
    lines.close()

    assert max(ahead) <= 5 * jobs


class _Broken(Service):
    """A service with a mistake of ours in it."""

    def ask(self, question: str, **options: object) -> Answer:  # noqa: ARG002 - as inherited
        """Fail."""
        raise KeyError(question)


def test_a_bug_costs_one_question_and_not_the_rest(index: Path) -> None:
    """A night's work must not be lost to one odd question; the line says that it is a bug."""
    with _Broken(index) as service:
        (line,) = _run(Asker(service, ANSWERING, _OPTIONS), _QUESTIONS[:1])

    error = json.loads(line.data)["error"]
    assert line.outcome is Outcome.FAILED
    assert error["kind"] == "KeyError"
    assert "this is a bug" in error["message"]


@pytest.mark.parametrize(
    ("options", "jobs", "kind"),
    [
        (BatchOptions(0), 1, LimitError),
        (BatchOptions(5), 0, LimitError),
        (BatchOptions(5), 65, LimitError),
        (BatchOptions(5, ("x=1",)), 1, ConditionError),
        (BatchOptions(5, as_of="x"), 1, DateError),
    ],
)
def test_what_would_fail_every_question_is_refused_first(
    options: BatchOptions, jobs: int, kind: type[UsageError]
) -> None:
    """A slip in an option is told once, not ten thousand times in a file."""
    with pytest.raises(kind):
        check_options(options, jobs=jobs)

    check_options(_OPTIONS, jobs=64)
