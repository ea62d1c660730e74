"""Commands ``eval compare``, ``eval report`` and ``eval power``."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.harmless import harmless
from briefqa.cli.options import JsonOption, NoColorOption
from briefqa.cli.output import print_json
from briefqa.cli.progress import progress_on_stderr
from briefqa.errors import LimitError, UsageError
from briefqa.protocols import Progress

if TYPE_CHECKING:
    from briefqa.cli.pages import Page
    from briefqa.evaluation.comparing import (
        Comparison,
        LeftOut,
        MeasureDifference,
        QuestionDifference,
    )
    from briefqa.evaluation.planning import QuestionPlan
    from briefqa.evaluation.runs import Run

_REPORT = Path("report.html")
_HEAD_BYTES = 4096
_ALPHA = 0.05
_MOST_MOVES = 3
_MOST_TEXT = 200

RunsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="RUN", help="Folder of a run, as `briefqa eval run` writes it."),
]
MeasureOption = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="NAME",
        help="Measure to compare, the most important first; may be given several times.",
    ),
]


def compare_runs(
    folders: RunsArgument,
    *,
    measure: MeasureOption = None,
    top: Annotated[
        int, typer.Option("--top", metavar="N", help="How many questions to show; by default 10.")
    ] = 10,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Hold runs against the first: differences, what chance could do, and where they come from.

    All runs are of one question set. Each difference has a 95 % interval and
    the p value of a paired test, corrected for the number of comparisons. The
    questions that differ most are shown with what moved in their rankings.
    """
    from briefqa.evaluation.comparing import (  # noqa: PLC0415 - numpy, and `--help` needs none
        compare,
        comparison_to_json,
    )

    if len(folders) < 2:  # noqa: PLR2004 - that is what a comparison is
        msg = f"a comparison needs two runs or more, found {len(folders)}; give their folders"
        raise UsageError(msg)
    _check_within("--top", top, least=0, most=1_000_000)
    comparison = compare(_read_runs(folders, no_color=no_color), measure)
    if as_json:
        print_json(comparison_to_json(comparison, top=top))
    else:
        _print_comparison(comparison, top, no_color=no_color)
    return 0


def report_runs(
    folders: RunsArgument,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File to write.")
    ] = _REPORT,
    measure: MeasureOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that is not a report of ours.")
    ] = False,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Write one HTML file that shows runs: measures, plots, and every question to look into.

    It opens from disk, and asks nothing of any network. Several runs are held
    against the first. An earlier report of that name is replaced; any other
    file only with --force.
    """
    from briefqa.evaluation.reporting import (  # noqa: PLC0415 - jinja2, and `--help` needs none
        render_report,
    )
    from briefqa.indexing.durable import replace_file  # noqa: PLC0415

    _check_output(output, force=force)
    runs = _read_runs(folders, no_color=no_color)
    with progress_on_stderr(no_color=no_color) as listener:
        listener(Progress("making the report", 0, 1))
        page = render_report(runs, harmless=harmless, measures=measure).encode()
        replace_file(output, page)
    if as_json:
        print_json({"path": str(output), "bytes": len(page), "runs": [run.name for run in runs]})
    else:
        sys.stdout.write(harmless(str(output)) + "\n")
    return 0


def plan_run(
    folders: RunsArgument,
    *,
    difference: Annotated[
        float,
        typer.Option(
            "--difference", metavar="D", help="Smallest difference of the means worth noticing."
        ),
    ],
    measure: Annotated[
        str | None, typer.Option("--measure", metavar="NAME", help="Of which measure.")
    ] = None,
    power: Annotated[
        float,
        typer.Option("--power", metavar="P", help="How surely to notice it; by default 0.8."),
    ] = 0.8,
    alpha: Annotated[
        float,
        typer.Option(
            "--alpha",
            metavar="P",
            help="How often to see a difference where there is none; by default 0.05.",
        ),
    ] = _ALPHA,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Tell how many questions it takes to notice a difference.

    Give two runs whose questions differ as those of your systems would; from
    one alone only an upper estimate can be told.
    """
    from briefqa.evaluation.planning import plan_questions  # noqa: PLC0415 - numpy

    if len(folders) > 2:  # noqa: PLR2004 - a pair
        msg = f"expected one run or two, found {len(folders)}; give the two to be told apart"
        raise UsageError(msg)
    _check_within("--difference", difference, least=1e-6, most=1e6)
    _check_within("--power", power, least=0.01, most=0.999)
    _check_within("--alpha", alpha, least=1e-6, most=0.5)
    runs = _read_runs(folders, no_color=no_color)
    plan = plan_questions(runs, measure, difference=difference, power=power, alpha=alpha)
    if as_json:
        print_json(asdict(plan))
    else:
        _print_plan(plan, no_color=no_color)
    return 0


def _check_within(name: str, found: float, *, least: float, most: float) -> None:
    # Turned round, since no comparison with a NaN holds.
    if not least <= found <= most:
        raise LimitError(name, found=found, least=least, most=most)


def _read_runs(folders: Sequence[Path], *, no_color: bool) -> "list[Run]":
    from briefqa.evaluation.folders import read_run  # noqa: PLC0415 - as above

    runs = []
    with progress_on_stderr(no_color=no_color) as listener:
        for done, folder in enumerate(folders):
            listener(Progress("reading the runs", done, len(folders)))
            runs.append(read_run(folder))
    return runs


def _check_output(output: Path, *, force: bool) -> None:
    """Make sure, before any work, that ``output`` may be written."""
    from briefqa.evaluation.reporting import MARK  # noqa: PLC0415 - as above

    if output.is_dir():
        msg = f"{str(output)!r} is a folder; give the name of a file with --output"
        raise UsageError(msg)
    if not output.parent.is_dir():
        msg = f"{str(output.parent)!r} is not a folder; make it, or give another --output"
        raise UsageError(msg)
    if force or not output.exists():
        return
    with output.open("rb") as stream:
        if MARK.encode() not in stream.read(_HEAD_BYTES):
            msg = (
                f"{str(output)!r} is there and is not a report that `briefqa eval report` wrote; "
                "give another --output, or --force to overwrite it"
            )
            raise UsageError(msg)


def _print_comparison(comparison: "Comparison", top: int, *, no_color: bool) -> None:
    from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
    several = len(comparison.runs) > 1
    page.line(f"{', '.join(comparison.runs)} against {comparison.first}", style="bold")
    page.line()
    heads = ["measure", "first", "run", "change", "95 % interval", "p", "+ / = / -"]
    if several:
        heads[1:3] = ["run", "first", "mean"]
    page.table(heads, (_row(each, several=several) for each in comparison.differences))
    page.line()
    page.line(
        "▲ better, ▼ worse, ≈ no clear difference: p is of the paired randomisation test, "
        f"corrected after Holm for {counted(len(comparison.differences), 'comparison')}, and "
        f"clear is at most {_ALPHA}. The last column counts questions that are better, the same "
        "and worse.",
        style="dim",
    )
    for left_out in comparison.left_out:
        if line := _left_out_named(left_out):
            page.line(line, style="yellow")
    if not top:
        return
    page.line()
    shown = comparison.questions[:top]
    page.line(
        f"{counted(len(comparison.questions), 'question')} with a difference"
        + (f"; those that differ most in {comparison.measures[0]}:" if shown else "."),
        style="bold",
    )
    for question in shown:
        page.line()
        _print_question(page, question, comparison.measures, several=several)


def _row(each: "MeasureDifference", *, several: bool) -> list[str]:
    mark = "≈"
    if each.corrected_p <= _ALPHA and each.difference:
        mark = "▲" if each.is_gain else "▼"
    return [
        each.measure,
        *((each.run,) if several else ()),
        _figure(each.first_mean),
        _figure(each.mean),
        f"{mark} {_figure(each.difference, sign='+')}",
        f"{_figure(each.low)}, {_figure(each.high)}",
        "<0.001" if each.corrected_p < 0.001 else f"{each.corrected_p:.3f}",  # noqa: PLR2004
        f"{each.wins}/{each.ties}/{each.losses}",
    ]


def _figure(value: float, *, sign: str = "") -> str:
    digits = 3 if abs(value) < 100 else 1  # noqa: PLR2004 - a share, or a count of tokens
    return f"{value:{sign}.{digits}f}"


def _left_out_named(left_out: "LeftOut") -> str:
    from briefqa.cli.pages import counted  # noqa: PLC0415 - rich is only for people

    parts = [
        f"{counted(number, 'question')} {what}"
        for number, what in (
            (left_out.only_in_first, "only in the first run"),
            (left_out.only_in_run, f"only in {left_out.run}"),
            (left_out.failed, "that failed in either"),
        )
        if number
    ]
    return f"Left out against {left_out.run}: {', '.join(parts)}." if parts else ""


def _print_question(
    page: "Page", question: "QuestionDifference", measures: Sequence[str], *, several: bool
) -> None:
    from briefqa.cli.harmless import one_line  # noqa: PLC0415 - used by this alone
    from briefqa.cli.pages import shortened  # noqa: PLC0415 - rich is only for people

    # What changed most is said of the first measure, or of the first that differs at all.
    measure = next((m for m in measures if question.difference(m)), measures[0])
    before, after = question.first[measure], question.second[measure]
    step = _figure(question.difference(measure), sign="+")
    who = f" in {question.run}" if several else ""
    page.line(
        f"{step} {measure}{who}: {_figure(before)} → {_figure(after)}  [{question.query_id}]",
        style="cyan",
    )
    page.line(shortened(one_line(question.text), _MOST_TEXT), indent=2)
    for line in _moves(question):
        page.line(one_line(line), indent=4, style="dim")


def _moves(question: "QuestionDifference") -> Iterator[str]:
    for move in question.moves[:_MOST_MOVES]:
        ranks = " → ".join("-" if rank is None else str(rank) for rank in (move.before, move.after))
        relevant = " (relevant)" if move.grade else ""
        yield f"{move.doc_id}{relevant}: rank {ranks}; {move.why}"
    if len(question.moves) > _MOST_MOVES:
        yield f"and {len(question.moves) - _MOST_MOVES} more documents moved"


def _print_plan(plan: "QuestionPlan", *, no_color: bool) -> None:
    from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
    page.line(
        f"It takes {counted(plan.needed, 'question')} to notice a difference of "
        f"{plan.difference:g} in {plan.measure}.",
        style="bold",
    )
    if plan.detectable is not None:
        page.line(
            f"{counted(plan.questions, 'question')}, as many as there are, notice a difference "
            f"of {plan.detectable:.4f}."
        )
    page.line(
        f"To notice means: with probability {plan.power:g}, by a two-sided test at {plan.alpha:g}. "
        f"The differences by question have a standard deviation of {plan.spread:.4f}.",
        style="dim",
    )
    if not plan.paired:
        page.line(
            "This is an upper estimate: of one run it is not known how far another agrees with it "
            "question by question. Two runs tell.",
            style="yellow",
        )
