"""Measures which changes to true sentences the rules of grounding catch.

Every sentence of the documents is changed in each way that applies, and judged by the
sentence it was: by itself (what is caught), and put otherwise but truly (false alarms).
Caught is any verdict but supported; refused is one that makes `briefqa verify` fail.
The intervals are Wilson's (1927), of 95 in 100.
"""

import argparse
import json
import math
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from briefqa.answering.grounding import judge_sentence
from briefqa.chunking.sentences import units
from briefqa.datatypes import BlockKind, Document
from briefqa.documents import SourceFile, read_file

Change = Callable[[str, random.Random, "Pool"], Iterator[str]]

_FEWEST_WORDS = 6
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-]*[A-Za-z])(?!\w)")
YEAR = re.compile(r"(?<![\w.,-])(?:19|20)\d\d(?![\w-])(?![.,]\d)")
NAME = re.compile(r"(?<=[a-z,] )(?:[A-Z][\w]+)(?: [A-Z][\w]+)*(?=[ ,.;:)’'])")
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|has|have|had|will|would|should|must|may|might)\b")
_NOT = re.compile(r"\b(?:do|does|did) not | not(?! only| merely)\b| never\b|(?<=can)not\b")
_WORDS = {"two": "three", "three": "four", "four": "six", "five": "seven", "six": "nine"}
_SCALES = {"million": "billion", "billion": "million", "thousand": "million", "bn": "m"}
_UNITS = {
    "£": "$", "$": "€", "%": " percentage points", "per cent": "percentage points",
    "percent": "percentage points", "days": "weeks", "weeks": "months", "months": "years",
    "years": "months", "kg": "tonnes", "km": "miles", "GW": "MW",
}  # fmt: skip
_TURNS = {
    "rise": "fall", "rose": "fell", "rising": "falling", "increase": "decrease",
    "increased": "decreased", "increasing": "decreasing", "growing": "shrinking",
    "growth": "decline", "grew": "shrank", "more": "less", "higher": "lower",
    "strengthen": "weaken", "strengthens": "weakens", "stronger": "weaker",
    "deepens": "eases", "before": "after", "largest": "smallest", "without": "with",
}  # fmt: skip
_SAME_COUNTRY = (
    ("uk", "united kingdom", "britain", "british"),
    ("china", "chinese", "prc"),
    ("us", "united states", "america"),
    ("eu",),
    ("un", "united nations"),
)
_NUMBER_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 25: "twenty-five", 46: "forty-six"}
_MONTHS = str.split(
    "January February March April May June July August September October November December"
)
_DATE = re.compile(rf"\b(\d\d?) ({'|'.join(_MONTHS)}) (\d{{4}})\b")


@dataclass(frozen=True, slots=True)
class Pool:
    """What names are swapped for: those of all documents."""

    names: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """What became of the cases of one kind."""

    cases: int = 0
    flagged: int = 0
    refused: int = 0
    examples: list[str] = field(default_factory=list)


def sentences_of(folders: Sequence[Path]) -> list[str]:
    """Return the distinct sentences of the documents in ``folders``, on one line each."""
    found: dict[str, None] = {}
    for folder in folders:
        for path in sorted(p for p in folder.iterdir() if p.is_file()):
            for document in read_file(SourceFile(path, path.name)):
                if isinstance(document, Document):
                    found |= dict.fromkeys(_sentences(document))
    return list(found)


def _sentences(document: Document) -> Iterator[str]:
    for block in document.blocks:
        for _, span in units(document.text, block):
            if span is not None and block.kind is not BlockKind.HEADER:
                text = " ".join(span.of(document.text).split())
                if len(text.split()) >= _FEWEST_WORDS and text[-1] in ".!?”’":
                    yield text


def _swapped(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _digit(text: str, dice: random.Random, _: Pool) -> Iterator[str]:
    for match in _NUMBER.finditer(text):
        at = dice.choice([i for i in range(match.start(), match.end()) if text[i].isdigit()])
        lowest = "123456789" if at == match.start() else "0123456789"
        yield _swapped(text, at, at + 1, dice.choice([d for d in lowest if d != text[at]]))
    yield from _by_table(text, _WORDS)


def _year(text: str, dice: random.Random, _: Pool) -> Iterator[str]:
    for match in YEAR.finditer(text):
        moved = int(match.group()) + dice.choice((-11, -3, -2, -1, 1, 2, 3, 11))
        if str(moved) not in text:
            yield _swapped(text, *match.span(), str(moved))


def _by_table(text: str, table: dict[str, str]) -> Iterator[str]:
    for old, new in table.items():
        edge = r"\b" if old.isalpha() else ""
        for match in re.finditer(edge + re.escape(old) + edge, text):
            yield _swapped(text, *match.span(), new)


def _is_named(name: str, text: str) -> bool:
    """Say whether ``text`` has all of ``name`` already, or a country by another word."""
    said = text.casefold()
    for family in _SAME_COUNTRY:
        if any(w in name.casefold() for w in family) and any(w in said for w in family):
            return True
    return all(word.casefold().removesuffix("s") in said for word in name.split())


def _name(text: str, dice: random.Random, pool: Pool) -> Iterator[str]:
    for match in NAME.finditer(text):
        others = [n for n in pool.names if not _is_named(n, text)]
        alike = [n for n in others if n.count(" ") == match.group().count(" ")] or others
        yield _swapped(text, *match.span(), dice.choice(alike))


def _negation(text: str, _: random.Random, __: Pool) -> Iterator[str]:
    for match in _NOT.finditer(text):
        yield _swapped(text, *match.span(), "")
    for match in _AUXILIARY.finditer(text):
        if not text[match.end() :].startswith((" not", "n’t", "n't", " no ", " never")):
            yield _swapped(text, match.end(), match.end(), " not")


def _modality(text: str, _: random.Random, __: Pool) -> Iterator[str]:
    yield from _by_table(text, {"may": "will", "might": "will", "could": "will", "will": "may"})


CORRUPTIONS: dict[str, Change] = {
    "digit": _digit,
    "year": _year,
    "scale": lambda text, _, __: _by_table(text, _SCALES),
    "unit": lambda text, _, __: _by_table(text, _UNITS),
    "direction": lambda text, _, __: _by_table(text, _TURNS),
    "name": _name,
    "negation": _negation,
    "modality": _modality,
}


def _countries(text: str, _: random.Random, __: Pool) -> Iterator[str]:
    for old, new in (
        ("the UK", "the United Kingdom"),
        ("The UK", "The United Kingdom"),
        ("the United States", "the US"),
        ("the EU", "the European Union"),
        ("the PRC", "the People's Republic of China"),
    ):
        for match in re.finditer(rf"\b{old}\b", text):
            yield _swapped(text, *match.span(), new)


def _formats(text: str, _: random.Random, __: Pool) -> Iterator[str]:
    for value, word in _NUMBER_WORDS.items():
        for match in re.finditer(rf"(?<![\w.,£$-]){value}(?![\w.,%-])", text):
            yield _swapped(text, *match.span(), word)
        for match in re.finditer(rf"(?<!-)\b{word}\b(?!-)", text):
            yield _swapped(text, *match.span(), str(value))
    for match in re.finditer(r"£(\d+) (b|m)illion", text):
        count, scale = match.groups()
        yield _swapped(text, *match.span(), f"GBP {count}{'bn' if scale == 'b' else 'm'}")
        yield _swapped(text, *match.span(), f"{count} {scale}illion pounds")
        yield _swapped(text, *match.span(), f"£{int(count) * (10**9 if scale == 'b' else 10**6):,}")


def _dates(text: str, _: random.Random, __: Pool) -> Iterator[str]:
    for match in _DATE.finditer(text):
        day, month, year = match.groups()
        number = _MONTHS.index(month) + 1
        yield _swapped(text, *match.span(), f"{year}-{number:02}-{int(day):02}")
        yield _swapped(text, *match.span(), f"{month} {day}, {year}")
        yield _swapped(text, match.start(), match.end(), f"{month} {year}")


def _percents(text: str, _: random.Random, __: Pool) -> Iterator[str]:
    for match in re.finditer(r"(\d) ?(?:%|per cent|percent)", text):
        for form in ("%", " %", " per cent", " percent"):
            yield _swapped(text, *match.span(), match.group(1) + form)


def _clauses(text: str, _: random.Random, __: Pool) -> Iterator[str]:
    first, comma, rest = text.partition(", ")
    if comma and len(first.split()) >= _FEWEST_WORDS and not re.search(r"[“‘(]", first):
        yield first + "."
    if comma and len(rest.split()) >= _FEWEST_WORDS and not re.search(r"[”’)]", rest):
        yield rest[0].upper() + rest[1:]


PARAPHRASES: dict[str, Change] = {
    "verbatim": lambda text, _, __: iter((text,)),
    "re-punctuated": lambda text, _, __: iter((text.rstrip(".!?”’") + "!",)),
    "number format": _formats,
    "date format": _dates,
    "percent spelling": _percents,
    "country": _countries,
    "clause left out": _clauses,
}


def wilson(hits: int, cases: int) -> tuple[float, float]:
    """Return the interval that holds the true share 95 times in 100."""
    z = 1.96
    share = hits / cases
    middle = (share + z * z / (2 * cases)) / (1 + z * z / cases)
    half = z * math.sqrt(share * (1 - share) / cases + z * z / (4 * cases**2))
    half /= 1 + z * z / cases
    return max(0.0, middle - half), min(1.0, middle + half)


def measure(
    changes: dict[str, Change],
    sentences: Sequence[str],
    seed: int,
    times: list[float],
    *,
    bad: bool,
) -> dict[str, Tally]:
    """Judge every change of every sentence; keep examples of what went wrong."""
    pool = Pool(tuple(sorted({m for s in sentences for m in NAME.findall(s)})))
    tallies = {kind: Tally() for kind in changes}
    for kind, change in changes.items():
        dice = random.Random(seed)  # noqa: S311 - no secret
        for sentence in sentences:
            for changed in change(sentence, dice, pool):
                began = time.thread_time()
                judgement = judge_sentence(changed, [sentence])
                times.append((time.thread_time() - began) * 1000)
                tally = tallies[kind]
                is_flagged = judgement.verdict.value != "supported"
                tally.cases += 1
                tally.flagged += is_flagged
                tally.refused += not judgement.holds
                if is_flagged != bad:
                    tally.examples.append(f"{changed} | {judgement.worst}")
    return tallies


def show(title: str, tallies: dict[str, Tally]) -> Tally:
    """Print a table by kind, and return the sum of its rows."""
    print(f"{title:18}{'cases':>7}{'flagged':>9}{'share':>9}  {'95 % interval':17}{'refused':>8}")
    total = Tally(
        sum(t.cases for t in tallies.values()),
        sum(t.flagged for t in tallies.values()),
        sum(t.refused for t in tallies.values()),
    )
    for kind, tally in {**tallies, "all": total}.items():
        if not tally.cases:
            print(f"{kind:18}{0:7}")
            continue
        low, high = wilson(tally.flagged, tally.cases)
        share, refused = tally.flagged / tally.cases, tally.refused / tally.cases
        interval = f"{low:.1%} to {high:.1%}"
        print(f"{kind:18}{tally.cases:7}{tally.flagged:9}{share:9.1%}  {interval:17}{refused:8.1%}")
    print()
    return total


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    seeds = Path(__file__).parents[1] / "seeds"
    parser.add_argument("folders", nargs="*", type=Path, default=[seeds], help="of documents")
    parser.add_argument("--seed", type=int, default=0, help="of the digits and names chosen")
    parser.add_argument("--examples", action="store_true", help="print what went wrong")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    sentences = sentences_of(options.folders)
    times: list[float] = []
    caught = measure(CORRUPTIONS, sentences, options.seed, times, bad=True)
    alarms = measure(PARAPHRASES, sentences, options.seed, times, bad=False)
    print(f"{len(sentences)} sentences\n")
    show("corruption", caught)
    show("true", alarms)
    p95 = sorted(times)[int(len(times) * 0.95)]
    print(f"{p95:.2f} ms of processor time a sentence at p95")
    if options.examples:
        for kind, tally in {**caught, **alarms}.items():
            print(*(f"{kind}: {example}" for example in tally.examples), sep="\n")
    if options.json:
        rows = {
            kind: {"cases": t.cases, "flagged": t.flagged, "refused": t.refused}
            for kind, t in {**caught, **alarms}.items()
        }
        options.json.write_text(json.dumps({"p95_ms": p95, "kinds": rows}, indent=2))


if __name__ == "__main__":
    main()
