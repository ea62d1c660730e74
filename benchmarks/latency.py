"""Measures questions to an index that is open: how long each stage of an answer takes."""

import argparse
import json
import statistics
from pathlib import Path

from questions import indexed, read_questions


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("documents", type=Path, help="folder of documents, or one corpus file")
    parser.add_argument("questions", type=Path, help="JSONL file of questions")
    parser.add_argument("--most", type=int, default=300, help="questions asked")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    questions = read_questions(options.questions)[: options.most]
    with indexed(options.documents) as service:
        service.ask(questions[0].text)
        took = [service.ask(question.text).took_ms for question in questions]
        held = service.info
    print(f"{len(took)} questions to {held.documents} documents in {held.chunks} chunks, ms\n")
    print(f"{'stage':10}{'median':>9}{'p95':>9}{'max':>9}")
    stages = {stage: sorted(laps[stage] for laps in took) for stage in took[0]}
    for stage, laps in stages.items():
        p95 = laps[int(0.95 * (len(laps) - 1))]
        print(f"{stage:10}{statistics.median(laps):9.1f}{p95:9.1f}{laps[-1]:9.1f}")
    if options.json:
        options.json.write_text(json.dumps(stages, indent=2))


if __name__ == "__main__":
    main()
