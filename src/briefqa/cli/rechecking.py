"""Checks the answers of an earlier batch: what ``verify --batch`` does."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from briefqa.answering import SourceLocator
from briefqa.assembly.batching.rechecking import (
    Recheck,
    counts_of,
    read_old_answers,
    recheck,
    recheck_to_wire,
)
from briefqa.cli.harmless import one_line
from briefqa.cli.output import json_text, say
from briefqa.cli.progress import progress_on_stderr
from briefqa.cli.verifying import print_check, print_uncited
from briefqa.errors import UsageError
from briefqa.protocols import Progress

if TYPE_CHECKING:
    from briefqa.indexing import Generation

_STDIN = Path("-")
_SOME_TO_REVISIT = 1
_STAGE = "checking"


def recheck_file(
    file: Path,
    generation: "Generation",
    locate: SourceLocator | None,
    *,
    as_json: bool,
    no_color: bool,
) -> int:
    """Print the answers of ``file`` whose quotes moved or are gone, and return the exit code.

    Raises:
        UsageError: If it cannot be read, or a line of it is no answer of a batch.
    """
    put = _put_json if as_json else _putter(no_color=no_color)
    total = _count(file)
    counts: Counter[str] = Counter()
    with _opened(file) as (stream, name), progress_on_stderr(no_color=no_color) as tell:
        tell(Progress(_STAGE, 0, total))
        answers = read_old_answers(stream, name=name)
        for done, found in enumerate(recheck(answers, generation, locate=locate), 1):
            counts.update(counts_of(found.checks))
            counts.update(answers=1, failed=found.answer.is_failed, revisit=found.is_to_revisit)
            if found.is_to_revisit:
                put(found)
            tell(Progress(_STAGE, done, total))
    _say(counts)
    return _SOME_TO_REVISIT if counts["revisit"] else 0


def _count(file: Path) -> int:
    """Return how many answers there are, or 0 where reading them would use them up."""
    if file == _STDIN or not file.is_file():
        return 0
    with _opened(file) as (stream, _):
        return sum(1 for line in stream if line.strip())


@contextmanager
def _opened(file: Path) -> Iterator[tuple[IO[bytes], str]]:
    if file == _STDIN:
        # Not closed: it is not ours.
        yield sys.stdin.buffer, "stdin"
        return
    name = repr(str(file))
    try:
        stream = file.open("rb")
    except OSError as error:
        msg = f"{name} cannot be read: {error.strerror}"
        raise UsageError(msg) from error
    with stream:
        yield stream, name


def _put_json(found: Recheck) -> None:
    text = json_text(recheck_to_wire(found), encoding=sys.stdout.encoding)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _putter(*, no_color: bool) -> Callable[[Recheck], None]:
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)

    def put(found: Recheck) -> None:
        answer = found.answer
        named = f"line {answer.line} ({one_line(str(answer.answer_id))})"
        page.line(f"{named}: {one_line(answer.question)}", style="bold")
        for check in found.checks:
            if not check.holds:
                print_check(page, check, indent=2)
        print_uncited(page, answer.uncited, indent=2)

    return put


def _say(counts: Counter[str]) -> None:
    answers, revisit = counts["answers"] - counts["failed"], counts["revisit"]
    citations = sum(counts[name] for name in ("holds", "changed source", "moved", "gone"))
    say(
        f"checked {answers:,} answer{'' if answers == 1 else 's'}, {revisit:,} to revisit: of "
        f"{citations:,} citation{'' if citations == 1 else 's'} "
        f"{counts['holds'] + counts['changed source']:,} hold, {counts['moved']:,} moved, "
        f"{counts['gone']:,} gone; {counts['failed']:,} without an answer passed over"
    )
    if counts["changed source"]:
        say(
            f"note: of those that hold, {counts['changed source']:,} rest on a source file that is "
            "not the one quoted, or has changed since it was indexed; `briefqa index` reads it anew"
        )
