"""Measures how often a follow-up finds the words that answer it, and whether others are left alone.

Each follow-up is asked as it stands, as `self_contained` makes it, and as someone wrote it
out in full; found is a question with its quote, white space folded, in the first passage, or
in one of the first five. A question that stands on its own, given a conversation about
something else, must come back as it was; those with an open pronoun ("When was this act
passed?") are counted apart. The intervals are Wilson's (1927), of 95 in 100.
"""

import argparse
import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from questions import indexed, read_questions

from briefqa import Service
from briefqa.answering.conversation import self_contained
from briefqa.answering.conversation.leaning import leaning_of
from briefqa.datatypes import Turn

_DEPTHS = (1, 5)
_SEED = 20


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question that leans on its history, and the same written out in full.

    ``terms`` must be in it once it is self-contained; ``quote`` of the document
    ``doc_id`` answers it, if any does.
    """

    question: str
    history: tuple[Turn, ...]
    full: str
    terms: tuple[str, ...]
    doc_id: str | None
    quote: str


def read_follow_ups(path: Path) -> list[FollowUp]:
    """Read a JSONL file of follow-ups."""
    records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [
        FollowUp(
            record["question"],
            tuple(Turn(turn["question"], turn["answer"]) for turn in record["history"]),
            record["full"],
            tuple(record["terms"]),
            record.get("doc"),
            record.get("quote", ""),
        )
        for record in records
    ]


def rank_of(question: str, follow_up: FollowUp, service: Service) -> int:
    """Return the rank of the first passage with the words that answer; one more than read."""
    passages = service.search(question, top_k=max(_DEPTHS)).passages
    quote = " ".join(follow_up.quote.split())
    return next(
        (
            passage.hit.rank
            for passage in passages
            if passage.document.doc_id == follow_up.doc_id
            and quote in " ".join(passage.text.split())
        ),
        max(_DEPTHS) + 1,
    )


def wilson(count: int, total: int) -> tuple[float, float]:
    """Return the interval of a share."""
    z, share = 1.959964, count / total
    middle = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return (middle - half) / scale, (middle + half) / scale


def changed(questions: Sequence[str], histories: Sequence[Sequence[Turn]]) -> tuple[int, int]:
    """Return how many questions are changed, each after a history drawn for it.

    Returns:
        How many that stand on their own, and how many with an open pronoun.
    """
    draw = random.Random(_SEED)  # noqa: S311 - not for secrets
    standing, opened = 0, 0
    for question in questions:
        history = draw.choice(histories)
        if self_contained(question, history) == question:
            continue
        leaning = leaning_of(question)
        is_open = leaning is not None and leaning.pronoun is not None
        opened += is_open
        standing += not is_open
    return standing, opened


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("documents", type=Path, help="folder of documents")
    parser.add_argument("follow_ups", type=Path, help="JSONL file of follow-ups")
    parser.add_argument("standing", type=Path, nargs="*", help="questions that lean on nothing")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what is not found")
    options = parser.parse_args()
    asked = read_follow_ups(options.follow_ups)
    figures: dict[str, object] = {"follow_ups": len(asked)}
    resolved = [self_contained(each.question, each.history) for each in asked]
    whole = sum(
        all(term.casefold() in text.casefold() for term in each.terms)
        for each, text in zip(asked, resolved, strict=True)
    )
    print(f"{len(asked)} follow-ups, {whole} with all that they lean on once rewritten\n")
    figures["with_terms"] = whole
    with indexed(options.documents) as (service, _):
        here = [(each, text) for each, text in zip(asked, resolved, strict=True) if each.doc_id]
        print(f"of the {len(here)} that the documents answer")
        for name, texts in (
            ("as asked", [each.question for each, _ in here]),
            ("rewritten", [text for _, text in here]),
            ("written out", [each.full for each, _ in here]),
        ):
            ranks = [
                rank_of(text, each, service) for text, (each, _) in zip(texts, here, strict=True)
            ]
            for depth in _DEPTHS:
                count = sum(rank <= depth for rank in ranks)
                low, high = wilson(count, len(ranks))
                share = count / len(ranks)
                print(f"  {name:12} evidence@{depth} {share:.3f} [{low:.3f}, {high:.3f}]")
                figures[f"{name.replace(' ', '_')}@{depth}"] = share
            if options.verbose:
                for text, rank in zip(texts, ranks, strict=True):
                    print(f"    {rank} {text}" if rank > 1 else "", end="\n" if rank > 1 else "")
    histories = [each.history for each in asked]
    for path in options.standing:
        questions = [each.text for each in read_questions(path)]
        standing, opened = changed(questions, histories)
        kept = 1 - standing / len(questions)
        print(
            f"\n{path}: {len(questions)} questions after an unrelated history\n"
            f"  {standing} changed ({kept:.2%} as they were), and {opened} with an open pronoun"
        )
        figures[str(path)] = {"changed": standing, "open": opened, "questions": len(questions)}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
