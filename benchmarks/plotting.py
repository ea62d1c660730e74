"""Draws SVG plots: how a cost grows with size, and bars side by side.

From a terminal it plots a list of records in a JSON file, in which one number is the size and
others are costs: ``plotting.py FILE.json OUT.svg --size passages --costs p50_ms p95_ms``; or groups
of figures by name, each a number or several measurements: ``plotting.py FILE.json OUT.svg --bars
retrieval answer``.
"""

import argparse
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

Curve = Sequence[tuple[float, float]]

# Told apart also by those who do not see red and green apart (Okabe and Ito), and on dark pages.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
_FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#777"'
_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 170, 30, 45
_LINE = 20


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'role="img" {_FONT}>\n<title>{escape(title)}</title>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#bbb" stroke-width="0.5"/>'


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """Return the exponents of the powers of ten around ``values``, which are above zero."""
    low, high = (math.log10(each) for each in (min(values), max(values)))
    return math.floor(low), max(math.ceil(high), math.floor(low) + 1)


def power_of_ten(exponent: int) -> str:
    """Return a power of ten as people write it."""
    if -2 <= exponent <= 3:  # noqa: PLR2004 - what is read at a glance
        return f"{10.0**exponent:,g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def curves(title: str, x_label: str, lines: Mapping[str, Curve]) -> str:
    """Return a plot with both axes logarithmic; points that are not above zero are left out.

    Raises:
        ValueError: If no point is left.
    """
    above = {
        name: sorted((x, y) for x, y in curve if min(x, y) > 0) for name, curve in lines.items()
    }
    shown = {name: points for name, points in above.items() if points}
    if not shown:
        msg = "there is no point above zero to plot"
        raise ValueError(msg)
    every = [point for points in shown.values() for point in points]
    (x0, x1), (y0, y1) = (_decades([point[axis] for point in every]) for axis in (0, 1))
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - x0) / (x1 - x0) * (right - _LEFT)
        return _LEFT + across, bottom - (math.log10(y) - y0) / (y1 - y0) * (bottom - _TOP)

    parts = [_text(_LEFT, 16, title), _text((_LEFT + right) / 2, _HEIGHT - 8, x_label, "middle")]
    for exponent in range(x0, x1 + 1):
        x, _ = place(10.0**exponent, 10.0**y0)
        parts.append(_line((x, _TOP), (x, bottom)))
        parts.append(_text(x, bottom + 16, power_of_ten(exponent), "middle"))
    for exponent in range(y0, y1 + 1):
        _, y = place(10.0**x0, 10.0**exponent)
        parts.append(_line((_LEFT, y), (right, y)))
        parts.append(_text(_LEFT - 8, y + 4, power_of_ten(exponent), "end"))
    for number, (name, points) in enumerate(shown.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        spots = [place(x, y) for x, y in points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        key_y = _TOP + 10 + number * _LINE
        for x, y in [*spots, (right + 16, key_y)]:
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
        parts.append(_text(right + 26, key_y + 4, name))
    return _svg(_WIDTH, _HEIGHT, title, parts)


def bars(title: str, panels: Mapping[str, Mapping[str, float]]) -> str:
    """Return bars from zero, one panel below the other, each with a scale of its own."""
    left, right = 130, _WIDTH - 80
    parts = [_text(left, 16, title)]
    y = 2 * _LINE
    for heading, values in panels.items():
        parts.append(_text(left, y, heading))
        longest = max(values.values())
        for number, (name, value) in enumerate(values.items()):
            y += _LINE
            width = value / longest * (right - left)
            colour = _COLOURS[0] if number == 0 else _COLOURS[-1]
            parts += [
                _text(left - 8, y, name, "end"),
                f'<rect x="{left}" y="{y - 11}" width="{width:.1f}" height="14" fill="{colour}"/>',
                _text(left + width + 6, y, f"{float(f'{value:.3g}'):,g}"),
            ]
        y += 2 * _LINE
    return _svg(_WIDTH, y - _LINE, title, parts)


def curves_of_records(
    title: str, size: str, records: Sequence[Mapping[str, float]], costs: Sequence[str]
) -> str:
    """Return a plot of the columns ``costs`` of ``records`` over the column ``size``."""
    lines = {
        cost: [(float(record[size]), float(record[cost])) for record in records if cost in record]
        for cost in costs
    }
    return curves(title, size.replace("_", " "), lines)


def bars_of_figures(
    title: str, figures: Mapping[str, Mapping[str, float | Sequence[float]]], names: Sequence[str]
) -> str:
    """Return bars of the groups ``names``, and the median where a figure was measured often."""
    panels = {
        name: {
            label: found if isinstance(found, int | float) else statistics.median(found)
            for label, found in figures[name].items()
        }
        for name in names
    }
    return bars(title, panels)


def main() -> None:
    """Write the plot."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("figures", type=Path, help="JSON file: a list of records, or one by name")
    parser.add_argument("svg", type=Path, help="file to write")
    parser.add_argument("--under", help="name of the list in the file, where it is not the whole")
    parser.add_argument("--size", help="the number that names the size")
    parser.add_argument("--costs", nargs="+", help="the numbers that are plotted over it")
    parser.add_argument("--bars", nargs="+", help="names of groups of figures, in place of those")
    parser.add_argument("--title", default="", help="what the plot shows")
    options = parser.parse_args()
    figures = json.loads(options.figures.read_text(encoding="utf-8"))
    found = figures[options.under] if options.under else figures
    if options.bars:
        plot = bars_of_figures(options.title, found, options.bars)
    elif options.size and options.costs:
        plot = curves_of_records(options.title, options.size, found, options.costs)
    else:
        parser.error("give --size and --costs for curves, or --bars")
    options.svg.write_text(plot, encoding="utf-8")


if __name__ == "__main__":
    main()
