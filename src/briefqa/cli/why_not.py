"""Command ``why-not``."""

from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.asking import NOTHING_FOUND, QuestionArgument, question_asked
from briefqa.cli.opening import open_configured
from briefqa.cli.options import (
    AsOfOption,
    EmbedderOption,
    IndexOption,
    JsonOption,
    NoColorOption,
    RerankerOption,
    SinceOption,
    TopKOption,
    WhereOption,
)
from briefqa.cli.output import print_json
from briefqa.wire import why_not_to_wire

if TYPE_CHECKING:
    from briefqa.cli.pages import Page
    from briefqa.retrieval.why_not import Reach, WhyNot

DocumentArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Id, as `briefqa documents list` gives it.")
]


def why_not(
    doc_id: DocumentArgument,
    question: QuestionArgument,
    *,
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    reranker: RerankerOption = None,
    top_k: TopKOption = None,
    where: WhereOption = None,
    since: SinceOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Say why a document is not among the passages for a question.

    Exits with 3 if there is no such document.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    settings = load_settings(
        {"index": index, "embedder": embedder, "reranker": reranker, "top_k": top_k}
    )
    with open_configured(settings) as service:
        why = service.why_not(
            doc_id,
            question_asked(question),
            top_k=settings.top_k,
            where=where or (),
            since=since,
            as_of=as_of,
        )
    from briefqa.retrieval.reasons import in_words  # noqa: PLC0415 - `--help` needs none
    from briefqa.retrieval.why_not import Reason  # noqa: PLC0415

    if as_json:
        print_json(why_not_to_wire(why, in_words(why)))
    else:
        from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

        _show(why, in_words(why), Page(no_color=no_color))
    return NOTHING_FOUND if why.reason is Reason.UNKNOWN else 0


def _show(why: "WhyNot", sentence: str, page: "Page") -> None:
    page.line(sentence, style="bold")
    figures = list(_figures(why))
    if figures:
        page.line()
        page.fields(figures)
    for name, stages in (("Its best chunk", why.stages), ("The last of these", why.last_through)):
        if stages:
            page.line()
            page.line(f"{name}:")
            page.stages(stages, indent=2)


def _figures(why: "WhyNot") -> list[tuple[str, str]]:
    if why.dense is None and why.lexical is None:
        return []
    own = [each.term for each in why.terms if not each.is_added]
    missing = [term for term in own if term not in why.held]
    rows = [
        ("by meaning", _reached(why.dense)),
        ("by words", _reached(why.lexical)),
        ("words held", ", ".join(why.held)),
        ("words missing", ", ".join(missing)),
        ("best candidate", why.chunk_id or ""),
        ("rank", "" if why.rank is None else f"{why.rank} of {why.passages}"),
        ("rank before the reranker", "" if why.rank_before is None else str(why.rank_before)),
    ]
    return [(name, value) for name, value in rows if value]


def _reached(reach: "Reach | None") -> str:
    if reach is None:
        return "not found"
    last = "" if reach.last is None else f"; the last candidate {reach.last:.3f}"
    return f"rank {reach.rank:,} of {reach.found:,}, score {reach.score:.3f}{last}"
