"""One HTML file that shows runs to a person: opens from disk, and asks nothing of a network.

Questions and passages come from documents that nobody vouches for. Whatever the template
prints is made harmless and escaped, the script writes text and never markup, and the page's
own policy lets nothing run but that one script, named by its hash.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from briefqa.datatypes import JsonValue
from briefqa.evaluation.comparing import (
    COSTS,
    Comparison,
    MeasureDifference,
    check_measures,
    check_same_dataset,
    compare,
    headlines,
    run_labels,
)
from briefqa.evaluation.reporting.plots import plots_of
from briefqa.evaluation.reporting.questions import (
    PASSAGE_TEXT,
    PASSAGES,
    Harmless,
    questions_data,
)
from briefqa.evaluation.runs import Estimate, Run

MARK = '<meta name="generator" content="briefqa eval report">'
"""Stands near the head of every report, so that one is known from any other file."""

ALPHA = 0.05
"""Up to which corrected p value a difference is called one."""

_LEAST_RUNS_TO_COMPARE = 2
_MOST_CARDS = 4
# Of the folder, not of the run.
_TOLD = {"files", "format", "name"}


@dataclass(frozen=True, slots=True)
class _Strip:
    """An interval as a small picture, in percent of its width."""

    low: float
    at: float
    high: float


@dataclass(frozen=True, slots=True)
class _MeasureRow:
    """A measure in each run, and its intervals as one picture; None where it was not measured."""

    measure: str
    estimates: tuple[Estimate | None, ...]
    strips: tuple[_Strip | None, ...]

    @property
    def bands(self) -> list[tuple[_Strip | None, int]]:
        """The pictures with the numbers of their runs."""
        return [(strip, number) for number, strip in enumerate(self.strips)]

    @property
    def questions(self) -> str:
        """Over how many questions; of each run where they differ."""
        counts = [each.questions if each else 0 for each in self.estimates]
        return " / ".join(
            f"{count:,}" for count in (counts if len(set(counts)) > 1 else counts[:1])
        )


def render_report(
    runs: Sequence[Run],
    *,
    harmless: Harmless,
    measures: Sequence[str] | None = None,
    title: str = "Evaluation report",
) -> str:
    """Return a report on ``runs`` as one HTML page.

    It holds the first 10 passages of each question, each up to 1,500 code points, and of all
    passages together at most 12 million; it says so where that left something out.

    Args:
        runs: One or more of one question set; the others are held against the first.
        harmless: Makes text of unknown origin safe to show.
        measures: Which measures, the most important first; by default all.
        title: Of the page.

    Raises:
        RunsError: If the runs are of different question sets or share no question, or one
            does not have one of ``measures``.
    """
    labels = run_labels(runs)
    check_same_dataset(runs, labels)
    check_measures(runs, measures or ())
    shown = list(dict.fromkeys(measures or [*headlines(runs), *_all_measures(runs)]))
    comparison = compare(runs, measures) if len(runs) >= _LEAST_RUNS_TO_COMPARE else None
    data = questions_data(runs, labels, shown, harmless=harmless)
    style, script = _asset("page.css"), _asset("page.js")
    return _template(harmless).render(
        mark=Markup(MARK),  # noqa: S704 - ours
        title=title,
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        style_hash=_hash(style),
        script_hash=_hash(script),
        data_json=Markup(data.json),  # noqa: S704 - made for inside a script element
        data=data,
        labels=labels,
        runs=runs,
        dataset=_dataset_name(runs[0]),
        measures=_measure_rows(runs, shown),
        leading=len(measures or headlines(runs)),
        cards=_cards(comparison) if comparison else [],
        abstention=_abstention_rows(runs),
        comparison=comparison,
        strips=_difference_strips(comparison) if comparison else [],
        plots=plots_of(runs, labels),
        about=_about_rows(runs),
        alpha=ALPHA,
        has_costs=not COSTS.isdisjoint(shown),
        passages=PASSAGES,
        passage_text=PASSAGE_TEXT,
    )


def _template(harmless: Harmless) -> Template:
    environment = Environment(
        autoescape=True,
        finalize=lambda value: harmless(value) if type(value) is str else value,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.from_string(_asset("page.html.j2"))


def _asset(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _dataset_name(run: Run) -> str:
    found = run.about.get("dataset")
    return str(found.get("name") if isinstance(found, dict) else found or "a question set")


def _all_measures(runs: Sequence[Run]) -> Iterable[str]:
    return (measure for run in runs for measure in run.summary.measures)


def _measure_rows(runs: Sequence[Run], measures: Sequence[str]) -> list[_MeasureRow]:
    rows = []
    for measure in measures:
        estimates = [run.summary.measures.get(measure) for run in runs]
        # Most measures are shares; one that is not has its own scale.
        top = max([1.0, *(each.high for each in estimates if each)])
        strips = tuple(_strip(each, top) if each else None for each in estimates)
        rows.append(_MeasureRow(measure, tuple(estimates), strips))
    return rows


def _strip(estimate: Estimate, top: float) -> _Strip:
    low, at, high = (
        round(min(100.0, max(0.0, 100 * value / top)), 2)
        for value in (estimate.low, estimate.mean, estimate.high)
    )
    return _Strip(low, at, high)


def _difference_strips(comparison: Comparison) -> list[_Strip]:
    """Return a picture of each difference with zero in the middle.

    All shares have one scale, so that they can be compared; each cost has its own.
    """
    shares = [each for each in comparison.differences if each.measure not in COSTS]
    return [
        _difference_strip(each, shares if each in shares else [each])
        for each in comparison.differences
    ]


def _difference_strip(difference: MeasureDifference, scale: Sequence[MeasureDifference]) -> _Strip:
    widest = max(abs(bound) for each in scale for bound in (each.low, each.high)) or 1.0
    low, at, high = (
        round(50 + 50 * value / widest, 2)
        for value in (difference.low, difference.difference, difference.high)
    )
    return _Strip(low, at, high)


def _cards(comparison: Comparison) -> list[MeasureDifference]:
    """Return the differences to see first: of one run the leading measures, else of each run."""
    if len(comparison.runs) == 1:
        return list(comparison.differences[:_MOST_CARDS])
    leading = comparison.differences[0].measure
    return [each for each in comparison.differences if each.measure == leading]


def _abstention_rows(runs: Sequence[Run]) -> list[tuple[str, list[float | None]]]:
    names = dict.fromkeys(name for run in runs for name in run.summary.abstention)
    return [(name, [run.summary.abstention.get(name) for run in runs]) for name in names]


def _about_rows(runs: Sequence[Run]) -> list[tuple[str, list[str], bool]]:
    """Return what is known of how each run was made, and whether the runs differ in it."""
    kept = [{name: each for name, each in run.about.items() if name not in _TOLD} for run in runs]
    flat = [dict(_flat(each)) for each in kept]
    names = dict.fromkeys(name for each in flat for name in each)
    rows = [(name, [each.get(name, "") for each in flat]) for name in names]
    marked = [(name, values, len(set(values)) > 1) for name, values in rows]
    return sorted(marked, key=lambda row: not row[2])


def _flat(value: Mapping[str, JsonValue], above: str = "") -> Iterator[tuple[str, str]]:
    for name, each in value.items():
        if isinstance(each, dict):
            yield from _flat(each, f"{above}{name}.")
        elif isinstance(each, list):
            yield above + name, ", ".join(map(str, each))
        else:
            yield above + name, "" if each is None else str(each)
