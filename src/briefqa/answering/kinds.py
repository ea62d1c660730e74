"""What kind of thing a question asks for, and whether a sentence holds one.

English alone; of a question in any other language, every sentence may be an answer.
"""

import re
from dataclasses import dataclass

_NUMBER = (
    r"\d[\d.,]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?"
    r"|hundreds?|thousands?|millions?|billions?|half|third|quarter|twice|once|no|none|single)\b"
)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_UNITS_OF_LENGTH = r"\b(?:miles?|km|kilomet\w+|met(?:er|re)s?|feet|foot|yards?|inch\w*|acres?)\b"
_UNITS_OF_TIME = (
    r"\b(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|decades?|centur\w+|generations?"
    r"|until|since)\b|\d{4}"
)
_AMOUNT = r"(?i:[$£€%]|\b(?:dollars?|pounds?|euros?|per ?cent|pence|cents?)\b|" + _NUMBER + ")"
_DATE = rf"\b1\d{{3}}s?\b|\b20\d\d\b|\b(?:{_MONTHS})\b|\b\w+ century\b|\b\d+ years ago\b"
_NAME = r"(?<!^)(?<![.!?] )\b[A-Z][\w’'-]+"

_ASKS_AMOUNT = (
    r"\bhow (?:much|expensive|costly)\b|\bwhat (?:percent\w*|share|proportion|fraction)\b"
    r"|\b(?:what|which) (?:is|was|are|were|\w+ )?.{0,30}"
    r"\b(?:budget|cost|price|fine|fee|salary|gdp|revenue|turnover)\b"
)
# When things *do* happen may be no date: when the pastry is blind baked.
_ASKS_DATE = (
    r"\bwhen (?:did|was|were|had|will)\b"
    r"|\b(?:what|which) (?:year|date|century|decade|month|day)\b"
)
_ASKS_PLACE = r"\b(?:what|which) (?:country|countries|city|cities|town|region|state|river|lake)\b"

# Which questions ask for what; the first that fits counts.
_KINDS = (
    (r"\bhow (?:far|tall|high|deep|wide)\b", _UNITS_OF_LENGTH),
    (r"\bhow long\b", f"(?i:{_UNITS_OF_TIME}|{_UNITS_OF_LENGTH})"),
    (_ASKS_AMOUNT, _AMOUNT),
    (r"\bhow (?:many|old|often|large|big)\b|\bwhat number\b", f"(?i:{_NUMBER})"),
    (_ASKS_DATE, _DATE),
    (_ASKS_PLACE, _NAME),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked for: something that ``pattern`` finds, and that the question does not say."""

    pattern: re.Pattern[str] | None
    asked: str

    def may_be_in(self, sentence: str) -> bool:
        """Tell whether ``sentence`` holds such a thing, or whether that cannot be told."""
        if self.pattern is None:
            return True
        return any(
            found[0].casefold() not in self.asked for found in self.pattern.finditer(sentence)
        )


_COMPILED = tuple((re.compile(asks, re.IGNORECASE), re.compile(holds)) for asks, holds in _KINDS)


def kind_asked(question: str) -> Kind:
    """Return what kind of thing ``question`` asks for."""
    pattern = next((holds for asks, holds in _COMPILED if asks.search(question)), None)
    return Kind(pattern, question.casefold())
