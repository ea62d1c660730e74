"""The plots of a report, as shapes in the coordinates of a picture; the template draws them."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from briefqa.evaluation.runs import Run

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 44
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_POINTS = 120
_RECALLS = {
    "evidence_recall": "expected quotes that stand in the first k passages",
    "span_recall": "expected text that is covered by the first k passages",
    "recall": "relevant documents that are among the first k",
}
_SHAPES = (
    "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
    "m-3.6 -3.6h7.2v7.2h-7.2z",
    "m0 -5l5 5l-5 5l-5 -5z",
    "m0 -5l5 8.6h-10z",
)

Point = tuple[float, float]
_Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A value of an axis, and where it stands."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A value that is pointed out; ``path`` is its shape, ``title`` says what it is."""

    path: str
    title: str
    low: Point | None = None
    high: Point | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """The line of one run; ``number`` counts runs from 0 and chooses colour and dashes."""

    label: str
    number: int
    line: str
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture of one curve of each run, the same as a table, and how to read it.

    ``ideal`` is a line to hold the others against, "" for none.
    """

    title: str
    reading: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    series: tuple[Series, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ideal: str = ""


def plots_of(runs: Sequence[Run], labels: Sequence[str]) -> list[Plot]:
    """Return a plot of everything that any of the runs has the numbers for."""
    made = (_recall(runs, labels), _calibration(runs, labels), _risk(runs, labels),
            _latency(runs, labels))  # fmt: skip
    return [plot for plot in made if plot is not None]


def _recall(runs: Sequence[Run], labels: Sequence[str]) -> Plot | None:
    curves = [_curve(run, "recall_by_k") for run in runs]
    depths = sorted({k for curve in curves for k, *_ in curve})
    if not depths:
        return None
    x, y = _logarithmic(depths[0], max(depths[-1], depths[0] + 1), _across), _linear(0, 1, _down)
    kind = _recall_kind(runs)
    series = []
    for number, (run, label, curve) in enumerate(zip(runs, labels, curves, strict=True)):
        markers = []
        for k, recall, *_ in curve:
            estimate = run.summary.measures.get(f"{kind}@{k:g}")
            title = f"{label}: {kind}@{k:g} {recall:.3f}"
            if estimate is None:
                markers.append(Marker(_marker(x(k), y(recall), number), title))
                continue
            title += f" [{estimate.low:.3f}, {estimate.high:.3f}]"
            ends = (x(k), y(estimate.low)), (x(k), y(estimate.high))
            markers.append(Marker(_marker(x(k), y(recall), number), title, *ends))
        line = _path((x(k), y(recall)) for k, recall, *_ in curve)
        series.append(Series(label, number, line, tuple(markers)))
    return Plot(
        title="Recall by depth",
        reading=f"Share of the {_RECALLS[kind]}, on average over the questions. "
        "Bars are 95 % intervals.",
        x_label="k (logarithmic)",
        y_label=kind.replace("_", " "),
        x_ticks=_depth_ticks(depths, x),
        y_ticks=_share_ticks(y),
        series=tuple(series),
        heads=("k", *labels),
        rows=tuple(_by_x(depths, curves, "{:g}")),
    )


def _calibration(runs: Sequence[Run], labels: Sequence[str]) -> Plot | None:
    curves = [_curve(run, "calibration") for run in runs]
    if not any(curves):
        return None
    x, y = _linear(0, 1, _across), _linear(0, 1, _down)
    series = [
        Series(
            label,
            number,
            _path((x(confidence), y(share)) for confidence, share, *_ in curve),
            tuple(
                Marker(
                    _marker(x(confidence), y(share), number),
                    f"{label}: confidence {confidence:.2f}, answerable {share:.2f} "
                    f"of {count:g} questions",
                )
                for confidence, share, count in curve
            ),
        )
        for number, (label, curve) in enumerate(zip(labels, curves, strict=True))
    ]
    return Plot(
        title="Calibration",
        reading="On the dashed line a confidence of 0.8 means that 8 of 10 such questions can be "
        "answered. Below it the system is too sure, above it too modest.",
        x_label="stated confidence",
        y_label="share that can be answered",
        x_ticks=_share_ticks(x),
        y_ticks=_share_ticks(y),
        series=tuple(series),
        heads=("run", "confidence", "answerable", "questions"),
        rows=tuple(
            (label, f"{confidence:.3f}", f"{share:.3f}", f"{count:g}")
            for label, curve in zip(labels, curves, strict=True)
            for confidence, share, count in curve
        ),
        ideal=_path([(x(0), y(0)), (x(1), y(1))]),
    )


def _risk(runs: Sequence[Run], labels: Sequence[str]) -> Plot | None:
    curves = [_thinned(_curve(run, "risk_coverage")) for run in runs]
    if not any(curves):
        return None
    highest = max(risk for curve in curves for _, risk, *_ in curve)
    top = _round_up(highest)
    x, y = _linear(0, 1, _across), _linear(0, top, _down)
    series = [
        Series(label, number, _path((x(c), y(r)) for c, r, *_ in curve), ())
        for number, (label, curve) in enumerate(zip(labels, curves, strict=True))
    ]
    return Plot(
        title="Risk by coverage",
        reading="When only the most confident share of the questions is answered: how many of "
        "those the documents do not answer. Lower is better; a line that rises to the right "
        "means that the confidence is worth something.",
        x_label="coverage, share of questions answered",
        y_label="risk, share not answerable",
        x_ticks=_share_ticks(x),
        y_ticks=tuple(Tick(y(top * part), f"{top * part:.3g}") for part in _SHARES),
        series=tuple(series),
        heads=("coverage", *labels),
        rows=tuple(
            (f"{share:.1f}", *(_nearest(curve, share) for curve in curves))
            for share in (tenth / 10 for tenth in range(1, 11))
        ),
    )


def _latency(runs: Sequence[Run], labels: Sequence[str]) -> Plot | None:
    times = [_totals(run) for run in runs]
    every = [time for each in times for time in each]
    if not every:
        return None
    x = _logarithmic(min(every), max(*every, min(every) * 1.5), _across)
    y = _linear(0, 1, _down)
    marked = (0.5, 0.95, 0.99)
    series = []
    for number, (label, ordered) in enumerate(zip(labels, times, strict=True)):
        steps = [(time, (place + 1) / len(ordered)) for place, time in enumerate(ordered)]
        series.append(
            Series(
                label,
                number,
                _path((x(time), y(share)) for time, share in _thinned(steps)),
                tuple(
                    Marker(
                        _marker(x(_quantile(ordered, q)), y(q), number),
                        f"{label}: {q:.0%} within {_quantile(ordered, q):.3g} ms",
                    )
                    for q in marked
                    if ordered
                ),
            )
        )
    return Plot(
        title="Time to an answer",
        reading="Share of the questions that were done within a time; the marks stand at half, "
        "95 % and 99 % of them. Further left is faster.",
        x_label="milliseconds (logarithmic)",
        y_label="share of questions",
        x_ticks=_time_ticks(min(every), max(every), x),
        y_ticks=_share_ticks(y),
        series=tuple(series),
        heads=("run", *(f"{q:.0%} within, ms" for q in marked)),
        rows=tuple(
            (label, *(f"{_quantile(ordered, q):.1f}" for q in marked))
            for label, ordered in zip(labels, times, strict=True)
            if ordered
        ),
    )


def _recall_kind(runs: Sequence[Run]) -> str:
    """Return which recall the curves are of: the first of them that a run has."""
    return next(
        (
            kind
            for kind in _RECALLS
            if any(name.startswith(f"{kind}@") for run in runs for name in run.summary.measures)
        ),
        "recall",
    )


def _curve(run: Run, name: str) -> Sequence[tuple[float, ...]]:
    return run.summary.curves.get(name, ())


def _totals(run: Run) -> list[float]:
    found = (question.took_ms.get("total") for question in run.questions)
    return sorted(time for time in found if time is not None and time > 0)


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def _across(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _down(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _linear(low: float, high: float, place: _Scale) -> _Scale:
    return lambda value: place((value - low) / (high - low))


def _logarithmic(low: float, high: float, place: _Scale) -> _Scale:
    return lambda value: place(math.log(value / low) / math.log(high / low))


def _path(points: Iterable[Point]) -> str:
    found = [f"{x:.1f} {y:.1f}" for x, y in points]
    return "M" + "L".join(found) if found else ""


def _marker(x: float, y: float, number: int) -> str:
    return f"M{x:.1f} {y:.1f}{_SHAPES[number % len(_SHAPES)]}"


def _thinned(points: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return at most about as many points as a picture can show, the last one included."""
    step = max(1, len(points) // _MOST_POINTS)
    return [*points[::step], *points[-1:]] if step > 1 else list(points)


def _round_up(value: float) -> float:
    """Return the next of 0.1, 0.2, 0.4, 0.6, 0.8 and 1: what divides well by four."""
    return next((step for step in (0.1, 0.2, 0.4, 0.6, 0.8) if value <= step), max(1.0, value))


def _share_ticks(scale: _Scale) -> tuple[Tick, ...]:
    return tuple(Tick(scale(share), f"{share:g}") for share in _SHARES)


def _depth_ticks(depths: Sequence[float], scale: _Scale) -> tuple[Tick, ...]:
    # Few enough that their labels do not touch on the logarithmic axis.
    wanted = [k for k in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000) if k in depths]
    return tuple(Tick(scale(k), f"{k:g}") for k in wanted or depths)


def _time_ticks(low: float, high: float, scale: _Scale) -> tuple[Tick, ...]:
    steps = (1,) if high / low > 1_000 else (1, 2, 5)  # noqa: PLR2004 - three decades
    first = math.floor(math.log10(low))
    last = math.ceil(math.log10(high))
    values = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    inside = [value for value in values if low <= value <= high]
    return tuple(Tick(scale(value), f"{value:g}") for value in inside or (low, high))


def _by_x(
    values: Sequence[float], curves: Sequence[Sequence[tuple[float, ...]]], shown: str
) -> list[tuple[str, ...]]:
    known = [{point[0]: point[1] for point in curve} for curve in curves]
    return [
        (shown.format(value), *(f"{each[value]:.3f}" if value in each else "" for each in known))
        for value in values
    ]


def _nearest(curve: Sequence[tuple[float, ...]], coverage: float) -> str:
    if not curve:
        return ""
    return f"{min(curve, key=lambda point: abs(point[0] - coverage))[1]:.3f}"
