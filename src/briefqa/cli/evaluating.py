"""Commands ``eval run`` and ``eval gate``."""

import os
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.indexing import NewEmbedderOption, gate_of, reading_options
from briefqa.cli.options import IndexOption, JsonOption, NoColorOption, RerankerOption
from briefqa.cli.output import print_json, say
from briefqa.cli.progress import progress_on_stderr
from briefqa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.assembly.evaluating import Target
    from briefqa.evaluation.datasets import Dataset
    from briefqa.evaluation.runs import Run
    from briefqa.protocols import ProgressListener
    from briefqa.settings import Settings
    from briefqa.wire import WireObject

_KEY = "BRIEFQA_KEY"
_RUNS = "runs"
_DEPTH = 100
_WORSE = 1
_PROBLEMS_SHOWN = 3
# Those of every other depth are in metrics.json.
_SHOWN = (
    "ndcg@10", "mrr@10", "map", "recall@5", "recall@10", "recall@100", "success@1", "success@5",
    "evidence_recall@1", "evidence_recall@5", "evidence_recall@10",
    "span_recall@5", "span_precision@5", "span_iou@5", "span_recall@1000tokens",
    "citation_precision", "citation_recall", "decision_accuracy", "tokens_shown",
)  # fmt: skip

DatasetOption = Annotated[
    Path,
    typer.Option(
        "--dataset",
        metavar="PATH",
        help="The question set: a BEIR folder, or a JSONL file of questions with their evidence.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="DIR", help="Folder of the run; by default runs/NAME."),
]
NameOption = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="Name of the run; by default that of the set."),
]
TargetIndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="DIR",
        help="Index to ask, as it is. By default the documents of the set are indexed beside the "
        "run, in SET.index; a set without documents asks ./index.",
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help="Server to ask instead of an index; the key in BRIEFQA_KEY is sent.",
    ),
]
DepthOption = Annotated[
    int,
    typer.Option("--top-k", metavar="N", help="How many passages to rank, from 1 to 100."),
]
AnswersOption = Annotated[
    bool | None,
    typer.Option(
        "--answers/--no-answers",
        help="Ask for answers too; by default where the set says what can be answered, or has "
        "references.",
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", min=1, help="Ask only the first N questions."),
]


def run(
    *,
    dataset: DatasetOption,
    output: OutputOption = None,
    name: NameOption = None,
    index: TargetIndexOption = None,
    url: UrlOption = None,
    embedder: NewEmbedderOption = None,
    reranker: RerankerOption = None,
    top_k: DepthOption = _DEPTH,
    answers: AnswersOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Ask every question of a set, measure what is found, and keep it in a folder.

    Run again after an interruption, it goes on where it ended. A question that fails is
    recorded as failed, and the rest goes on.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    if url is not None and (index is not None or embedder is not None or reranker is not None):
        msg = "--url asks a server as it is; leave out --index, --embedder and --reranker"
        raise UsageError(msg)
    settings = load_settings({"index": index, "embedder": embedder, "reranker": reranker})

    from briefqa.assembly.evaluating import run_dataset  # noqa: PLC0415 - slow to import
    from briefqa.evaluation.loading import load_dataset  # noqa: PLC0415
    from briefqa.evaluation.running import RunOptions, wants_answers  # noqa: PLC0415
    from briefqa.retrieval import check_limit  # noqa: PLC0415

    check_limit(top_k)
    questions = load_dataset(dataset)
    called = name or questions.name
    folder = output or Path(_RUNS, called)
    options = RunOptions(
        top_k=top_k,
        shown=settings.top_k,
        answers=wants_answers(questions) if answers is None else answers,
    )
    with (
        progress_on_stderr(no_color=no_color) as listener,
        _target(questions, folder, settings, index, url, listener) as target,
    ):
        found = run_dataset(
            questions,
            target,
            folder,
            name=called,
            options=options,
            limit=limit,
            on_progress=listener,
        )
    _say_troubles(found, folder)
    if as_json:
        print_json(_run_to_wire(found, folder))
    else:
        _show(found, folder, no_color=no_color)
    return 0


def gate(
    *,
    index: IndexOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Measure the generation that serves against the one before it, on the questions of the gate.

    Exits with 1 if it is worse by more than the margin, and with 3 if there is none before.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    settings = load_settings({"index": index})
    wanted = gate_of(settings)
    if wanted is None:
        msg = "no gate is set; name your question set in briefqa.toml: [gate] questions = PATH"
        raise UsageError(msg)
    from briefqa.assembly.gating import judge_serving  # noqa: PLC0415 - slow to import

    with progress_on_stderr(no_color=no_color) as listener:
        found = judge_serving(wanted, settings.index, on_progress=listener)
    if as_json:
        print_json(
            {
                "passed": not found.is_worse,
                "measure": found.measure,
                "serving": found.built,
                "previous": found.serving,
                "margin": found.margin,
                "questions": found.count,
                "left_out": found.left_out,
            }
        )
    else:
        from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people

        page = Page(no_color=no_color)
        verdict = "worse than" if found.is_worse else "no worse than"
        page.line(f"The index is {verdict} the generation before.", style="bold")
        page.line(
            f"{found.measure} {found.built:.4f} against {found.serving:.4f} over "
            f"{counted(found.count, 'question')}; at most {found.margin:g} may be lost."
        )
        if found.left_out:
            page.line(f"{counted(found.left_out, 'question')} left out: their documents are gone.")
    return _WORSE if found.is_worse else 0


@contextmanager
def _target(  # noqa: PLR0917 - whom to ask depends on all of these
    dataset: "Dataset",
    folder: Path,
    settings: "Settings",
    index: str | None,
    url: str | None,
    listener: "ProgressListener",
) -> "Iterator[Target]":
    """Give what is to be asked: a server, an index that is there, or one made of the set."""
    from briefqa.assembly.evaluating import (  # noqa: PLC0415 - slow to import
        index_as_target,
        index_corpus,
        server_as_target,
    )

    if url is not None:
        # No option: what is typed is seen by others, and kept by shells.
        with server_as_target(url, key=os.environ.get(_KEY) or None) as target:
            yield target
        return
    asked: Path | str = settings.index
    if index is None and dataset.corpus is not None:
        from briefqa.chunking import ChunkingOptions  # noqa: PLC0415

        asked = made = folder.parent / f"{dataset.name}.index"
        report = index_corpus(
            dataset,
            made,
            embedder=settings.embedder,
            chunking=ChunkingOptions(size=settings.chunking.size, prefix=settings.chunking.prefix),
            reading=reading_options(settings.documents),
            on_progress=listener,
        )
        for error in report.failed:
            say(f"briefqa: not indexed: {error}")
    with index_as_target(
        asked,
        embedder=settings.embedder,
        reranker=settings.reranker,
        rerank_top=settings.rerank_top,
        on_progress=listener,
    ) as target:
        yield target


def _run_to_wire(found: "Run", folder: Path) -> "WireObject":
    about = {key: found.about[key] for key in ("dataset", "index", "counts", "seconds")}
    return {"name": found.name, "folder": str(folder), **about, **asdict(found.summary)}


def _say_troubles(found: "Run", folder: Path) -> None:
    """Say on stderr what the figures do not: what failed, and what could not be used."""
    failed = [f"{q.query_id}: {q.failed}" for q in found.questions if q.failed is not None]
    problems = [f"{q.query_id}: {problem}" for q in found.questions for problem in q.problems]
    for what, lines in (("questions that failed", failed), ("references without place", problems)):
        if lines:
            say(f"briefqa: {what}: {len(lines)}; all are in {folder / 'questions.jsonl'}")
        for line in lines[:_PROBLEMS_SHOWN]:
            say(f"  {line}")


def _show(found: "Run", folder: Path, *, no_color: bool) -> None:
    from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people

    page, summary = Page(no_color=no_color), found.summary
    page.line(f"{found.name}: {counted(len(found.questions), 'question')}", style="bold")
    page.line()
    page.table(
        ("measure", "mean", "95 % interval", "questions"),
        [
            (name, _figure(e.mean), f"{_figure(e.low)} to {_figure(e.high)}", f"{e.questions:,}")
            for name in _SHOWN
            if (e := summary.measures.get(name)) is not None
        ],
    )
    for title, figures in (
        ("abstention", summary.abstention),
        ("median milliseconds", {s: each["p50"] for s, each in summary.latency_ms.items()}),
    ):
        if figures:
            page.line()
            page.table((title, ""), [(name, _figure(value)) for name, value in figures.items()])
    page.line()
    page.line(f"The run is in {folder}.", style="dim")


def _figure(value: float) -> str:
    return f"{value:.4f}" if value <= 1 and value != int(value) else f"{value:,.4g}"
