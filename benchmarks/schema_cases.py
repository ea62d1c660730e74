"""Sends requests made from the OpenAPI document to a real service, and counts the statuses.

A ``briefqa serve`` of its own answers over a small index. Half of the requests are such as the
document allows, the other half such as it forbids; each reply is checked against the document.
Prints a table, and what was found wrong; ends with 1 if there is any, so that it can stand guard.
"""

import argparse
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import hypothesis
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)
from serving import served

from briefqa import build_index

_TOOLS: Final = "/mcp"
_DOC_IDS: Final = ["navigating-ai-sovereignty.md", "none.txt"]
_QUESTION: Final = "How large is the UK's AI investment?"
_SERVER_ERROR: Final = 500
_BUSY: Final = 503

_Any = Any  # what comes from the document


@contextmanager
def _service(documents: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch, "index")
        build_index(documents, index, embedder="hash")
        with served(index) as (url, _):
            yield url


def _make_plausible(case: _Any, data: st.DataObject) -> None:
    """Name what exists, so that more than mistakes is tried."""
    parameters = case.path_parameters or {}
    if "doc_id" in parameters:
        parameters["doc_id"] = data.draw(st.sampled_from(_DOC_IDS))
    if "model_id" in parameters:
        parameters["model_id"] = "briefqa"
    if not isinstance(case.body, dict):
        return
    if case.path in {"/v1/chat/completions", "/v1/responses"}:
        asked = [{"role": "user", "content": _QUESTION}]
        case.body["model"] = "briefqa"
        case.body["input" if case.path == "/v1/responses" else "messages"] = asked
    elif case.path == "/v1/ask":
        case.body.update(question=_QUESTION, model="extractive")
    elif case.path == _TOOLS:
        arguments = {"query": _QUESTION}
        case.body.update(method="tools/call", params={"name": "search", "arguments": arguments})


def _try(  # noqa: PLR0913 - what is tried, how, and where what is found goes
    operation: _Any,
    mode: GenerationMode,
    session: requests.Session,
    *,
    cases: int,
    seed: int,
    wrong: Counter[str],
) -> Counter[int]:
    seen: Counter[int] = Counter()
    unchecked = [positive_data_acceptance]
    if operation.path == _TOOLS:
        unchecked.append(negative_data_rejection)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def attempt(case: _Any, data: st.DataObject) -> None:
        if mode is GenerationMode.POSITIVE and data.draw(st.booleans()):
            _make_plausible(case, data)
        reply = case.call(session=session)
        status = int(reply.status_code)
        seen[status] += 1
        if status >= _SERVER_ERROR and status != _BUSY:
            wrong[f"{operation.label}: status {status}"] += 1
        try:
            case.validate_response(reply, excluded_checks=unchecked)
        except FailureGroup as group:
            wrong.update(f"{operation.label}: {each}"[:400] for each in group.exceptions)

    attempt()
    return seen


def _takes(operation: _Any) -> bool:
    """Tell whether an operation can be given what the document forbids: of a file, nothing is."""
    return operation.method != "put" and bool(operation.body or operation.query)


def main() -> int:
    """Try, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=Path("seeds"))
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20_261_126)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    wanted = parser.parse_args()
    logging.disable(logging.INFO)
    wrong: Counter[str] = Counter()
    table: dict[str, Counter[int]] = {}
    began = time.monotonic()
    with _service(wanted.documents) as url, requests.Session() as session:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
        runs = [
            (operation, mode)
            for operation in operations
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            if mode is GenerationMode.POSITIVE or _takes(operation)
        ]
        many = [run for run in runs if run[0].path_parameters or _takes(run[0])]
        each_run = -(-wanted.cases // len(many))
        for operation, mode in runs:
            seen = _try(operation, mode, session, cases=each_run, seed=wanted.seed, wrong=wrong)
            table.setdefault(operation.label, Counter()).update(seen)
        alive = session.get(f"{url}/health").status_code
    _print(table, wrong)
    print(
        f"\n{sum(map(Counter.total, table.values()))} cases, seed {wanted.seed}, "
        f"{time.monotonic() - began:.0f} seconds; /health afterwards: {alive}"
    )
    if wanted.json:
        figures = {"statuses": table, "wrong": wrong}
        wanted.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    return 1 if wrong else 0


def _print(table: dict[str, Counter[int]], wrong: Counter[str]) -> None:
    statuses = sorted({status for seen in table.values() for status in seen})
    print("route".ljust(34) + "".join(f"{status:>7}" for status in statuses) + "    all")
    for name, seen in table.items():
        counts = "".join(f"{seen[status] or '':>7}" for status in statuses)
        print(f"{name:34}{counts}{seen.total():>7}")
    print("\nwrong: " + ("nothing" if not wrong else ""))
    for said, count in wrong.most_common():
        print(f"{count:>6}  {said}")


if __name__ == "__main__":
    sys.exit(main())
