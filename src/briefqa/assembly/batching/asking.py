"""Asks question after question, several at a time, and gives the replies in order."""

import json
import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from briefqa.answering import check_risk, threshold_for
from briefqa.assembly.batching.questions import BatchQuestion
from briefqa.assembly.service import Service
from briefqa.datatypes import Condition, Policy
from briefqa.errors import BriefqaError, LimitError, QuestionError
from briefqa.retrieval import (
    DEFAULT_RERANK_TOP,
    check_limit,
    check_question,
    date_conditions,
    parse_conditions,
    render_condition,
)
from briefqa.wire import WireObject, answer_to_wire, conditions_from_wire, search_to_wire

MOST_JOBS = 64
"""Most questions that may be asked at a time."""

# Enough that a slow question in front does not leave the others idle.
_WAITING_A_JOB = 4

_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a question: of a search, "answered" means that something was found."""

    ANSWERED = "answered"
    DECLINED = "declined"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How to ask where a question's own line says nothing else.

    Conditions of a line come on top of ``where``; its number of passages and its
    dates take the place of those here.
    """

    top_k: int
    where: tuple[str | Condition, ...] = ()
    since: str | None = None
    as_of: str | None = None
    risk: float | None = None
    policy: Policy = Policy.STRICT


@dataclass(frozen=True, slots=True)
class BatchTask:
    """What is done with each question, and whether what comes of it is an answer."""

    reply: Callable[[Service, str, BatchOptions], WireObject]
    is_answering: bool


def _answer(service: Service, text: str, how: BatchOptions) -> WireObject:
    return answer_to_wire(
        service.ask(
            text,
            top_k=how.top_k,
            where=how.where,
            since=how.since,
            as_of=how.as_of,
            risk=how.risk,
            policy=how.policy,
        )
    )


def _search(service: Service, text: str, how: BatchOptions) -> WireObject:
    return search_to_wire(
        service.search(text, top_k=how.top_k, where=how.where, since=how.since, as_of=how.as_of)
    )


ANSWERING = BatchTask(_answer, is_answering=True)
SEARCHING = BatchTask(_search, is_answering=False)


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A line of the output, in its bytes, and the one that an earlier run had in its place.

    ``is_kept`` says that it is that one, and that nothing was asked for it.
    """

    position: int
    data: bytes
    outcome: Outcome
    earlier: bytes | None = None
    is_kept: bool = False


def check_options(options: BatchOptions, *, jobs: int) -> None:
    """Refuse what would make every question fail.

    Raises:
        LimitError: If ``jobs``, ``top_k``, ``risk`` or the number of conditions is out of its
            bounds.
        ConditionError: If a condition cannot be understood.
        DateError: If a date is none.
    """
    if not 1 <= jobs <= MOST_JOBS:
        raise LimitError("jobs", found=jobs, least=1, most=MOST_JOBS)  # noqa: EM101 - a name
    check_limit(options.top_k)
    check_risk(options.risk)
    parse_conditions(options.where)
    date_conditions(since=options.since, as_of=options.as_of)


class Asker:
    """Asks the questions of a batch; safe to use from several threads."""

    def __init__(
        self,
        service: Service,
        task: BatchTask,
        options: BatchOptions,
        *,
        rerank_top: int = DEFAULT_RERANK_TOP,
    ) -> None:
        """Prepare to ask.

        Args:
            service: The index, opened.
            task: What to do with each question.
            options: How to ask it.
            rerank_top: How many passages the service's reranker orders, if it has one.
        """
        self._service = service
        reranker = service.reranker_id
        self._reranker: WireObject | None = (
            None if reranker is None else {"model": reranker, "top": rerank_top}
        )
        self._task = task
        self._options = options
        calibration = service.calibration
        below = threshold_for(options.risk, calibration)
        self._declines: WireObject = (
            {"declines": {"below": below, "calibration": calibration.fingerprint}}
            if task.is_answering
            else {}
        )
        writer = service.writer if task.is_answering else None
        self._writer: WireObject | None = (
            None if writer is None else {"name": writer, "policy": options.policy.value}
        )
        self._generation = service.info.generation

    def ask(self, question: BatchQuestion) -> WireObject:
        """Return the line for a question, which has an ``error`` if it could not be asked."""
        place: WireObject = {"id": question.question_id, "position": question.position}
        try:
            if question.problem is not None:
                raise QuestionError(question.problem)  # noqa: TRY301 - one way to say what failed
            how = self._options_of(question)
            reply = self._task.reply(self._service, question.text, how)
        except BriefqaError as error:
            return place | _failure(question, type(error).__name__, str(error))
        except Exception as error:  # noqa: BLE001 - it must not cost later questions their answers
            _log.exception("question %d of a batch", question.position)
            said = f"unexpected {type(error).__name__}: {error}; this is a bug, please report it"
            return place | _failure(question, type(error).__name__, said)
        about: WireObject = {
            "top_k": how.top_k,
            "reranker": self._reranker,
            "writer": self._writer,
            **self._declines,
        }
        return {**place, **about, **reply}

    def has_answered(self, line: bytes, question: BatchQuestion) -> Outcome | None:
        """Return the outcome that ``line`` states, if it is what asking would give again.

        It is if it has the position, the id, the question, the number of passages, the
        reranker, the language model and the filters, was declined or not by the same
        numbers, comes from the generation of the index that serves now, and did not fail.
        """
        record = _loaded(line)
        if record is None or "error" in record or question.problem is not None:
            return None
        try:
            how = self._options_of(question)
            dates = date_conditions(since=how.since, as_of=how.as_of)
            conditions = (*parse_conditions(how.where), *dates)
            expected = {
                **self._declines,
                "id": question.question_id,
                "position": question.position,
                "top_k": how.top_k,
                "reranker": self._reranker,
                "writer": self._writer,
                "question": check_question(question.text),
                "filters": [render_condition(each) for each in conditions],
            }
        except BriefqaError:
            return None
        index = record.get("index")
        is_same = (
            all(name in record and record[name] == value for name, value in expected.items())
            and ("answered" in record) == self._task.is_answering
            and isinstance(index, dict)
            and index.get("generation") == self._generation
        )
        return outcome_of(record) if is_same else None

    def _options_of(self, question: BatchQuestion) -> BatchOptions:
        common = self._options
        # Read on their own: an error counts from the first filter of the line, as over HTTP.
        own = parse_conditions(conditions_from_wire(question.filters))
        return BatchOptions(
            top_k=common.top_k if question.top_k is None else question.top_k,
            where=(*common.where, *own),
            since=common.since if question.since is None else question.since,
            as_of=common.as_of if question.as_of is None else question.as_of,
            risk=common.risk,
            policy=common.policy,
        )


def outcome_of(record: WireObject) -> Outcome:
    """Return what a line says became of its question."""
    if "error" in record:
        return Outcome.FAILED
    is_answered = record["answered"] if "answered" in record else record.get("passages")
    return Outcome.ANSWERED if is_answered else Outcome.DECLINED


def ask_in_order(
    questions: Iterable[BatchQuestion],
    asker: Asker,
    *,
    encode: Callable[[WireObject], bytes],
    earlier: Iterator[bytes],
    jobs: int,
) -> Generator[BatchLine, None, None]:
    """Yield a line for each question, in order, as they are asked for.

    Only a few questions and lines are held at a time, however many there are.

    Args:
        questions: What to ask.
        asker: Whom to ask.
        encode: Makes a line of its value.
        earlier: The lines of an earlier run, in order; those that still hold are kept.
        jobs: How many questions to ask at a time, from 1 to `MOST_JOBS`.
    """
    waiting: deque[Future[BatchLine]] = deque()
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="batch")

    def line_for(question: BatchQuestion, before: bytes | None) -> BatchLine:
        value = asker.ask(question)
        return BatchLine(question.position, encode(value), outcome_of(value), before)

    try:
        for question in questions:
            before = next(earlier, None)
            outcome = None if before is None else asker.has_answered(before, question)
            if before is not None and outcome is not None:
                kept: Future[BatchLine] = Future()
                kept.set_result(BatchLine(question.position, before, outcome, before, is_kept=True))
                waiting.append(kept)
            else:
                waiting.append(pool.submit(line_for, question, before))
            if len(waiting) > jobs * _WAITING_A_JOB:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # Whoever interrupts a batch waits for the questions under way, not for those to come.
        pool.shutdown(wait=True, cancel_futures=True)


def _failure(question: BatchQuestion, kind: str, message: str) -> WireObject:
    return {"question": question.text, "error": {"kind": kind, "message": message}}


def _loaded(line: bytes) -> WireObject | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
