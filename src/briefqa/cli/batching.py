"""Command ``batch``."""

import io
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.opening import open_configured
from briefqa.cli.options import (
    AsOfOption,
    EmbedderOption,
    IndexOption,
    JsonOption,
    ModelOption,
    NoColorOption,
    PolicyOption,
    RerankerOption,
    RiskOption,
    SinceOption,
    TopKOption,
    WhereOption,
)
from briefqa.cli.output import json_text, print_json, say
from briefqa.cli.progress import progress_on_stderr
from briefqa.datatypes import Policy
from briefqa.errors import QuestionError, UsageError
from briefqa.protocols import Progress, ProgressListener

if TYPE_CHECKING:
    # Readers of questions are slow to import, and no other command needs them.
    from briefqa.assembly.batching.asking import BatchLine, BatchOptions, BatchTask, Outcome
    from briefqa.assembly.batching.questions import BatchQuestion
    from briefqa.assembly.service import Service
    from briefqa.settings import Settings
    from briefqa.wire import WireObject

SOME_FAILED = 1
NOTHING_ANSWERED = 3

_PIPE = Path("-")
_JOBS = 2
_WORDS = {True: ("answered", "declined"), False: ("with passages", "without")}


@dataclass(frozen=True, slots=True)
class _Target:
    """Where lines go, and those that an earlier run has left there."""

    put: Callable[["BatchLine"], None]
    finish: Callable[[], None]
    earlier: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a batch works with."""

    service: "Service"
    rerank_top: int
    questions: Iterator["BatchQuestion"]
    target: _Target


@dataclass(slots=True)
class _Tally:
    """What became of the questions so far."""

    total: int
    outcomes: Counter["Outcome"] = field(default_factory=Counter)
    kept: int = 0

    @property
    def done(self) -> int:
        return self.outcomes.total()

    def by_name(self) -> dict[str, int]:
        """Return how many were answered, declined and failed."""
        counts = {outcome.value: count for outcome, count in self.outcomes.items()}
        return {name: counts.get(name, 0) for name in ("answered", "declined", "failed")}

    def add(self, line: "BatchLine", tell: ProgressListener) -> None:
        """Count a line, and show how far the batch has come."""
        if not line.is_kept and self.done == self.kept:
            # The rate is that of asking, so it counts from here.
            tell(Progress("asking", self.done, self.total))
        self.outcomes[line.outcome] += 1
        self.kept += line.is_kept
        if self.done > self.kept:
            tell(Progress("asking", self.done, self.total))


QuestionsArgument = Annotated[
    Path,
    typer.Argument(
        metavar="QUESTIONS",
        help="File of questions: JSON lines, TREC topics, lines of id and question, or one "
        "question a line; - reads stdin.",
    ),
]
OutputOption = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Where the answers go; by default to stdout."
    ),
]
SearchOption = Annotated[
    bool, typer.Option("--search", help="Only search: passages instead of answers.")
]
JobsOption = Annotated[
    int, typer.Option("--jobs", metavar="N", help="How many questions to ask at a time.")
]
RestartOption = Annotated[
    bool, typer.Option("--restart", help="Ask everything, whatever FILE has already.")
]


def batch(
    questions: QuestionsArgument,
    *,
    output: OutputOption = _PIPE,
    search: SearchOption = False,
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    reranker: RerankerOption = None,
    model: ModelOption = None,
    policy: PolicyOption = Policy.STRICT,
    top_k: TopKOption = None,
    risk: RiskOption = None,
    where: WhereOption = None,
    since: SinceOption = None,
    as_of: AsOfOption = None,
    jobs: JobsOption = _JOBS,
    restart: RestartOption = False,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Answer many questions, one line of JSON for each, in their order.

    Run again with the same FILE, it keeps what was answered and asks only the
    rest. Exits with 1 if a question failed, and with 3 if none was answered.
    """
    from briefqa.assembly.batching.asking import (  # noqa: PLC0415 - readers import slowly
        ANSWERING,
        SEARCHING,
        BatchOptions,
        check_options,
    )
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    _check_paths(questions, output, as_json=as_json)
    settings = load_settings(
        {
            "index": index,
            "embedder": embedder,
            "reranker": reranker,
            "top_k": top_k,
            "risk": risk,
            "model": model,
        }
    )
    options = BatchOptions(settings.top_k, tuple(where or ()), since, as_of, settings.risk, policy)
    check_options(options, jobs=jobs)
    task = SEARCHING if search else ANSWERING
    tally, started = _Tally(total=_count(questions)), time.monotonic()
    try:
        with _target_after_index(settings, questions, output, restart=restart) as opened:
            _ask_all(opened, task, options, tally, output, jobs=jobs, no_color=no_color)
    except KeyboardInterrupt:
        _say(tally, task, ended="stopped after")
        raise
    _say(tally, task, ended="asked")
    if as_json:
        seconds = round(time.monotonic() - started, 3)
        about: WireObject = {"kept": tally.kept, "output": str(output), "seconds": seconds}
        print_json({"questions": tally.done, **tally.by_name(), **about})
    return _exit_code(tally)


def _exit_code(tally: _Tally) -> int:
    counts = tally.by_name()
    if counts["failed"]:
        return SOME_FAILED
    return 0 if counts["answered"] else NOTHING_ANSWERED


@contextmanager
def _target_after_index(
    settings: "Settings", questions: Path, output: Path, *, restart: bool
) -> Iterator[_Opened]:
    """Open index, questions and output, in this order: where one is wrong, nothing is written."""
    with (
        open_configured(settings) as service,
        _questions(questions) as asked,
        _target(output, restart=restart) as target,
    ):
        yield _Opened(service, settings.rerank_top, asked, target)


def _ask_all(
    opened: _Opened,
    task: "BatchTask",
    options: "BatchOptions",
    tally: _Tally,
    output: Path,
    *,
    jobs: int,
    no_color: bool,
) -> None:
    from briefqa.assembly.batching.asking import Asker, ask_in_order  # noqa: PLC0415 - see `batch`

    asker = Asker(opened.service, task, options, rerank_top=opened.rerank_top)
    with (
        progress_on_stderr(no_color=no_color) as tell,
        closing(
            ask_in_order(
                opened.questions,
                asker,
                encode=_encoder(output),
                earlier=opened.target.earlier,
                jobs=jobs,
            )
        ) as lines,
    ):
        for line in lines:
            opened.target.put(line)
            tally.add(line, tell)
        opened.target.finish()


def _check_paths(questions: Path, output: Path, *, as_json: bool) -> None:
    if as_json and output == _PIPE:
        msg = "--json prints a summary on stdout, so the answers need a file: add -o FILE"
        raise UsageError(msg)
    if questions != _PIPE and questions.exists() and output.exists() and output.samefile(questions):
        msg = f"{str(output)!r} holds the questions; give another file for the answers"
        raise UsageError(msg)


def _count(questions: Path) -> int:
    """Return how many questions there are, or 0 where reading them would use them up."""
    from briefqa.assembly.batching.questions import read_questions  # noqa: PLC0415

    if questions == _PIPE or (questions.exists() and not questions.is_file()):
        return 0
    with _opened(questions) as (stream, name):
        return sum(1 for _ in read_questions(stream, name=name))


@contextmanager
def _opened(questions: Path) -> Iterator[tuple[io.BufferedReader, str]]:
    name = "stdin" if questions == _PIPE else repr(str(questions))
    if questions == _PIPE:
        # Not closed: it is not ours.
        yield io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False)), name
        return
    try:
        stream = questions.open("rb")
    except OSError as error:
        msg = f"{name} cannot be read: {error.strerror}"
        raise UsageError(msg) from error
    with stream:
        yield stream, name


@contextmanager
def _questions(path: Path) -> Iterator[Iterator["BatchQuestion"]]:
    """Give the questions of a file, which must have one."""
    from briefqa.assembly.batching.questions import read_questions  # noqa: PLC0415

    with _opened(path) as (stream, name):
        found = read_questions(stream, name=name)
        first = next(found, None)
        if first is None:
            msg = (
                f"{name} holds no question; give a file with one a line, or one of the other forms"
            )
            raise QuestionError(msg)
        yield chain([first], found)


@contextmanager
def _target(output: Path, *, restart: bool) -> Iterator[_Target]:
    if output == _PIPE:
        yield _Target(_print, sys.stdout.flush, earlier=iter(()))
        return
    if output.exists() and not (output.is_file() or output.is_dir()):
        # A device or a named pipe: there is nothing to take up again.
        with output.open("wb", buffering=0) as stream:
            yield _Target(partial(_write, stream), stream.flush, earlier=iter(()))
        return
    from briefqa.assembly.batching.answers import AnswerFile  # noqa: PLC0415 - see `batch`

    with AnswerFile(output) as answers:
        if restart:
            answers.start_over()
        yield _Target(
            lambda line: answers.put(line.data, line.earlier), answers.finish, answers.earlier()
        )


def _print(line: "BatchLine") -> None:
    sys.stdout.write(line.data.decode())
    sys.stdout.flush()


def _write(stream: io.FileIO, line: "BatchLine") -> None:
    rest = memoryview(line.data)
    while rest:
        rest = rest[stream.write(rest) or 0 :]


def _encoder(output: Path) -> Callable[["WireObject"], bytes]:
    """Return what makes a line of a value, such that ``output`` can hold it."""
    encoding = sys.stdout.encoding if output == _PIPE else "utf-8"
    return lambda value: f"{json_text(value, encoding=encoding)}\n".encode()


def _say(tally: _Tally, task: "BatchTask", *, ended: str) -> None:
    counts = tally.by_name()
    good, none = _WORDS[task.is_answering]
    kept = f" ({tally.kept:,} kept from an earlier run)" if tally.kept else ""
    plural = "" if tally.done == 1 else "s"
    say(
        f"{ended} {tally.done:,} question{plural}: {counts['answered']:,} {good}, "
        f"{counts['declined']:,} {none}, {counts['failed']:,} failed{kept}"
    )
