"""Writes sentences wrongly as small language models do: with words that are all in the passage.

A sentence of a document is changed by surface alone, so that nothing of the rules that are measured
decides what they are measured by. A change that the passage has already is none. Some of the
changes that are kept may happen to be true; none of them is said.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_FUNCTION = frozenset(
    str.split(
        "the a an this that these those its his her their our and or but nor of in on at for from "
        "with by to as into than over under between among during after before about against within "
        "through per is are was were be been being has have had do does did can could will would "
        "may might must shall should not no who which whom whose where when while if because it he "
        "she they we you i there also such more most other many some all any each both only very "
        "so then however one two three first second out up down off per same own new"
    )
)
_ADJECTIVE = re.compile(r"[a-z]{2,}(?:al|ic|ive|ous|ful|less|ary|able|ible)")
_ADJECTIVE_AND_NOUN = re.compile(rf"\b({_ADJECTIVE.pattern}) ([a-z]{{4,}})\b")
_NAME_OF_TWO = re.compile(r"(?<=[a-z,] )([A-Z][a-z]{2,}) ([A-Z][a-z]{2,})\b(?! [A-Z])")
_PAIR = re.compile(r"\b([a-z]{4,}) and ([a-z]{4,})\b")
_NOUN = re.compile(
    r"\b(?:the|a|an|its|their|of) ([a-z]{4,})"
    r"(?= (?:of|in|on|for|from|to|by|is|was|and|that) |[.,;])"
)
_PLAIN_NOUN = re.compile(
    r"\b(?:the|a|an|its|their) ([a-z]{4,})(?= (?:of|in|on|for|from|to|by|with|at|as|that) | ?[.,;])"
)
_YEAR = re.compile(r"(?<=\b[Ii]n )(1\d\d\d|20[0-2]\d)\b")
_PLACE = re.compile(r"\b(in|at|from|of|by|to|for) ((?:[A-Z][a-z]{2,} ?)+\b)")
_SUBJECT = re.compile(
    r"((?:The |An? )?(?:[\w’'-]+ ){1,4}?)((?:is|are|was|were|has|had|will|can|could|became) .+)"
)
_NO_SUBJECT = frozenset(
    str.split(
        "it he she they this these there that which who when where although though because if"
    )
)
_LAST_OBJECT = re.compile(
    r"\b(?:of|in|on|for|from|to|by|with|at|and) (?:the |a |an )?[^,;()]{4,40}[.]$"
)
_OPENING = re.compile(r"((?:In|During|After|Since|By|On) [^,;:()]{3,40}?) ?, ([^:;()“\"]+?) ?\.")
_BRACKETS = re.compile(r" \([^()]*\)")
_MEANT = re.compile(
    r"\b(plan|plans|planned|want|wants|wanted|seek|seeks|sought|aim|aims|aimed|hope|hopes|hoped|try"
    r"|tries|tried|attempt|attempts|attempted|intend|intends|intended|refuse|refuses|refused|agreed"
    r"|proposed|offered|promised|expected|ordered|asked|urged|allowed|able|need|needs|needed) to "
    r"([a-z]{3,})\b"
)
_CONDITION = re.compile(r"(?:If|Unless) [^,]{8,80}?, ([a-z][^“\"]{20,}[.])")
_REPORTED = re.compile(
    r"\b(?:said|says|say|claim|claims|claimed|argue|argues|argued|believe|believes|believed|suggest"
    r"|suggests|suggested|think|thinks|thought|allege|alleges|alleged|assert|asserts|asserted)"
    r" that\b"
)
_FEWEST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence, the passage that it is of, and another passage."""

    sentence: str
    passage: str
    elsewhere: str


Change = Callable[[Place, random.Random], Iterator[str]]


def is_held_out(title: str) -> bool:
    """Say whether an article is one of the half that nobody looks at while the rules are made."""
    return hashlib.sha256(title.encode()).digest()[0] % 2 == 1


def places_of(
    passages: Sequence[str], cut: Callable[[str], Sequence[str]], dice: random.Random
) -> Iterator[Place]:
    """Yield the whole sentences of ``passages``."""
    for passage in passages:
        elsewhere = dice.choice(passages)
        for sentence in cut(passage):
            if len(sentence.split()) >= _FEWEST_WORDS and sentence.rstrip()[-1:] == ".":
                yield Place(sentence.strip(), passage, elsewhere)


def _put(text: str, match: re.Match[str], group: int, new: str) -> str:
    return text[: match.start(group)] + new + text[match.end(group) :]


def _modifiers(pattern: re.Pattern[str], place: Place, dice: random.Random) -> Iterator[str]:
    found = [match.groups() for match in pattern.finditer(place.passage)]
    for match in pattern.finditer(place.sentence):
        modifier, head = match.groups()
        others = [m for m, h in found if m != modifier and h != head and m not in _FUNCTION]
        others = [m for m in others if f"{m} {head}" not in place.passage]
        if others and not {modifier, head} & _FUNCTION:
            yield _put(place.sentence, match, 1, dice.choice(others))


def _modifier(place: Place, dice: random.Random) -> Iterator[str]:
    yield from _modifiers(_ADJECTIVE_AND_NOUN, place, dice)


def _name_modifier(place: Place, dice: random.Random) -> Iterator[str]:
    yield from _modifiers(_NAME_OF_TWO, place, dice)


def _pair(place: Place, dice: random.Random) -> Iterator[str]:
    nouns = [m for m in _NOUN.findall(place.passage) if m not in _FUNCTION]
    for match in _PAIR.finditer(place.sentence):
        first, second = match.groups()
        others = [n for n in nouns if n[:4] not in {first[:4], second[:4]}]
        others = [n for n in others if f"{first} and {n}" not in place.passage]
        if others and not {first, second} & _FUNCTION:
            yield _put(place.sentence, match, 2, dice.choice(others))


def _objects(place: Place, dice: random.Random) -> Iterator[str]:
    found = [m for m in _PLAIN_NOUN.finditer(place.sentence) if m[1] not in _FUNCTION]
    pairs = [
        (one, other)
        for at, one in enumerate(found)
        for other in found[at + 1 :]
        if one[1][:4] != other[1][:4]
        and not re.search(r"[,;]|\b(?:and|or|than|as)\b", place.sentence[one.end() : other.start()])
    ]
    for one, other in dice.sample(pairs, min(1, len(pairs))):
        yield _put(_put(place.sentence, other, 1, one[1]), one, 1, other[1])


def _year(place: Place, dice: random.Random) -> Iterator[str]:
    held = set(_YEAR.findall(place.passage))
    for match in _YEAR.finditer(place.sentence):
        if others := sorted(held - set(re.findall(r"\d{4}", place.sentence))):
            yield _put(place.sentence, match, 1, dice.choice(others))


def _name(place: Place, dice: random.Random) -> Iterator[str]:
    held = [(before, name.strip()) for before, name in _PLACE.findall(place.passage)]
    for match in _PLACE.finditer(place.sentence):
        others = sorted(
            {n for p, n in held if p == match[1] and n not in place.sentence and n != match[2]}
        )
        if others:
            yield _put(place.sentence, match, 2, dice.choice(others))


def _phrase(place: Place, dice: random.Random) -> Iterator[str]:
    """Yield a name or noun alone with what is said of another."""
    names = [m.groups() for m in _NAME_OF_TWO.finditer(place.passage)]
    years = sorted(set(_YEAR.findall(place.passage)))
    for match in _NAME_OF_TWO.finditer(place.sentence):
        modifier, head = match.groups()
        others = [m for m, h in names if m != modifier and h != head]
        others = [m for m in others if f"{m} {head}" not in place.passage]
        if others:
            yield f"The {dice.choice(others)} {head}."
        away = [year for year in years if year not in place.sentence]
        if away:
            yield f"The {dice.choice(away)} {modifier} {head}."
    for said in _modifiers(_ADJECTIVE_AND_NOUN, place, dice):
        at = next(i for i, (a, b) in enumerate(zip(said, place.sentence, strict=False)) if a != b)
        start = said.rfind(" ", 0, at) + 1
        yield f"The {' '.join(re.findall(r'[a-z]+', said[start:])[:2])}."


def _ends(place: Place, _: random.Random) -> Iterator[str]:
    subject = _subject_of(place.sentence)
    last = _LAST_OBJECT.search(place.sentence)
    if subject is None or last is None or last.start() <= subject.start(2):
        return
    named = subject[1].strip()
    preposition = last[0].split()[0]
    small = named[0].lower() + named[1:] if named.split()[0].lower() in _FUNCTION else named
    yield f"{place.sentence[: last.start()]}{preposition} {small}."


def _subject(place: Place, dice: random.Random) -> Iterator[str]:
    own = _subject_of(place.sentence)
    if own is None:
        return
    found = map(_subject_of, re.split(r"(?<=[.])\s+", place.passage))
    others = [match[1] for match in found if match and not _words(match[1]) & _words(own[1])]
    if others:
        yield dice.choice(others) + own[2]


def _subject_of(sentence: str) -> re.Match[str] | None:
    match = _SUBJECT.match(sentence)
    said = set(match[1].lower().split()) if match else set()
    return match if said - _FUNCTION and not said & _NO_SUBJECT else None


def _added(place: Place, dice: random.Random) -> Iterator[str]:
    """Yield the sentence with one noun of another text in place of one of its own."""
    held = place.passage.lower()
    nouns = sorted({n for n in _NOUN.findall(place.elsewhere) if n[:5] not in held} - _FUNCTION)
    found = list(_PLAIN_NOUN.finditer(place.sentence))
    if nouns and found:
        yield _put(place.sentence, dice.choice(found), 1, dice.choice(nouns))


def _words(text: str) -> set[str]:
    return set(text.lower().split()) - _FUNCTION


def _opening_moved(place: Place, _: random.Random) -> Iterator[str]:
    match = _OPENING.fullmatch(place.sentence)
    if match and "," not in match[2]:
        opening, rest = match.groups()
        yield f"{rest[0].upper()}{rest[1:]} {opening[0].lower()}{opening[1:]}."


def _brackets_left_out(place: Place, _: random.Random) -> Iterator[str]:
    without = _BRACKETS.sub("", place.sentence)
    if without != place.sentence:
        yield without


def _copied(place: Place, _: random.Random) -> Iterator[str]:
    yield place.sentence


def _meant(place: Place, _: random.Random) -> Iterator[str]:
    """Yield as a fact what is only meant, planned or asked for."""
    for match in _MEANT.finditer(place.sentence):
        verb = match[2]
        ending = "s" if match[1].endswith("s") else "d" if verb.endswith("e") else "ed"
        yield place.sentence[: match.start()] + verb + ending + place.sentence[match.end() :]


def _condition(place: Place, _: random.Random) -> Iterator[str]:
    if match := _CONDITION.fullmatch(place.sentence):
        yield match[1][0].upper() + match[1][1:]


def _reported(place: Place, _: random.Random) -> Iterator[str]:
    """Yield as a fact what someone says or thinks."""
    if match := _REPORTED.search(place.sentence):
        said = place.sentence[match.end() :].lstrip(" ,")
        yield said[0].upper() + said[1:]


MISWRITTEN: dict[str, Change] = {
    "modifier of another noun": _modifier,
    "modifier of another name": _name_modifier,
    "noun of a pair": _pair,
    "nouns swapped": _objects,
    "year of another": _year,
    "name of another": _name,
    "phrase with no verb": _phrase,
    "both ends alike": _ends,
    "subject of another": _subject,
    "noun from elsewhere": _added,
    "meant, told as done": _meant,
    "condition left out": _condition,
    "reported, told as fact": _reported,
}
REWRITTEN: dict[str, Change] = {
    "copied": _copied,
    "opening moved": _opening_moved,
    "brackets left out": _brackets_left_out,
}
