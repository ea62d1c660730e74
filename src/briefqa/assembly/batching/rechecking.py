"""Checks a file of old answers, one a line, against the documents as they are now."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from briefqa.answering import Receipt, ReceiptCheck, SourceLocator, Standing, check_receipts
from briefqa.answering.receipts import QuotedIndex
from briefqa.datatypes import JsonValue
from briefqa.errors import UsageError
from briefqa.wire import WireObject, checks_to_wire, receipts_from_wire, uncited_numbers

_AT_ONCE = 64
"""Answers checked together: those that miss a quote share one pass over all documents."""


@dataclass(frozen=True, slots=True)
class OldAnswer:
    """A line of an earlier batch, and what there is to check of it; ``line`` counts from 1.

    A question that failed has no receipts, and ``is_failed`` says so.
    """

    line: int
    answer_id: JsonValue
    question: str
    receipts: tuple[Receipt, ...]
    uncited: tuple[int, ...]
    is_failed: bool = False


@dataclass(frozen=True, slots=True)
class Recheck:
    """An old answer and a check for each of its receipts, in their order."""

    answer: OldAnswer
    checks: tuple[ReceiptCheck, ...]

    @property
    def is_to_revisit(self) -> bool:
        """Say whether a quote of it moved or is gone, or a number in it has no citation."""
        return bool(self.answer.uncited) or any(
            check.standing is not Standing.HOLDS for check in self.checks
        )


def read_old_answers(lines: Iterable[bytes], *, name: str) -> Iterator[OldAnswer]:
    """Yield the answers of a batch's output as they are asked for; empty lines are passed over.

    Args:
        lines: What `briefqa batch` wrote.
        name: What to call the file in an error.

    Raises:
        UsageError: If a line is no such answer.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _old_answer(line, number, f"line {number} of {name}")


def recheck(
    answers: Iterable[OldAnswer], index: QuotedIndex, *, locate: SourceLocator | None = None
) -> Iterator[Recheck]:
    """Yield each answer with its receipts checked, in order; only a few are held at a time.

    Arguments other than ``answers`` are as in `check_receipts`.
    """
    waiting = iter(answers)
    while some := list(islice(waiting, _AT_ONCE)):
        receipts = [receipt for answer in some for receipt in answer.receipts]
        checks = iter(check_receipts(receipts, index, locate=locate))
        for answer in some:
            yield Recheck(answer, tuple(islice(checks, len(answer.receipts))))


def recheck_to_wire(found: Recheck) -> WireObject:
    """Return what `briefqa verify --batch --json` prints of an answer to revisit."""
    answer = found.answer
    place: WireObject = {"line": answer.line, "id": answer.answer_id, "question": answer.question}
    return place | checks_to_wire(found.checks, answer.uncited)


def _old_answer(line: bytes, number: int, where: str) -> OldAnswer:
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        msg = f"{where} is not JSON: {error}; expected what `briefqa batch` wrote"
        raise UsageError(msg) from error
    if not isinstance(value, dict):
        msg = f"{where} is not an object; expected what `briefqa batch` wrote"
        raise UsageError(msg)
    question = _text(value, "question", where)
    if "error" in value:
        return OldAnswer(number, value.get("id"), question, (), (), is_failed=True)
    try:
        receipts = receipts_from_wire(value)
    except UsageError as error:
        msg = f"{where}: {error}"
        raise UsageError(msg) from error
    uncited = uncited_numbers(_text(value, "answer", where), receipts)
    return OldAnswer(number, value.get("id"), question, tuple(receipts), tuple(uncited))


def _text(value: dict[str, object], name: str, where: str) -> str:
    found = value.get(name, "")
    if not isinstance(found, str):
        msg = f"{where}: {name} is not a string; expected what `briefqa batch` wrote"
        raise UsageError(msg)
    return found


def counts_of(checks: Sequence[ReceiptCheck]) -> dict[str, int]:
    """Return how many hold, hold beside a changed source, moved and are gone."""
    counts = dict.fromkeys(("holds", "changed source", "moved", "gone"), 0)
    for check in checks:
        is_beside = check.standing is Standing.HOLDS and not check.holds
        counts["changed source" if is_beside else check.standing.value] += 1
    return counts
