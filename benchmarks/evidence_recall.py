"""Measures how often the passages found hold the words that answer, and who is declined.

A question's evidence recall@k is the share of its quotes that lie, white space
folded, in one of the first k passages of that document.
"""

import argparse
import json
from pathlib import Path

from questions import Question, indexed, read_questions

from briefqa import Service

DEPTHS = (1, 3, 5, 10)


def folded(text: str) -> str:
    """Return ``text`` with every run of white space as one space."""
    return " ".join(text.split())


def recalls(question: Question, service: Service) -> list[float]:
    """Return the evidence recall of ``question`` at each of `DEPTHS`."""
    passages = service.search(question.text, top_k=max(DEPTHS)).passages
    ranks = [
        next(
            (
                p.hit.rank
                for p in passages
                if p.document.doc_id == doc_id and folded(quote) in folded(p.text)
            ),
            max(DEPTHS) + 1,
        )
        for doc_id, quote in question.evidence
    ]
    return [sum(rank <= k for rank in ranks) / len(ranks) for k in DEPTHS]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("documents", type=Path, help="folder of documents")
    parser.add_argument("questions", type=Path, help="JSONL file of questions with evidence")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    questions = read_questions(options.questions)
    with indexed(options.documents) as (service, _):
        found = [recalls(q, service) for q in questions if q.evidence]
        answers = [service.ask(q.text) for q in questions]
    means = {f"recall@{k}": sum(r[i] for r in found) / len(found) for i, k in enumerate(DEPTHS)}
    declined = [q for q, a in zip(questions, answers, strict=True) if not a.answered]
    rightly = sum(not q.is_answerable for q in declined)
    unanswerable = sum(not q.is_answerable for q in questions)
    answerable = len(questions) - unanswerable
    print(f"{len(found)} questions with evidence, {unanswerable} without an answer\n")
    for name, value in means.items():
        print(f"evidence {name:10} {value:.3f}")
    print(f"\ndeclined rightly   {rightly} of {unanswerable}")
    print(f"declined wrongly   {len(declined) - rightly} of {answerable}")
    for question in declined:
        print(f"  {'wrong' if question.is_answerable else 'right'}: {question.text}")
    if options.json:
        wrongly = len(declined) - rightly
        figures = {**means, "declined_rightly": rightly, "declined_wrongly": wrongly}
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
