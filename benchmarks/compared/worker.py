"""One piece of work of one program, in a process and an environment of its own.

`benchmarks/peers.py` starts it; it imports only what that program itself needs.
"""

import argparse
import importlib
import json
import time
from pathlib import Path
from typing import Any

_WARM_UP = 3


# Any: a module with the functions that the neighbours of this file define.
def _answered(program: Any, options: argparse.Namespace) -> dict[str, object]:  # noqa: ANN401
    """Ask every question: time the first ones, and note of all which passages came back."""
    questions = json.loads(options.questions.read_text(encoding="utf-8"))
    search = program.opened(options.index, options.model)
    for question in questions[:_WARM_UP]:
        # In other words than those that are timed, should a program remember.
        search(f"{question} Again?", options.top_k)
    took: list[float] = []
    for question in questions[: options.timed]:
        started = time.perf_counter()
        search(question, options.top_k)
        took.append((time.perf_counter() - started) * 1000)
    # Several passages of one document count once, so that more are looked at.
    ranked = [search(question, 3 * options.top_k) for question in questions]
    return {"ms": took, "ranked": ranked}


def main() -> None:
    """Do what the arguments say, and print what it gave as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("program", help="as in the names of the files with_*.py")
    parser.add_argument("work", choices=["build", "ask", "questions", "update"])
    parser.add_argument("--files", type=Path, help="folder of documents")
    parser.add_argument("--index", type=Path, required=True, help="folder of the index")
    parser.add_argument("--model", type=Path, help="folder of the model")
    parser.add_argument("--changed", nargs="*", default=[], help="names of files that changed")
    parser.add_argument("--question", help="that is asked")
    parser.add_argument("--questions", type=Path, help="JSON file of a list of questions")
    parser.add_argument("--timed", type=int, default=100, help="questions whose time counts")
    parser.add_argument("--top-k", type=int, default=10, help="passages of a question")
    options = parser.parse_args()
    program = importlib.import_module(f"compared.with_{options.program}")
    files = sorted(options.files.iterdir()) if options.files else []
    match options.work:
        case "build":
            program.build(files, options.index, options.model)
        case "ask":
            search = program.opened(options.index, options.model)
            print(json.dumps(search(options.question, options.top_k)))
        case "questions":
            print(json.dumps(_answered(program, options)))
        case "update":
            changed = [options.files / name for name in options.changed]
            program.update(files, changed, options.index, options.model)


if __name__ == "__main__":
    main()
