"""Measures answers that a language model writes: what is kept, what is withheld, what it takes.

Each answer's citations are checked by `Service.verify` and by hashing the text again, whoever
wrote the sentences. The time of judging is that of the processor, for every line of the model.
"""

import argparse
import hashlib
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from questions import indexed, read_questions

from briefqa import Service, open_index
from briefqa.answering.generating import find_support
from briefqa.assembly.models import writers
from briefqa.datatypes import Answer, PassagesFound, SentenceSaid
from briefqa.settings import load_settings
from briefqa.wire import answer_to_wire, receipts_from_wire


@dataclass(slots=True)
class Tally:
    """What came of the questions of a set."""

    answers: int = 0
    by_model: int = 0
    shown: int = 0
    withheld: int = 0
    faults: int = 0
    citations: int = 0
    verified: int = 0
    first_s: list[float] = field(default_factory=list)
    whole_s: list[float] = field(default_factory=list)
    judging_ms: list[float] = field(default_factory=list)


def ask(service: Service, question: str, model: str, tally: Tally) -> None:
    """Ask one question, and count what comes of it."""
    began, first = time.perf_counter(), 0.0
    passages = answer = None
    for event in service.stream(question, model=model):
        if isinstance(event, PassagesFound):
            passages = event.passages
        elif isinstance(event, SentenceSaid) and not first:
            first = time.perf_counter() - began
        elif isinstance(event, Answer):
            answer = event
    if answer is None or passages is None or not answer.answered:
        return
    tally.answers += 1
    tally.first_s.append(first)
    tally.whole_s.append(time.perf_counter() - began)
    tally.by_model += answer.model is not None
    tally.shown += len(answer.sentences) if answer.model is not None else 0
    tally.withheld += len(answer.withheld)
    tally.faults += answer.fault is not None
    receipts = receipts_from_wire(answer_to_wire(answer))
    tally.citations += len(receipts)
    held = [check.holds for check in service.verify(receipts)]
    for citation, is_held in zip(answer.citations, held, strict=True):
        text = service.document(citation.document.doc_id).text
        is_quoted = citation.span.of(text) == citation.quote
        is_hashed = hashlib.sha256(text.encode()).hexdigest() == citation.document.text_sha256
        tally.verified += is_held and is_quoted and is_hashed
    hits = [passage.hit for passage in passages]
    written = answer.sentences if answer.model is not None else ()
    for sentence in (*written, *answer.withheld):
        before = time.thread_time()
        find_support(sentence.text, [], hits)
        tally.judging_ms.append((time.thread_time() - before) * 1000)


def tallies(sets: list[str], model: str, most: int) -> Iterator[tuple[str, Tally]]:
    """Yield each set's name, and what came of it; a set is INDEX-OR-DOCUMENTS=QUESTIONS."""
    models = writers(load_settings())
    for pair in sets:
        documents, _, path = pair.partition("=")
        questions = read_questions(Path(path))
        chosen = questions[:: max(1, len(questions) // most)][:most]
        tally = Tally()
        if Path(documents, "CURRENT").exists():
            with open_index(documents, writers=models) as service:
                for question in chosen:
                    ask(service, question.text, model, tally)
        else:
            with indexed(Path(documents)) as (_, index), open_index(index, writers=models) as one:
                for question in chosen:
                    ask(one, question.text, model, tally)
        yield Path(path).parent.name, tally


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sets", nargs="+", metavar="DOCUMENTS=QUESTIONS", help="or INDEX=QUESTIONS")
    parser.add_argument("--model", default="local", help="name of the language model")
    parser.add_argument("--most", type=int, default=40, help="questions asked of each set")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    names = ("answers", "by_model", "shown", "withheld", "faults", "citations", "verified")
    heads = "".join(f"{name:>11}" for name in names)
    print(f"{'set':14}{heads}{'first s':>9}{'whole s':>9}{'judging ms':>12}{'p95':>7}")
    figures: dict[str, dict[str, float]] = {}
    for name, tally in tallies(options.sets, options.model, options.most):
        judging = sorted(tally.judging_ms) or [0.0]
        row: dict[str, float] = {each: getattr(tally, each) for each in names}
        row |= {
            "first_s": statistics.median(tally.first_s or [0.0]),
            "whole_s": statistics.median(tally.whole_s or [0.0]),
            "judging_ms": statistics.median(judging),
            "judging_p95_ms": judging[int(len(judging) * 0.95)],
        }
        figures[name] = row
        counts = "".join(f"{int(row[each]):11}" for each in names)
        times = f"{row['first_s']:9.1f}{row['whole_s']:9.1f}{row['judging_ms']:12.1f}"
        print(f"{name:14}{counts}{times}{row['judging_p95_ms']:7.1f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
