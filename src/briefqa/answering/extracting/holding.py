"""Whether a sentence holds a thing of the kind asked for.

English alone, as far as words go; numbers and names in capitals are told in more languages.
"""

import re
from functools import lru_cache

from briefqa.answering.extracting.asking import Kind, Request

_NUMBER = (
    r"\d[\d.,]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?"
    r"|hundreds?|thousands?|millions?|billions?|half|third|quarter|twice|once|no|none|single)\b"
)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_PATTERNS = {
    Kind.AMOUNT: re.compile(
        r"[$£€%]|\b(?:dollars?|pounds?|euros?|per ?cent|pence|cents?)\b|" + _NUMBER, re.IGNORECASE
    ),
    Kind.NUMBER: re.compile(_NUMBER, re.IGNORECASE),
    Kind.DATE: re.compile(
        rf"\b1\d{{3}}s?\b|\b20\d\ds?\b|\b(?:{_MONTHS})\b|\b\w+ century\b|\b\d+ years ago\b"
        r"|\b(?:BC|AD|BCE|CE)\b"
    ),
}
_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-Z][\w’'-]+")
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_SAYS_WHAT_IS = (
    r"(?:is|are|was|were|refers? to|means?|denotes?|describes?|consists? of|comprises?"
    r"|stands? for|(?:can|may|could) be (?:defined|described|understood|seen)|has been defined)"
)


def holds_kind(request: Request, sentence: str) -> float | None:
    """Return 1 if ``sentence`` holds what is asked for, 0 if not, None if that cannot be told.

    What the question itself says is no answer to it.
    """
    # Words such as *because* were tried: sentences that give reasons often have none of them.
    if request.kind in {Kind.ANYTHING, Kind.REASON}:
        return None
    if request.kind is Kind.DEFINITION:
        return float(any(each.search(sentence) for each in _defining(request.subject or "")))
    asked = request.question.casefold()
    if request.kind in {Kind.NAME, Kind.PLACE}:
        said = set(_WORD.findall(asked))
        found = (word.casefold() for word in _NAME.findall(sentence))
        return float(any(word.removesuffix("'s").removesuffix("’s") not in said for word in found))
    pattern = _PATTERNS[request.kind]
    return float(any(m[0].casefold() not in asked for m in pattern.finditer(sentence)))


@lru_cache(maxsize=64)
def _defining(subject: str) -> tuple[re.Pattern[str], ...]:
    """Return what a sentence that defines ``subject`` looks like."""
    marks = r"[\s\"“”’'*_-]+"
    term = marks.join(re.escape(_singular(word)) + "(?:e?s)?" for word in subject.split())
    begins = r"^[^,;:]{0,40}?,?\s*(?:an?\s|the\s|[“\"*_]+)*"
    aside = r"[”\"’'*_)]*(?:\s*\([^)]*\))?(?:, (?:or|also|which|sometimes)[^,]{0,60},)?"
    return (
        re.compile(rf"{begins}\b{term}\b{aside}\s+(?:\w+ly )?{_SAYS_WHAT_IS}\b", re.IGNORECASE),
        re.compile(
            rf"\bdefin\w+\b.{{0,40}}\b{term}\b|\b{term}\b.{{0,30}}\bdefin\w+\b"
            rf"|\b(?:called|known as|termed)\s+(?:an?\s|the\s)?[“\"]?{term}\b",
            re.IGNORECASE,
        ),
    )


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > len("gas") else word
