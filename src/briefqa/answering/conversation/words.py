"""The words of a question, and what it names: places, people, years, whatever has a capital."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from briefqa.answering.grounding.vocabulary import (
    ACRONYMS,
    HONORIFICS,
    LONGEST_PLACE,
    MONTHS,
    PLACES,
    STOP_WORDS,
)

_WORD = re.compile(r"[^\W_]+(?:[.'’@&-][^\W_]+)*")
_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$", re.IGNORECASE)
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
# Names whatever they begin with: ai@cam, o1, eBay.
_MARKED = re.compile(r"@|^[a-z]+-?\d|^[a-z]+[A-Z]")
_PERSON_WORDS = (2, 3)
_MOST_KEYWORDS = 16

QUESTION_WORDS = frozenset(str.split("who whom whose what which when where why how"))
AUXILIARIES = frozenset(
    str.split("is are was were do does did has have had can could should would will must may might")
)
PREPOSITIONS = frozenset(
    str.split(
        "about against at behind between by for from in into of on over to towards under with"
    )
)
DETERMINERS = frozenset(str.split("the a an each every any some all both this that these those"))
_REQUESTS = frozenset(
    str.split("""
    name tell list describe explain give show compare summarise summarize find define discuss
    mention identify state please outline
    """)
)
# The words for documents count for nothing in evidence, but a pronoun can stand for them.
_NOUNS = frozenset(str.split("author authors brief digest document paper report"))
FUNCTION_WORDS = (
    (STOP_WORDS - _NOUNS)
    | QUESTION_WORDS
    | AUXILIARIES
    | PREPOSITIONS
    | DETERMINERS
    | frozenset(str.split("there then else please ok okay tell happen happened happens"))
)
"""Words that say nothing of what a question is about."""

VERBS = frozenset(
    str.split("""
    say says argue propose recommend describe define mean want call claim suggest conclude find
    identify mention discuss state expect cover explain treat see need cost contain include
    rest spend plan use offer require support oppose lead work give make take play receive affect
    differ compare respond react change address measure assess aim look go come begin start end
    happen sign join agree think believe warn stress cite name list rely depend serve apply own run
    """)
)
"""Those that come after a subject most often; what else is a verb is not known."""


class NameKind(StrEnum):
    """What may stand in for what."""

    YEAR = "year"
    NUMBER = "number"
    PLACE = "place"
    PERSON = "person"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, where it stands, and itself in lower case without a possessive."""

    text: str
    start: int
    end: int
    lower: str

    @property
    def is_content(self) -> bool:
        """Whether it says something of what is asked."""
        return self.lower not in FUNCTION_WORDS

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


@dataclass(frozen=True, slots=True)
class Name:
    """What a text names, from ``start`` to ``end``, a possessive at its end left off.

    ``first`` and ``last`` are the places of its words.
    """

    kind: NameKind
    start: int
    end: int
    first: int
    last: int


def words_of(text: str) -> list[Word]:
    """Return the words of ``text``, in order."""
    return [
        Word(found[0], found.start(), found.end(), _bare(found[0]).lower())
        for found in _WORD.finditer(text)
    ]


def _bare(word: str) -> str:
    return _POSSESSIVE.sub("", word)


def names_in(text: str, words: Sequence[Word] | None = None) -> list[Name]:
    """Return what ``text`` names, in order: by capitals, digits and a few known places."""
    words = words_of(text) if words is None else words
    return list(_names(text, words))


def _names(text: str, words: Sequence[Word]) -> Iterator[Name]:
    at = 0
    while at < len(words):
        kind, end = _name_at(text, words, at)
        if kind is None:
            at += 1
            continue
        last = words[end - 1]
        yield Name(kind, words[at].start, last.start + len(_bare(last.text)), at, end - 1)
        at = end


def _name_at(text: str, words: Sequence[Word], at: int) -> tuple[NameKind | None, int]:
    """Return of which kind the name is that begins with a word, if one does, and its end."""
    word = words[at]
    if word.lower in MONTHS and at + 1 < len(words) and _YEAR.fullmatch(words[at + 1].lower):
        return NameKind.YEAR, at + 2
    if word.text[0].isdigit():
        return (NameKind.YEAR if _YEAR.fullmatch(word.lower) else NameKind.NUMBER), at + 1
    end = _run_end(text, words, at)
    place = _place_end(words, at)
    if place > at and place >= end:
        return NameKind.PLACE, place
    if end == at:
        return None, at
    # People have no article before their names; boards and banks do.
    is_person = (not at or words[at - 1].lower != "the") and _is_person(words[at:end])
    return (NameKind.PERSON if is_person else NameKind.NAME), end


def _place_end(words: Sequence[Word], at: int) -> int:
    for length in range(min(LONGEST_PLACE, len(words) - at), 0, -1):
        form = tuple(word.lower for word in words[at : at + length])
        found = PLACES.get(form)
        if found is None or found == "ai":
            continue
        if length == 1 and form[0] in ACRONYMS and not _bare(words[at].text).isupper():
            continue
        return at + length
    return at


def _run_end(text: str, words: Sequence[Word], at: int) -> int:
    """Return where the run of capitalised words that begins at ``at`` ends; ``at`` if none."""
    if not _is_named(words, at):
        return at
    end = at + 1
    while end < len(words):
        ahead = end
        # "Bank of England" is one name, and so is "Endowment for International Peace".
        if words[end].text in {"of", "for"} and end + 1 < len(words):
            ahead = end + 1
        between = text[words[ahead - 1].end : words[ahead].start]
        if (
            not (words[ahead].is_capital or _MARKED.search(words[ahead].text))
            or between.strip(" .")
            or _is_owner(words[end - 1])
        ):
            break
        end = ahead + 1
    return end


def _is_owner(word: Word) -> bool:
    return len(_bare(word.text)) < len(word.text)


def _is_named(words: Sequence[Word], at: int) -> bool:
    word = words[at]
    if _MARKED.search(word.text):
        return True
    if not word.is_capital or word.text == "I" or word.lower in HONORIFICS:
        return False
    # A sentence begins with a capital whatever it begins with.
    return at > 0 or not (word.lower in FUNCTION_WORDS or word.lower in _REQUESTS)


def _is_person(run: Sequence[Word]) -> bool:
    return len(run) in _PERSON_WORDS and all(
        word.istitle() and word.isalpha() for word in (_bare(each.text) for each in run)
    )


def keywords(text: str) -> str:
    """Return the words of ``text`` that say what it is about, each once, in order."""
    kept: dict[str, str] = {}
    for word in words_of(text):
        if word.is_content and word.lower not in _REQUESTS:
            kept.setdefault(word.lower, _bare(word.text))
    return " ".join(list(kept.values())[:_MOST_KEYWORDS])
