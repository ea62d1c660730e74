"""Fits an index's confidence to questions of its own, and keeps what was fitted with it."""

from dataclasses import dataclass
from pathlib import Path

from briefqa.answering import CALIBRATION
from briefqa.assembly.calibration_file import calibration_to_json, write_calibration
from briefqa.assembly.service import Service
from briefqa.datatypes import JsonValue
from briefqa.errors import CalibrationError, QuestionError
from briefqa.evaluation.calibrating import (
    DEFAULT_FOLDS,
    FEWEST,
    Fit,
    WeighedQuestion,
    check_enough,
    fit_own,
)
from briefqa.evaluation.datasets import Dataset, Query
from briefqa.protocols import Progress, ProgressListener

_STAGE = "weighing"
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Weighing:
    """The evidence for each question that says whether it is answered; how many do not."""

    questions: tuple[WeighedQuestion, ...]
    left_out: int


def weigh_questions(
    dataset: Dataset, service: Service, *, on_progress: ProgressListener | None = None
) -> Weighing:
    """Return the evidence that an index holds for each question of a set.

    Questions whose nearest passage is the same are one group. One that does not say whether
    it is answered, or that cannot be asked, is left out.

    Args:
        dataset: The questions.
        service: The index.
        on_progress: Told of stage ``weighing`` (questions).
    """
    asked = [query for query in dataset.queries if query.is_answerable is not None]
    found: list[WeighedQuestion] = []
    for done, query in enumerate(asked, 1):
        weighed = _weigh(query, service)
        if weighed is not None:
            found.append(weighed)
        if on_progress is not None:
            on_progress(Progress(_STAGE, done, len(asked)))
    return Weighing(tuple(found), len(dataset.queries) - len(found))


def fit_index(
    dataset: Dataset,
    service: Service,
    *,
    folds: int = DEFAULT_FOLDS,
    on_progress: ProgressListener | None = None,
) -> tuple[Fit, Weighing]:
    """Fit a calibration of ``service`` to a set of questions; arguments as `weigh_questions`.

    Raises:
        CalibrationError: If fewer than ten of them are answered, or fewer than ten are not.
    """
    stated = [query.is_answerable for query in dataset.queries if query.is_answerable is not None]
    if min(stated.count(True), stated.count(False)) < FEWEST:
        # Before all of them are weighed, which takes a while.
        raise CalibrationError(stated.count(True), stated.count(False), fewest=FEWEST)
    weighing = weigh_questions(dataset, service, on_progress=on_progress)
    check_enough(weighing.questions)
    return fit_own(weighing.questions, shipped=CALIBRATION, folds=folds), weighing


def keep_fit(fit: Fit, dataset: Dataset, service: Service, index: Path) -> Path:
    """Write the calibration of ``fit`` into the folder ``index``; return the file.

    Raises:
        IndexWriteError: If the disk refuses.
    """
    data = calibration_to_json(fit.calibration, service.model_id, _about(fit, dataset))
    return write_calibration(index, data)


def _about(fit: Fit, dataset: Dataset) -> dict[str, JsonValue]:
    scores: dict[str, JsonValue] = {
        name: round(value, _DIGITS) for name, value in fit.scores().items()
    }
    return {"questions": dataset.name, "sha256": dataset.sha256, "held_out": scores}


def _weigh(query: Query, service: Service) -> WeighedQuestion | None:
    try:
        weighed = service.weigh(query.text)
    except QuestionError:
        return None
    nearest = weighed.nearest
    group = query.query_id if nearest is None else nearest.chunk_id
    return WeighedQuestion(weighed.evidence, bool(query.is_answerable), group)
