"""Measures which revised sentences are told from what they revise, and what is told in vain.

Found: every sentence of the documents is changed in each way that applies, as a later
document might have it, and held against what it was. Then each document gets a revised copy,
which changes one thing in each sentence that can be changed; both are indexed, each sentence
is asked for by its own words, and the answer must say both.

Alarms: questions are asked of documents that seldom contradict each other, and whatever
differs is printed, to be looked at. The intervals are Wilson's (1927), of 95 in 100.
"""

import argparse
import json
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from corruptions import CORRUPTIONS, NAME, YEAR, Change, Pool, sentences_of, wilson
from questions import indexed, read_questions

from briefqa import Service
from briefqa.answering.grounding.differing import Attested, find_differences
from briefqa.answering.grounding.statements import read_statement
from briefqa.datatypes import Answer

KINDS = ("digit", "year", "scale", "unit", "direction", "negation")
_OLD, _NEW = "2024-05-01", "2025-03-10"
_SENTENCES_A_DOCUMENT = 40


def revisions(sentence: str, kind: str, dice: random.Random, pool: Pool) -> Iterator[str]:
    """Yield what a later document may say instead; a digit of a year is no revision."""
    change: Change = CORRUPTIONS[kind]
    years = re.findall(YEAR, sentence)
    for changed in change(sentence, dice, pool):
        if kind != "digit" or re.findall(YEAR, changed) == years:
            yield changed


def found_in_pairs(sentences: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return, for each kind of revision, how many there are and how many differ."""
    pool = Pool(tuple(sorted({name for each in sentences for name in NAME.findall(each)})))
    found: dict[str, tuple[int, int]] = {}
    for kind in KINDS:
        dice = random.Random(0)  # noqa: S311 - no secret
        outcomes = [
            bool(
                find_differences(
                    Attested(read_statement(sentence), _OLD),
                    Attested(read_statement(changed), _NEW),
                )
            )
            for sentence in sentences
            for changed in revisions(sentence, kind, dice, pool)
        ]
        found[kind] = len(outcomes), sum(outcomes)
    return found


def found_in_answers(sentences: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the same for answers from documents and their revised copies."""
    pool = Pool(tuple(sorted({name for each in sentences for name in NAME.findall(each)})))
    dice = random.Random(0)  # noqa: S311 - no secret
    cases: list[tuple[str, str, str]] = []
    kept: list[str] = []
    for place, sentence in enumerate(sentences):
        # Rare kinds first, or nearly all would be negations.
        options = [
            (kind, changed) for kind in KINDS for changed in revisions(sentence, kind, dice, pool)
        ]
        kind, changed = options[0] if options else ("", sentence)
        kept.append(changed)
        if kind and place % 2 == 0:
            cases.append((kind, sentence, changed))
        elif kind:
            kept[-1] = sentence
    with tempfile.TemporaryDirectory() as folder:
        for dated, texts in ((_OLD, sentences), (_NEW, kept)):
            for start in range(0, len(texts), _SENTENCES_A_DOCUMENT):
                part = " ".join(texts[start : start + _SENTENCES_A_DOCUMENT])
                head = f"---\ntitle: Part {start}\npublished: {dated}\n---\n"
                path = Path(folder) / f"{dated}-{start}.md"
                path.write_text(f"{head}{part}\n", encoding="utf-8")
        with indexed(Path(folder)) as (service, _):
            outcomes = [(kind, _says_both(service.ask(old), old, new)) for kind, old, new in cases]
    return {
        kind: (
            sum(each == kind for each, _ in outcomes),
            sum(each == kind and is_found for each, is_found in outcomes),
        )
        for kind in KINDS
    }


def _says_both(answer: Answer, old: str, new: str) -> bool:
    quotes = {each.number: " ".join(each.quote.split()) for each in answer.citations}
    return any(
        any(old in quotes[number] for number in each.citations)
        and any(new in quotes[number] for number in each.citations)
        for each in answer.disagreements
    )


def alarms(documents: Path, questions: Path, most: int) -> tuple[int, int, list[str]]:
    """Return how many answers there are, how many quote several documents, and what differs."""
    asked = read_questions(questions)
    random.Random(0).shuffle(asked)  # noqa: S311 - no secret
    with indexed(documents) as (service, _):
        answers = _answers(service, [each.text for each in asked[:most]])
    several = sum(len({c.document.doc_id for c in each.citations}) > 1 for each in answers)
    return len(answers), several, list(dict.fromkeys(_differing(answers)))


def _answers(service: Service, questions: Sequence[str]) -> list[Answer]:
    return [answer for each in questions if (answer := service.ask(each)).answered]


def _differing(answers: Sequence[Answer]) -> Iterator[str]:
    for answer in answers:
        quotes = {each.number: each for each in answer.citations}
        for each in answer.disagreements:
            sides = "\n".join(
                f"    {said!r} in {quotes[number].document.doc_id}: {quotes[number].quote}"
                for said, number in zip(each.said, each.citations, strict=True)
            )
            yield f"  {answer.question}\n{sides}"


def show(title: str, found: dict[str, tuple[int, int]]) -> None:
    """Print a table by kind."""
    print(f"{title:24}{'cases':>7}{'found':>7}{'share':>8}  95 % interval")
    total = tuple(map(sum, zip(*found.values(), strict=True)))
    for kind, (cases, hits) in {**found, "all": total}.items():
        if cases:
            low, high = wilson(hits, cases)
            print(f"{kind:24}{cases:7}{hits:7}{hits / cases:8.1%}  {low:.1%} to {high:.1%}")
    print()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    seeds = Path(__file__).parents[1] / "seeds"
    parser.add_argument("--folders", nargs="*", type=Path, default=[seeds], help="of documents")
    parser.add_argument(
        "sets", nargs="*", metavar="DOCUMENTS=QUESTIONS", help="folder or corpus file, and its set"
    )
    parser.add_argument("--most", type=int, default=3000, help="questions taken of each set")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    sentences = sentences_of(options.folders)
    pairs, answers = found_in_pairs(sentences), found_in_answers(sentences)
    show("revised sentences", pairs)
    show("answers that say both", answers)
    figures: dict[str, object] = {"pairs": pairs, "answers": answers}
    for pair in options.sets:
        documents, _, path = pair.partition("=")
        given, several, differing = alarms(Path(documents), Path(path), options.most)
        name = Path(path).parent.name
        print(f"{name}: {given} answers, {several} from several documents, {len(differing)} differ")
        print(*differing, sep="\n")
        figures[name] = {"answers": given, "several": several, "differ": len(differing)}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
