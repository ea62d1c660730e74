"""The figures of `benchmarks/peers.py` as tables, and as a plot."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compared.contenders import OURS
from plotting import bars

# Any: figures as they are in JSON.
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A measure: where it is found, and how many times better than the best peer it should be."""

    title: str
    part: str
    of: Callable[[Figures], float | None]
    form: str = ".1f"
    more_is_better: bool = False
    aim: float | None = None


ROWS = (
    Row("indexing, s", "index", lambda f: f["seconds"], aim=1.8),
    Row("peak memory of that, MB", "index", lambda f: f["memory_mb"], ".0f", aim=1 / 0.45),
    Row("index on disk, MB", "index", lambda f: f["index_mb"]),
    Row("a question, cold, s", "cold", lambda f: f["seconds"], ".2f", aim=10),
    Row("a question, warm, ms", "warm", lambda f: f["median_ms"]),
    Row("again after 1 %, s", "update", lambda f: f["seconds"], ".2f", aim=5),
    Row(
        "questions/s, one process",
        "server",
        lambda f: f["1"]["per_second"],
        more_is_better=True,
        aim=4,
    ),
    Row(
        "questions/s, two processes",
        "server",
        lambda f: f["2"]["per_second"] if "2" in f else None,
        more_is_better=True,
        aim=4,
    ),
    Row("memory of the server, MB", "server", lambda f: f["1"]["megabytes"], ".0f"),
    Row("nDCG@10", "warm", lambda f: f["ndcg_at_10"], ".3f", more_is_better=True),
)


def _pairs(row: Row, turns: Sequence[Figures], peer: str) -> list[tuple[float, float]]:
    """Return ours and the peer's figure of every turn that has both."""
    mine = [(row.of(turn[OURS]), row.of(turn[peer])) for turn in turns if turn["peer"] == peer]
    return [(ours, theirs) for ours, theirs in mine if ours is not None and theirs is not None]


def _figures(row: Row, turns: Sequence[Figures]) -> dict[str, float]:
    """Return the median of each contender, briefqa first."""
    found: dict[str, list[float]] = {}
    for name in (OURS, *dict.fromkeys(turn["peer"] for turn in turns)):
        values = [row.of(turn[name]) for turn in turns if name in turn]
        found[name] = [value for value in values if value is not None]
    return {name: statistics.median(values) for name, values in found.items() if values}


def _ratios(row: Row, turns: Sequence[Figures]) -> dict[str, float]:
    """Return how many times better briefqa is than each peer: the median over the turns."""
    found: dict[str, float] = {}
    for peer in dict.fromkeys(turn["peer"] for turn in turns):
        both = _pairs(row, turns, peer)
        if both:
            times = [mine / other if row.more_is_better else other / mine for mine, other in both]
            found[peer] = statistics.median(times)
    return found


def _line(title: str, cells: Sequence[str]) -> str:
    return f"{title:28}" + "".join(f"{cell:>12}" for cell in cells)


def _show_quality(turns: Sequence[Figures]) -> None:
    print("\nnDCG@10, ours less theirs, with an interval of 95 % over the questions")
    for turn in turns:
        ours, theirs = (turn[name]["ndcg_by_question"] for name in (OURS, turn["peer"]))
        more = [mine - other for mine, other in zip(ours, theirs, strict=True)]
        half = 1.96 * statistics.stdev(more) / math.sqrt(len(more))
        mean = statistics.fmean(more)
        print(f"{turn['peer']:28}{mean:+12.3f}  [{mean - half:+.3f}, {mean + half:+.3f}]")


def show(kept: Figures, svg: Path | None) -> None:
    """Print what was measured, and write the plot where asked."""
    said, results = kept["settings"], kept["results"]
    rows = [row for row in ROWS if results.get(row.part)]
    peers = list(dict.fromkeys(turn["peer"] for turns in results.values() for turn in turns))
    versions = ", ".join(f"{name} {said['versions'][name]}" for name in peers)
    print(
        f"{said['files']:,} files, {said['questions']} questions of {said['dataset']}; {versions}"
    )
    print("\n" + _line("medians", [OURS, *peers]))
    panels: dict[str, dict[str, float]] = {}
    for row in rows:
        found = _figures(row, results[row.part])
        print(
            _line(
                row.title, [f"{found[n]:{row.form}}" if n in found else "" for n in (OURS, *peers)]
            )
        )
        panels[row.title] = found
    print("\n" + _line("times better, turn by turn", [*peers, "best peer", "aim"]))
    for row in rows:
        found, ratios = _figures(row, results[row.part]), _ratios(row, results[row.part])
        if not ratios:
            continue
        pick = max if row.more_is_better else min
        best = pick(ratios, key=lambda name: found[name])
        cells = [f"{ratios[n]:.2f}" if n in ratios else "" for n in peers]
        print(_line(row.title, [*cells, best, f"{row.aim:.2f}" if row.aim else ""]))
    if len(results.get("warm", [])[0:1]) and len(results["warm"][0][OURS]["ndcg_by_question"]) > 1:
        _show_quality(results["warm"])
    if svg:
        svg.write_text(bars("briefqa beside its peers", panels), encoding="utf-8")
