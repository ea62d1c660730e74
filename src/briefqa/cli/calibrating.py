"""Command ``calibrate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.opening import open_configured
from briefqa.cli.options import EmbedderOption, IndexOption, JsonOption, NoColorOption
from briefqa.cli.output import print_json, say
from briefqa.cli.progress import progress_on_stderr
from briefqa.errors import LimitError, UsageError

if TYPE_CHECKING:
    from briefqa.evaluation.calibrating import Fit
    from briefqa.settings import Settings
    from briefqa.wire import WireObject

_LEAST_FOLDS, _MOST_FOLDS = 2, 20
_SHOWN = (
    ("auc", "told apart (AUC)"),
    ("balanced_accuracy", "decided rightly (balanced accuracy)"),
    ("calibration_error", "confidence off by (calibration error)"),
)


def calibrate(
    questions: Annotated[
        Path | None,
        typer.Argument(
            metavar="[QUESTIONS]",
            help="The question set, as `briefqa eval run --dataset` reads it; each question says "
            "whether the documents answer it.",
        ),
    ] = None,
    *,
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    folds: Annotated[
        int, typer.Option("--folds", metavar="N", help="Parts, each judged by what the rest gives.")
    ] = 5,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Measure and print, but keep nothing.")
    ] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Remove what was kept: the shipped numbers decide.")
    ] = False,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Fit the confidence in answers to questions of your own, and keep it with the index.

    Needs at least ten questions that the documents answer, and ten that they do
    not. What is printed is of questions that were kept out of the fit.
    """
    from briefqa.assembly.places import require_folder  # noqa: PLC0415
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    settings = load_settings({"index": index, "embedder": embedder})
    if reset:
        if questions is not None:
            msg = "--reset removes what was kept and takes no questions; leave out one of the two"
            raise UsageError(msg)
        return _reset(require_folder(settings.index), as_json=as_json, no_color=no_color)
    if questions is None:
        msg = "no questions given; name a file of questions, or --reset to remove what was kept"
        raise UsageError(msg)
    if not _LEAST_FOLDS <= folds <= _MOST_FOLDS:
        raise LimitError("folds", found=folds, least=_LEAST_FOLDS, most=_MOST_FOLDS)  # noqa: EM101
    _calibrate(
        questions, settings, folds=folds, dry_run=dry_run, as_json=as_json, no_color=no_color
    )
    return 0


def _reset(index: Path, *, as_json: bool, no_color: bool) -> int:
    from briefqa.assembly.calibration_file import (  # noqa: PLC0415 - slow to import
        CALIBRATION_FILE,
        remove_calibration,
    )

    was_there = remove_calibration(index)
    path = index / CALIBRATION_FILE
    if as_json:
        print_json({"removed": was_there, "path": str(path)})
        return 0
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    done = f"Removed {path}" if was_there else f"There is no {path}"
    Page(no_color=no_color).line(f"{done}; the shipped numbers decide.")
    return 0


def _calibrate(
    questions: Path,
    settings: "Settings",
    *,
    folds: int,
    dry_run: bool,
    as_json: bool,
    no_color: bool,
) -> None:
    from briefqa.assembly.calibrating import fit_index, keep_fit  # noqa: PLC0415 - slow to import
    from briefqa.assembly.places import require_folder  # noqa: PLC0415
    from briefqa.evaluation.loading import load_dataset  # noqa: PLC0415

    folder = None if dry_run else require_folder(settings.index)
    dataset = load_dataset(questions)
    with open_configured(settings) as service:
        with progress_on_stderr(no_color=no_color) as listener:
            fit, weighing = fit_index(dataset, service, folds=folds, on_progress=listener)
        path = None if folder is None else keep_fit(fit, dataset, service, folder)
    if as_json:
        print_json(_to_wire(fit, weighing.left_out, path))
        return
    _show(fit, weighing.left_out, no_color=no_color)
    if path is not None:
        say(f"kept in {path}; `briefqa calibrate --reset` removes it")


def _to_wire(fit: "Fit", left_out: int, path: Path | None) -> "WireObject":
    from briefqa.answering.evidence import FEATURES  # noqa: PLC0415 - slow to import

    calibration, scores = fit.calibration, fit.scores()
    return {
        "path": None if path is None else str(path),
        "questions": int(scores["questions"]),
        "answerable": int(scores["answerable"]),
        "left_out": left_out,
        "held_out": {**scores},
        "chance_error": fit.chance_error(),
        "intervals": {name: [*bounds] for name, bounds in fit.intervals().items()},
        "weights": dict(zip(FEATURES, calibration.weights, strict=True)),
        "bias": calibration.bias,
        "threshold": calibration.threshold,
        "risks": [
            {"risk": risk, "threshold": threshold, "answered": share}
            for risk, threshold, share in fit.curve
        ],
    }


def _show(fit: "Fit", left_out: int, *, no_color: bool) -> None:
    from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people
    from briefqa.evaluation.calibrating import FEW  # noqa: PLC0415

    page, scores, intervals = Page(no_color=no_color), fit.scores(), fit.intervals()
    can = int(scores["answerable"])
    cannot = int(scores["questions"]) - can
    page.line(
        f"{counted(can, 'question')} that the documents answer, {cannot:,} that they do not",
        style="bold",
    )
    if left_out:
        page.line(f"{counted(left_out, 'question')} left out: they do not say which.")
    page.line()
    page.table(
        ("held out", "", "95 % interval"),
        [
            (words, f"{scores[name]:.3f}", "{:.3f} to {:.3f}".format(*intervals[name]))
            for name, words in _SHOWN
        ],
    )
    page.line(
        f"A confidence that is exactly right would be off by {fit.chance_error():.3f} on as many "
        "questions, by chance."
    )
    page.line()
    page.line(
        f"Below a confidence of {fit.calibration.threshold:.2f} it declines: "
        f"{scores['false_refusal_rate']:.0%} of what the documents answer, "
        f"{1 - scores['false_answer_rate']:.0%} of what they do not."
    )
    page.line()
    page.table(
        ("--risk", "declines below", "answers"),
        [(f"{risk:g}", f"{threshold:.2f}", f"{share:.0%}") for risk, threshold, share in fit.curve],
    )
    if min(can, cannot) < FEW:
        page.line()
        page.line(
            f"With fewer than {FEW} questions of each kind these numbers may be far off; the "
            "intervals say how far.",
            style="bold",
        )
