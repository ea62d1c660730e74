"""Measures how often the verdict on a sentence is right, where it is known whether it is true.

True are sentences that people wrote from a passage, statements made of a question and its
answer, and sentences of documents put otherwise; false are the same by another passage, with
another answer of the same kind, or corrupted. Right is `supported` of a true one, and anything
else of a false one. Sentences are judged by the whole passage; with `--cited` by the few sentences
of it that an answer would cite, as what a language model writes is. Balanced accuracy is the mean
of what is right of true and of false sentences; on each side what was written, stated and taken
from documents counts alike, and so do the kinds of each. Its interval is Wald's, of 95 in 100.
"""

import argparse
import gzip
import json
import math
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corruptions import CORRUPTIONS, NAME, PARAPHRASES, Pool, sentences_of, wilson
from miswritten import MISWRITTEN, REWRITTEN, is_held_out, places_of
from nupunkt import sent_spans

from briefqa.answering.generating import find_support
from briefqa.answering.grounding import Judgement, judge_sentence
from briefqa.datatypes import Chunk, ChunkId, DocId, Hit, Span, Verdict

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_VERB = r"(?:is|are|was|were|has|have|had|can|could|will|would|may|must|\w{2,}ed|became|led) "
_SUBJECT = re.compile(
    rf"(?:who|what|which|(?:what|which) \w+|how many(?P<counted> \w+)) (?P<rest>{_VERB}.+?)[?. ]*",
    re.IGNORECASE,
)
_FEWEST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence, what it is judged by, and whether that bears it out."""

    kind: str
    sentence: str
    quote: str
    is_true: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Of how many sentences of a kind the verdict was right."""

    kind: str
    cases: int
    right: int
    is_true: bool

    @property
    def share(self) -> float:
        """The share of the cases that was judged rightly."""
        return self.right / self.cases

    @property
    def family(self) -> str:
        """What the kind is one of."""
        return re.split(r"[,:]", self.kind)[0]

    def shown(self) -> str:
        """Return a row of the table."""
        low, high = wilson(self.right, self.cases)
        told = "true" if self.is_true else "false"
        row = f"{self.kind:34}{told:6}{self.cases:7}{self.share:8.1%}"
        return f"{row}  {low:.1%} to {high:.1%}"


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answers and the passage that it was asked of."""

    text: str
    answers: tuple[str, ...]
    passage: str


def questions_of(folder: Path) -> list[Question]:
    """Return the answerable questions of a set whose passage is known."""
    with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        passages = {r["_id"]: f"{r.get('title', '')}. {r['text']}" for r in map(json.loads, lines)}
    asked_of: dict[str, str] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, held_by, *_ = line.split("\t")
        asked_of.setdefault(query, held_by)
    found = []
    for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        passage = record.get("asked_of") or asked_of.get(record["_id"])
        if record["answerable"] and passage in passages:
            answers = tuple(record["answers"])
            found.append(Question(record["text"], answers, passages[passage]))
    return found


def written(questions: Sequence[Question], dice: random.Random) -> Iterator[Case]:
    """Yield the sentences of answers that people wrote, by their passage and by another."""
    for question in questions:
        other = dice.choice([q for q in questions if q.passage != question.passage])
        for answer in question.answers:
            for sentence in _SENTENCE_END.split(" ".join(answer.split())):
                if len(sentence.split()) >= _FEWEST_WORDS:
                    yield Case("written", sentence, question.passage, is_true=True)
                    yield Case("written, other", sentence, other.passage, is_true=False)


def stated(questions: Sequence[Question], dice: random.Random) -> Iterator[Case]:
    """Yield questions with their answers as statements, and with answers of others."""
    by_kind: dict[str, list[str]] = {}
    by_passage: dict[str, list[str]] = {}
    for question in questions:
        by_kind.setdefault(_kind(question.answers[0]), []).append(question.answers[0])
        by_passage.setdefault(question.passage, []).append(question.answers[0])
    for question in questions:
        answer = question.answers[0]
        statement = stating(question.text, answer)
        if statement is None:
            continue
        yield Case("stated", statement, question.passage, is_true=True)
        other = dice.choice([q for q in questions if q.passage != question.passage])
        yield Case("stated, other", statement, other.passage, is_true=False)
        # One of the same passage is the harder to tell: its words are all there.
        near = [a for a in by_passage[question.passage] if _kind(a) == _kind(answer)]
        for kind, pool in (("near", near), ("far", by_kind[_kind(answer)])):
            swapped = [a for a in pool if not any(_overlap(a, each) for each in question.answers)]
            if swapped and (false := stating(question.text, dice.choice(swapped))):
                yield Case(f"stated, {kind} swap", false, question.passage, is_true=False)


def stating(question: str, answer: str) -> str | None:
    """Return a question about its subject as a statement, or None for any other question."""
    match = _SUBJECT.fullmatch(question.strip())
    if match is None:
        return None
    said = f"{answer}{match['counted'] or ''} {match['rest']}."
    return said[0].upper() + said[1:]


def reworded(sentences: Sequence[str], dice: random.Random) -> Iterator[Case]:
    """Yield sentences of documents put otherwise, and corrupted, by what they were."""
    pool = Pool(tuple(sorted({m for s in sentences for m in NAME.findall(s)})))
    for title, changes, is_true in (
        ("reworded", PARAPHRASES, True),
        ("corrupted", CORRUPTIONS, False),
    ):
        for kind, change in changes.items():
            for sentence in sentences:
                for changed in change(sentence, dice, pool):
                    yield Case(f"{title}: {kind}", changed, sentence, is_true)


def miswritten(folder: Path, dice: random.Random) -> Iterator[Case]:
    """Yield sentences of the passages of a set, and wrong ones of their words.

    A kind is told apart by whether its article is of the half that the rules were made without.
    """
    with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = list(map(json.loads, lines))
    for half, is_out in (("seen", False), ("unseen", True)):
        passages = [r["text"] for r in records if is_held_out(r.get("title", "")) == is_out]
        places = list(places_of(passages, _sentences, dice))
        for changes, is_true in ((REWRITTEN, True), (MISWRITTEN, False)):
            for kind, change in changes.items():
                for place in places:
                    for said in change(place, dice):
                        if said not in place.passage or is_true:
                            yield Case(f"{kind}, {half}", said, place.passage, is_true)


def _sentences(passage: str) -> list[str]:
    return [passage[start:end] for start, end in sent_spans(passage)]


def _kind(answer: str) -> str:
    if re.search(r"\d", answer):
        return "year" if re.search(r"\b(?:1\d|20)\d\d\b", answer) else "number"
    return "name" if answer[0].isupper() else "words"


def _overlap(one: str, other: str) -> bool:
    first, second = (set(re.findall(r"\w+", text.casefold())) for text in (one, other))
    return first <= second or second <= first


def by_passage(sentence: str, passage: str) -> Judgement:
    """Judge a sentence by all of a passage."""
    return judge_sentence(sentence, [passage])


def by_cited(sentence: str, passage: str) -> Judgement:
    """Judge a sentence by what an answer would cite of a passage."""
    spans = tuple(Span(start, end) for start, end in sent_spans(passage))
    whole = Span(0, len(passage))
    chunk = Chunk(ChunkId("c"), DocId("d"), whole, passage, (), "", spans)
    return find_support(sentence, [], [Hit(chunk, 1.0, 1, {})]).judgement


def wrong_of(
    cases: Sequence[Case], judge: Callable[[str, str], Judgement], times: list[float]
) -> Iterator[str]:
    """Judge ``cases``; yield those of which the verdict is wrong, and add the milliseconds."""
    for case in cases:
        began = time.perf_counter()
        judgement = judge(case.sentence, case.quote)
        times.append((time.perf_counter() - began) * 1000)
        if (judgement.verdict is Verdict.SUPPORTED) != case.is_true:
            yield f"    {case.sentence} | {judgement.worst}"


def balanced_accuracy(rows: Sequence[Row]) -> tuple[float, float]:
    """Return it and half the width of its interval."""
    balanced = spread = 0.0
    for is_true in (True, False):
        side = [row for row in rows if row.is_true == is_true]
        families: dict[str, list[Row]] = {}
        for row in side:
            families.setdefault(row.family, []).append(row)
        for family in families.values():
            weight = 1 / (2 * len(families) * len(family))
            balanced += sum(weight * row.share for row in family)
            spread += sum(weight**2 * row.share * (1 - row.share) / row.cases for row in family)
    return balanced, 1.96 * math.sqrt(spread)


def chosen(cases: Sequence[Case], most: int, dice: random.Random) -> dict[str, list[Case]]:
    """Return at most so many cases of each kind."""
    by_kind: dict[str, list[Case]] = {}
    for case in cases:
        by_kind.setdefault(case.kind, []).append(case)
    return {kind: dice.sample(found, min(len(found), most)) for kind, found in by_kind.items()}


def measured(
    by_kind: dict[str, list[Case]], options: argparse.Namespace, times: list[float]
) -> list[Row]:
    """Judge the cases, print a row for each kind, and add the milliseconds."""
    rows: list[Row] = []
    print(f"{'kind':34}{'is':6}{'cases':>7}{'right':>8}  95 % interval")
    for kind, taken in by_kind.items():
        wrong = list(wrong_of(taken, by_cited if options.cited else by_passage, times))
        rows.append(Row(kind, len(taken), len(taken) - len(wrong), is_true=taken[0].is_true))
        print(rows[-1].shown())
        print(*wrong[: options.examples], sep="\n", end="\n" if options.examples else "")
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", nargs="*", type=Path, default=[], help="folders of them")
    parser.add_argument("--written", type=Path, help="a set with answers that people wrote")
    parser.add_argument("--stated", type=Path, help="a set with short answers")
    parser.add_argument("--miswritten", nargs="*", type=Path, default=[], help="sets to miswrite")
    parser.add_argument("--most", type=int, default=1000, help="cases judged of each kind")
    parser.add_argument("--seed", type=int, default=0, help="of what is chosen")
    parser.add_argument("--examples", type=int, default=0, help="wrong verdicts shown of each kind")
    parser.add_argument("--cited", action="store_true", help="judge by what would be cited")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    dice = random.Random(options.seed)  # noqa: S311 - no secret
    cases: list[Case] = []
    if options.written:
        cases += written(questions_of(options.written), dice)
    if options.stated:
        cases += stated(questions_of(options.stated), dice)
    cases += reworded(sentences_of(options.documents), dice)
    times: list[float] = []
    rows = measured(chosen(cases, options.most, dice), options, times)
    balanced, half = balanced_accuracy(rows)
    median, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    print(f"\nbalanced accuracy {balanced:.1%} ({balanced - half:.1%} to {balanced + half:.1%})")
    print(f"{median:.2f} ms a sentence, {p95:.2f} ms at p95")
    if options.miswritten:
        dice = random.Random(options.seed)  # noqa: S311 - no secret
        cases = [case for folder in options.miswritten for case in miswritten(folder, dice)]
        print("\nas small models write; of articles that were seen, and of others")
        rows += measured(chosen(cases, options.most, dice), options, times)
    if options.json:
        told = {"balanced_accuracy": balanced, "half_width": half, "median_ms": median}
        kinds = {row.kind: {"cases": row.cases, "right": row.share} for row in rows}
        options.json.write_text(json.dumps({**told, "p95_ms": p95, "kinds": kinds}, indent=2))


if __name__ == "__main__":
    main()
