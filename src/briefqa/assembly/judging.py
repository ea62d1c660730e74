"""Judges the sentences of an answer in its JSON form by the quotes they cite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefqa.answering import Receipt
from briefqa.answering.grounding import Claim, ClaimKind, Judgement, judge_sentence
from briefqa.datatypes import JsonValue, Verdict
from briefqa.errors import UsageError
from briefqa.wire import WireObject

_LONGEST_SAID = 100


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence of an answer, and the numbers of its citations."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SentenceCheck:
    """How a sentence, the ``number``-th from 1, was judged; ``problem`` says what is wrong."""

    number: int
    sentence: CitedSentence
    judgement: Judgement
    problem: str | None

    @property
    def holds(self) -> bool:
        """Say whether the sentence neither goes against its quotes nor without them."""
        return self.problem is None


def sentences_from_wire(value: object) -> list[CitedSentence]:
    """Return the sentences of an answer in its JSON form; none where it has no such field.

    Raises:
        UsageError: If they are no list of objects with ``text`` and ``citations``.
    """
    found = value.get("sentences") if isinstance(value, Mapping) else None
    if found is None:
        return []
    if not isinstance(found, list):
        msg = "sentences is not a list; expected what `briefqa ask --json` printed"
        raise UsageError(msg)
    return [_sentence(each, f"sentences[{place}]") for place, each in enumerate(found)]


def check_sentences(
    sentences: Sequence[CitedSentence], receipts: Sequence[Receipt]
) -> list[SentenceCheck]:
    """Judge each sentence by the quotes of the receipts that it cites."""
    quotes: dict[int, list[str]] = {}
    for receipt in receipts:
        quotes.setdefault(receipt.number, []).append(receipt.quote)
    checks: list[SentenceCheck] = []
    for number, sentence in enumerate(sentences, 1):
        cited = [quote for n in dict.fromkeys(sentence.citations) for quote in quotes.get(n, ())]
        judgement = judge_sentence(sentence.text, cited)
        problem = None if judgement.holds else _problem(number, judgement, cited)
        checks.append(SentenceCheck(number, sentence, judgement, problem))
    return checks


def with_sentences(found: WireObject, checks: Sequence[SentenceCheck]) -> WireObject:
    """Return what checking the receipts gave, and beside it how each sentence was judged."""
    rows: list[JsonValue] = [
        {
            "number": check.number,
            "text": check.sentence.text,
            "citations": list(check.sentence.citations),
            "verdict": check.judgement.verdict.value,
            "holds": check.holds,
            "problem": check.problem,
            "claims": [_claim(claim) for claim in check.judgement.claims],
        }
        for check in checks
    ]
    holds = bool(found["holds"]) and all(check.holds for check in checks)
    return {**found, "holds": holds, "sentences": rows}


def _claim(claim: Claim) -> JsonValue:
    return {
        "kind": claim.kind.value,
        "said": claim.said,
        "quoted": claim.quoted,
        "outcome": claim.outcome.value,
    }


def _problem(number: int, judgement: Judgement, quotes: Sequence[str]) -> str:
    claim = judgement.worst
    if not quotes or claim is None:
        return f"sentence {number} cites no quote"
    said = _shortened(claim.said)
    if claim.outcome is Verdict.CONTRADICTED and claim.quoted is not None:
        return f"sentence {number} says {said}, its quotes say {_shortened(claim.quoted)}"
    if claim.kind is ClaimKind.WORDING:
        return f"sentence {number} says more than its quotes, which do not have {said}"
    return f"sentence {number} says {said}, its quotes do not"


def _shortened(text: str) -> str:
    shown = text if len(text) <= _LONGEST_SAID else f"{text[: _LONGEST_SAID - 1]}…"
    return f"'{shown}'"


def _sentence(value: object, where: str) -> CitedSentence:
    text = value.get("text") if isinstance(value, Mapping) else None
    numbers = value.get("citations") if isinstance(value, Mapping) else None
    if not isinstance(text, str):
        msg = f"{where} is no object with a string as its text"
        raise UsageError(msg)
    # A bool is an int to Python, but not to whoever wrote the file.
    if not isinstance(numbers, list) or any(type(number) is not int for number in numbers):
        msg = f"{where}.citations is not a list of whole numbers"
        raise UsageError(msg)
    return CitedSentence(text, tuple(numbers))
