"""The figures of `benchmarks/peers.py` as tables, and as a plot."""

import math
import os
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


def _both(row: Row, pairs: Sequence[Figures], peer: str) -> list[tuple[float, float]]:
    """Return ours and the peer's figure of every pair that has both."""
    mine = [(row.of(pair[OURS]), row.of(pair[peer])) for pair in pairs if pair["peer"] == peer]
    return [(ours, theirs) for ours, theirs in mine if ours is not None and theirs is not None]


def _figures(row: Row, pairs: Sequence[Figures]) -> dict[str, float]:
    """Return the median of each contender, briefqa first."""
    found: dict[str, list[float]] = {}
    for name in (OURS, *dict.fromkeys(pair["peer"] for pair in pairs)):
        values = [row.of(pair[name]) for pair in pairs if name in pair]
        found[name] = [value for value in values if value is not None]
    return {name: statistics.median(values) for name, values in found.items() if values}


def _ratios(row: Row, pairs: Sequence[Figures]) -> dict[str, float]:
    """Return how many times better briefqa is than each peer: the median over the pairs."""
    found: dict[str, float] = {}
    for peer in dict.fromkeys(pair["peer"] for pair in pairs):
        both = _both(row, pairs, peer)
        if both:
            times = [mine / other if row.more_is_better else other / mine for mine, other in both]
            found[peer] = statistics.median(times)
    return found


def _line(title: str, cells: Sequence[str]) -> str:
    return f"{title:28}" + "".join(f"{cell:>12}" for cell in cells)


def _show_figures(rows: Sequence[Row], results: Figures, names: Sequence[str]) -> None:
    print("\n" + _line("medians", names))
    for row in rows:
        found = _figures(row, results[row.part])
        cells = [f"{found[name]:{row.form}}" if name in found else "" for name in names]
        print(_line(row.title, cells))


def _show_ratios(rows: Sequence[Row], results: Figures, peers: Sequence[str]) -> None:
    print("\n" + _line("times better, pair by pair", [*peers, "best peer", "aim"]))
    for row in rows:
        found, ratios = _figures(row, results[row.part]), _ratios(row, results[row.part])
        if ratios:
            pick = max if row.more_is_better else min
            best = pick(ratios, key=lambda name: found[name])
            cells = [f"{ratios[name]:.2f}" if name in ratios else "" for name in peers]
            print(_line(row.title, [*cells, best, f"{row.aim:.2f}" if row.aim else ""]))


def _show_quality(pairs: Sequence[Figures]) -> None:
    print("\nnDCG@10, ours less theirs, with an interval of 95 % over the questions")
    for pair in pairs:
        ours, theirs = (pair[name]["ndcg_by_question"] for name in (OURS, pair["peer"]))
        more = [mine - other for mine, other in zip(ours, theirs, strict=True)]
        half = 1.96 * statistics.stdev(more) / math.sqrt(len(more))
        mean = statistics.fmean(more)
        print(f"{pair['peer']:28}{mean:+12.3f}  [{mean - half:+.3f}, {mean + half:+.3f}]")


def show(kept: Figures, svg: Path | None) -> None:
    """Print what was measured, and write the plot where asked."""
    said, results = kept["settings"], kept["results"]
    rows = [row for row in ROWS if results.get(row.part)]
    peers = list(dict.fromkeys(pair["peer"] for pairs in results.values() for pair in pairs))
    versions = ", ".join(f"{name} {said['versions'][name]}" for name in peers)
    print(f"{said['files']:,} files and {said['questions']} questions of {said['dataset']}")
    print(f"beside {versions}; {os.cpu_count()} cores")
    _show_figures(rows, results, [OURS, *peers])
    _show_ratios(rows, results, peers)
    if results.get("warm") and said["questions"] > 1:
        _show_quality(results["warm"])
    if svg:
        panels = {
            f"{row.title} (more is better)" if row.more_is_better else row.title: _figures(
                row, results[row.part]
            )
            for row in rows
        }
        svg.write_text(bars("briefqa beside its peers", panels), encoding="utf-8")
