"""Commands ``ask`` and ``search``."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from briefqa.cli.opening import open_for_one_question
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
from briefqa.cli.output import print_json
from briefqa.datatypes import (
    Answer,
    AnswerEvent,
    PassagesFound,
    Policy,
    SentenceSaid,
    Turn,
)

NOTHING_FOUND = 3
"""Exit code of a question that the documents do not answer."""

_STDIN = "-"

HistoryOption = Annotated[
    Path | None,
    typer.Option(
        "--history",
        metavar="FILE",
        help="What was asked before, so that 'and France?' is understood: answers as --json "
        "printed them, one or several.",
    ),
]
QuestionArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="QUESTION", help="The question; words are joined, and - reads it from stdin."
    ),
]


def ask(
    question: QuestionArgument,
    *,
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    reranker: RerankerOption = None,
    top_k: TopKOption = None,
    risk: RiskOption = None,
    model: ModelOption = None,
    policy: PolicyOption = Policy.STRICT,
    where: WhereOption = None,
    since: SinceOption = None,
    as_of: AsOfOption = None,
    history: HistoryOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Answer a question with exact sentences of the documents, each with its source.

    A language model may write the answer: each of its sentences is held against the words
    it cites, and withheld unless they support it.

    Exits with 3 if the documents do not answer it, and shows the nearest passages.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

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
    turns: list[Turn] = []
    if history is not None:
        from briefqa.cli.earlier import read_history  # noqa: PLC0415 - few need it

        turns = read_history(history)
    with open_for_one_question(settings) as service:
        events = service.stream(
            question_asked(question),
            top_k=settings.top_k,
            where=where or (),
            since=since,
            as_of=as_of,
            history=turns,
            policy=policy,
        )
        if as_json:
            from briefqa.answering import whole_answer  # noqa: PLC0415 - imported when opened
            from briefqa.wire import answer_to_wire  # noqa: PLC0415 - as above

            answer = whole_answer(events)
            print_json(answer_to_wire(answer))
        else:
            answer = _printed(events, no_color=no_color, is_written=service.writer is not None)
    return 0 if answer.answered else NOTHING_FOUND


def _printed(events: Iterator[AnswerEvent], *, no_color: bool, is_written: bool) -> Answer:
    """Print an answer; one that a model writes as it comes, a sentence a line."""
    from briefqa.answering import whole_answer  # noqa: PLC0415 - imported when opened
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
    if not is_written:
        answer = whole_answer(events)
        page.answer(answer)
        return answer
    for event in events:
        match event:
            case PassagesFound():
                page.asked(event.asked)
            case SentenceSaid():
                page.sentence(event.sentence)
            case Answer():
                page.sources(event)
                return event
            case _:
                pass
    msg = "an answer ends its own stream"
    raise AssertionError(msg)


def search(
    question: QuestionArgument,
    *,
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    reranker: RerankerOption = None,
    top_k: TopKOption = None,
    where: WhereOption = None,
    since: SinceOption = None,
    as_of: AsOfOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show how each passage came by its score and rank.")
    ] = False,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Show the passages nearest to a question, best first.

    Exits with 3 if there are none.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    settings = load_settings(
        {"index": index, "embedder": embedder, "reranker": reranker, "top_k": top_k}
    )
    asked, explanation = question_asked(question), None
    with open_for_one_question(settings) as service:
        if explain:
            result, explanation = service.explain(
                asked, top_k=settings.top_k, where=where or (), since=since, as_of=as_of
            )
        else:
            result = service.search(
                asked, top_k=settings.top_k, where=where or (), since=since, as_of=as_of
            )
    if as_json:
        from briefqa.wire import search_to_wire  # noqa: PLC0415 - imported when opened

        print_json(search_to_wire(result, explanation))
    else:
        from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

        Page(no_color=no_color).search(result, explanation)
    return 0 if result.passages else NOTHING_FOUND


def question_asked(words: Sequence[str]) -> str:
    """Return the question that was typed as ``words``, or is read from stdin."""
    if list(words) == [_STDIN]:
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    return " ".join(words)
