"""Reckons what an index of up to 10⁹ passages takes in bytes, milliseconds, machines and money.

Nothing here runs at that size: `costs.py` carries on from what was measured on two cores. Every
measured figure, assumption and price is an argument.
"""

import argparse
import dataclasses
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from costs import GB, MILLION, Inputs, deploy, embedding, forms, stored, words_ms
from plotting import curves, power_of_ten

_SIZES = (100 * MILLION, 1_000 * MILLION)


def _short(value: float) -> str:
    """Return a number with two digits that count; whole from ten on."""
    return f"{value:.2g}" if value < 10 else f"{float(f'{value:.2g}'):,.0f}"  # noqa: PLR2004


def _power(passages: float) -> str:
    return power_of_ten(round(math.log10(passages)))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def tables(inputs: Inputs) -> list[str]:
    """Return the tables, in Markdown."""
    parts = stored(inputs)
    whole = sum(parts.values())
    passage = _table(
        ["on disk", "bytes a passage", "share", *[f"GB at {_power(n)}" for n in _SIZES]],
        [
            [name, f"{size:,.0f}", f"{size / whole:.0%}", *[_short(n * size / GB) for n in _SIZES]]
            for name, size in [*parts.items(), ("all", whole)]
        ],
    )
    sizes = tuple(10.0**power for power in range(5, 10))
    indexes = _table(
        ["vector index", "recall@10", "memory", "disk", *[f"ms at {_power(n)}" for n in sizes]],
        [
            [
                form.name,
                form.recall,
                *[f"{size:,.0f}" for size in (form.memory, form.disk)],
                *[_short(form.ms(n)) for n in sizes],
            ]
            for form in forms(inputs)
        ],
    )
    plans = [deploy(n, form, inputs) for n in _SIZES for form in forms(inputs)]
    machines = _table(
        [
            *("passages", "index", "shards", "machines for memory", "disk", "cores"),
            *("machines", "core-hours to build", "ms", "KB sent", "$ a month"),
        ],
        [
            [
                _power(plan.passages),
                plan.form.name,
                f"{plan.shards:,}",
                *[f"{need:,}" for need in (plan.by_memory, plan.by_disk, plan.by_cores)],
                f"{plan.machines:,}",
                "not measured" if plan.build_hours is None else _short(plan.build_hours),
                _short(plan.question_ms),
                _short(plan.network_kb),
                f"{_short(plan.month_low)} to {_short(plan.month_high)}",
            ]
            for plan in plans
        ],
    )
    nodes = _table(
        ["index of Milvus", *[f"query nodes at {_power(n)}" for n in _SIZES]],
        [
            [form.milvus, *[f"{deploy(n, form, inputs).query_nodes:,}" for n in _SIZES]]
            for form in forms(inputs)
        ],
    )
    once = _table(
        ["passages", "core-hours", "$", "GPU-hours", "$"],
        [[_power(n), *[_short(each) for each in embedding(n, inputs)]] for n in _SIZES],
    )
    return [passage, indexes, machines, nodes, once]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    for each in dataclasses.fields(Inputs):
        flag, about = f"--{each.name.replace('_', '-')}", each.metadata["about"]
        parser.add_argument(flag, type=float, default=each.default, help=about)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--svg", type=Path, help="write a plot of milliseconds over size")
    return parser.parse_args()


def main() -> None:
    """Print the tables."""
    options = vars(_options())
    file, svg = options.pop("json"), options.pop("svg")
    inputs = Inputs(**options)
    print("\n\n".join(tables(inputs)))
    sizes = [10.0**power for power in range(4, 10)]
    lines = {form.name: [(n, form.ms(n)) for n in sizes] for form in forms(inputs)}
    lines["words"] = [(n, words_ms(n, inputs)) for n in sizes]
    if file:
        plans = [deploy(n, form, inputs) for n in _SIZES for form in forms(inputs)]
        figures = {
            "inputs": dataclasses.asdict(inputs),
            "bytes": stored(inputs),
            "milliseconds": lines,
            "deployments": [
                {
                    "index": plan.form.name,
                    "machines": plan.machines,
                    "bound_by": plan.bound_by,
                }
                | {
                    each.name: getattr(plan, each.name)
                    for each in dataclasses.fields(plan)
                    if each.name != "form"
                }
                for plan in plans
            ],
        }
        file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if svg:
        title = "Milliseconds of a question, one core over all passages"
        svg.write_text(curves(title, "passages", lines), encoding="utf-8")


if __name__ == "__main__":
    main()
