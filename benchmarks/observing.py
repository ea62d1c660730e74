"""Measures what it costs to count a request, write its log line and trace it.

Each is done many times over one answer that was really given, without a network: this is
what is added to a request. Prints a table, and writes JSON where asked.
"""

import argparse
import json
import logging
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from starlette.routing import Route

from briefqa import build_index, open_index
from briefqa.api.observing.observer import Observer
from briefqa.api.observing.request import noted
from briefqa.api.observing.tracing import Traces
from briefqa.datatypes import Answer
from briefqa.logs import LogForm, configure_logging

_TEXT = "The harbour was dredged in 1998. The pier was built by hand.\n"
_RUNS = 15


class _Nowhere(SpanExporter):
    """Takes spans as a collector does that is never busy."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        """Throw them away."""
        return SpanExportResult.SUCCESS


def answer_of(folder: Path) -> Answer:
    """Return an answer with the times of its stages."""
    (folder / "briefs").mkdir()
    (folder / "briefs" / "note.txt").write_text(_TEXT, encoding="utf-8")
    build_index(folder / "briefs", folder / "index", embedder="hash")
    with open_index(folder / "index") as service:
        return service.ask("When was the harbour dredged?")


def microseconds(observer: Observer, answer: Answer | None, times: int) -> float:
    """Return the microseconds of processor that one request takes; the best of a few runs."""
    scope: dict[str, object] = {
        "type": "http",
        "headers": [(b"name", b"value")] * 12,
        "route": Route("/v1/ask", lambda: None),
    }
    took = []
    for _ in range(_RUNS):
        began = time.process_time()
        for _ in range(times):
            with observer.watching(scope, method="POST") as request:
                request.status = 200
                if answer is not None:
                    noted(answer)
        took.append((time.process_time() - began) / times * 1e6)
    # What else runs on the machine only ever adds, by way of caches and clocks.
    return min(took)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=5_000, help="requests of each run")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        answer = answer_of(Path(folder))
    quiet = logging.getLogger("briefqa")
    quiet.setLevel(logging.ERROR)
    observer = Observer()
    rows = {
        "counting, any other request": microseconds(observer, None, options.times),
        "counting, an answer": microseconds(observer, answer, options.times),
    }
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        configure_logging(LogForm.JSON)
        rows["counting and a log line"] = microseconds(observer, answer, options.times)
    quiet.setLevel(logging.ERROR)
    traces = Traces(BatchSpanProcessor(_Nowhere()), version="0")
    with Observer(traces) as traced:
        rows["counting and a trace"] = microseconds(traced, answer, options.times // 5)
    began = time.perf_counter()
    observer.metrics.text()
    rows["/metrics, as text"] = (time.perf_counter() - began) * 1e6
    print(f"an answer of {len(answer.stages)} stages, {os.cpu_count()} processors\n")
    print(f"{'':30} {'µs':>8}  of processor")
    for name, value in rows.items():
        print(f"{name:30} {value:8.1f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
