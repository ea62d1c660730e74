"""Measures whether the sentences quoted answer, and whether their receipts hold.

Every answerable question of each set is answered, whatever the confidence; figures are over
all of them, and over those that would be answered. Of short answers and of quotes it is
counted how often they stand in the first sentence quoted, and in the first three. Of the
sentences that readers chose the F1 of those quoted is measured, a sentence counting once,
against the reader who agrees most. Intervals are 95 % bootstrap intervals.

Each citation is given to `briefqa verify`'s own check, and checked by itself: its words stand
where it says, in a text that has the hash it names.
"""

import argparse
import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from golds import Gold, alike, name_of, opened, pairs_of, read_golds

from briefqa.answering import Models, Options, Receipt, answer_question, check_receipts
from briefqa.answering import threshold_for as threshold_of
from briefqa.assembly.opening import Opened
from briefqa.datatypes import Answer, Citation
from briefqa.evaluation.significance import bootstrap_interval

FIRST = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and how it was answered; ``f1`` where readers chose sentences."""

    is_answered: bool
    first: bool
    first_three: bool
    f1: float | None
    quotes: int
    citations: int
    holding: int


def measure(gold: Gold, opened_index: Opened, threshold: float, models: Models) -> Asked:
    """Answer one question, and hold the answer to what is known to be right."""
    generation = opened_index.generation
    answer = answer_question(gold.question, generation, models, Options())
    quoted = [
        [answer.citations[number - 1] for number in sentence.citations]
        for sentence in answer.sentences
    ]
    right = [any(gold.is_in(c.document.doc_id, c.quote) for c in each) for each in quoted]
    return Asked(
        is_answered=answer.confidence >= threshold,
        first=any(right[:1]),
        first_three=any(right[:FIRST]),
        f1=best_f1(gold, sentences_of(answer, opened_index)) if gold.selected else None,
        quotes=len(quoted),
        citations=len(answer.citations),
        holding=sum(holds(citation, opened_index) for citation in answer.citations),
    )


def sentences_of(answer: Answer, opened_index: Opened) -> list[str]:
    """Return the sentences that are quoted, each by itself."""
    chunks = opened_index.generation.chunks([each.chunk_id for each in answer.citations])
    return [
        chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]
        for citation, chunk in zip(answer.citations, chunks, strict=True)
        for span in chunk.sentences
        if citation.span.start <= span.start < citation.span.end
    ]


def best_f1(gold: Gold, quoted: Sequence[str]) -> float:
    """Return the F1 of ``quoted`` against the reader who agrees most with it."""
    found = 0.0
    for chosen in gold.selected:
        right = sum(any(alike(one, other) for other in chosen) for one in quoted)
        held = sum(any(alike(one, other) for one in quoted) for other in chosen)
        if right and held:
            precision, recall = right / len(quoted), held / len(chosen)
            found = max(found, 2 * precision * recall / (precision + recall))
    return found


def holds(citation: Citation, opened_index: Opened) -> bool:
    """Tell whether a citation verifies, by the check that users run and by one of our own."""
    info = citation.document
    receipt = Receipt(
        citation.number,
        info.doc_id,
        citation.span.start,
        citation.span.end,
        citation.quote,
        info.text_sha256,
        info.file_sha256,
    )
    [check] = check_receipts([receipt], opened_index.generation)
    text = opened_index.generation.document(info.doc_id).text
    is_same = hashlib.sha256(text.encode()).hexdigest() == info.text_sha256
    return check.holds and is_same and citation.span.of(text) == citation.quote


def figures(asked: Sequence[Asked]) -> dict[str, float | list[float]]:
    """Return the means over ``asked``, with the interval of the F1."""
    count = max(1, len(asked))
    means: dict[str, float | list[float]] = {
        "questions": len(asked),
        "first": sum(each.first for each in asked) / count,
        "first_three": sum(each.first_three for each in asked) / count,
        "quotes": sum(each.quotes for each in asked) / count,
    }
    f1 = [each.f1 for each in asked if each.f1 is not None]
    if f1:
        means |= {"f1": sum(f1) / len(f1), "f1_interval": list(bootstrap_interval(f1))}
    return means


def shown(name: str, over: str, found: dict[str, float | list[float]]) -> str:
    """Return a row of the table."""
    row = f"{name:14}{over:10}{found['questions']:6}"
    row += "".join(f"{found[each]:9.3f}" for each in ("first", "first_three"))
    row += f"{found['quotes']:8.2f}"
    if isinstance(interval := found.get("f1_interval"), list):
        row += f"   {found['f1']:.3f} ({interval[0]:.3f} to {interval[1]:.3f})"
    return row


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "sets",
        nargs="+",
        metavar="DOCUMENTS=QUESTIONS",
        help="an index, a folder or a corpus file; and its questions",
    )
    parser.add_argument("--most", type=int, help="questions taken of each set")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    results: dict[str, dict[str, dict[str, float | list[float]]]] = {}
    everything: list[Asked] = []
    print(f"{'set':14}{'over':10}{'asked':>6}{'first':>9}{'in three':>9}{'quotes':>8}   F1")
    for documents, questions in pairs_of(options.sets):
        golds = read_golds(questions)
        random.Random(0).shuffle(golds)  # noqa: S311 - no secret
        with opened(documents) as (index, current):
            calibration = index.calibration(current)
            # Answered whatever the confidence; who would be is told by the threshold.
            models = Models(current.embedder, calibration=replace(calibration, threshold=0.0))
            threshold = threshold_of(None, calibration)
            asked = [measure(g, current, threshold, models) for g in golds[: options.most]]
        everything += asked
        name = name_of(questions)
        results[name] = {
            "all": figures(asked),
            "answered": figures([each for each in asked if each.is_answered]),
        }
        for over, found in results[name].items():
            print(shown(name, over, found))
    citations = sum(each.citations for each in everything)
    holding = sum(each.holding for each in everything)
    print(f"\n{holding} of {citations} citations of {len(everything)} answers verify")
    if options.json:
        checked = {"answers": len(everything), "citations": citations, "verify": holding}
        options.json.write_text(json.dumps({**results, "receipts": checked}, indent=2))


if __name__ == "__main__":
    main()
