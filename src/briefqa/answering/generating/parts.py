"""Tells what part each word of an English sentence plays: by its form, and by its neighbours."""

from collections.abc import Sequence
from enum import Enum, auto

from briefqa.answering.generating.bonds import (
    ARTICLES,
    AUXILIARIES,
    JOINING,
    OPENING,
    PREPOSITIONS,
    RELATIVES,
)
from briefqa.answering.generating.quoted import is_end
from briefqa.answering.generating.verbs import base_of, is_chiefly_verb, is_irregular_past
from briefqa.answering.grounding.dates import read_date
from briefqa.answering.grounding.vocabulary import LONGEST_PLACE, PLACES
from briefqa.answering.grounding.words import BREAK, Token, TokenKind


class Part(Enum):
    """What a word is in its sentence; marks that part nothing are ``INSIDE``."""

    NOUN = auto()
    """A noun, or a word that stands with one: adjectives, names, numbers."""
    VERB = auto()
    AUXILIARY = auto()
    ADVERB = auto()
    PREPOSITION = auto()
    DETERMINER = auto()
    JOINING = auto()
    OPENING = auto()
    RELATIVE = auto()
    PRONOUN = auto()
    INSIDE = auto()
    MARK = auto()
    OTHER = auto()


_DETERMINING = ARTICLES | frozenset(
    str.split(
        "its his her their our my your this these that those each every all both some any no "
        "several many most few such same another other own"
    )
)
_SPECIFYING = _DETERMINING - frozenset(str.split("such same other own"))
_PERSONAL = frozenset(str.split("he she it they we i you who which"))
_OBJECTS = frozenset(str.split("him them us me himself itself themselves herself"))
_GOVERNING = frozenset(str.split("can could will would may might must shall should do does did"))
_INSIDE = frozenset("-\u2011“”\"'’‘`$£€%&/")
_ENDING = frozenset(".;!?" + BREAK)
_HYPHENS = frozenset("-\u2011")
_FUNCTIONS: dict[str, Part] = {
    **dict.fromkeys(_PERSONAL | _OBJECTS, Part.PRONOUN),
    **dict.fromkeys(_DETERMINING, Part.DETERMINER),
    **dict.fromkeys(OPENING | frozenset(str.split("where how whether why so")), Part.OPENING),
    **dict.fromkeys(RELATIVES, Part.RELATIVE),
    **dict.fromkeys(JOINING, Part.JOINING),
    **dict.fromkeys(str.split("than off onto above below up via"), Part.PREPOSITION),
    **dict.fromkeys(PREPOSITIONS, Part.PREPOSITION),
    **dict.fromkeys(AUXILIARIES, Part.AUXILIARY),
    **dict.fromkeys(str.split("been get gets make made makes"), Part.AUXILIARY),
}
_SHORTEST_PAST = 4
_SHORTEST_ADVERB = 5


def parts_of(tokens: Sequence[Token]) -> list[Part]:
    """Return what each of ``tokens`` is."""
    parts: list[Part] = []
    inside = _inside(tokens)
    for at in range(len(tokens)):
        parts.append(Part.INSIDE if at in inside else _part(tokens, at, parts))
    _add_verbs(tokens, parts)
    return parts


def _inside(tokens: Sequence[Token]) -> set[int]:
    """Return the words that stand for nothing alone: of a country, and of a date with a year."""
    found: set[int] = set()
    at = 0
    while at < len(tokens):
        date = read_date(tokens, at)
        end = date.end if date else at + 1
        if date and date.year is not None:
            found |= {each for each in range(at, end) if tokens[each].text != str(date.year)}
        elif tokens[at].key.startswith("@"):
            end = at + _length_of_place(tokens, at)
            found |= set(range(at + 1, end))
        at = end
    return found


def _length_of_place(tokens: Sequence[Token], at: int) -> int:
    """Return how many words the name of a country has."""
    end = at + 1
    while end < min(len(tokens), at + LONGEST_PLACE) and not tokens[end].key:
        end += 1
    words = [token.text.lower().replace("’", "'") for token in tokens[at:end]]
    words[-1] = words[-1].removesuffix("'s")
    return next((n for n in range(len(words), 0, -1) if tuple(words[:n]) in PLACES), 1)


def _add_verbs(tokens: Sequence[Token], parts: list[Part]) -> None:
    """Take a word that may be a verb for one where a sentence has none."""
    start = 0
    for end in range(len(parts) + 1):
        if end < len(parts) and not (parts[end] is Part.MARK and tokens[end].text in _ENDING):
            continue
        if not {Part.VERB, Part.AUXILIARY} & set(parts[start:end]):
            found = [at for at in range(start + 1, end) if _agrees(tokens, at, parts)]
            if found:
                # Of *leading ports range* it is the last.
                parts[found[-1]] = Part.VERB
        start = end + 1


def _agrees(tokens: Sequence[Token], at: int, parts: Sequence[Part]) -> bool:
    """Say whether a word may be the verb of the noun before it: *ships range*, *a ship ranges*."""
    word = tokens[at].lower
    place = at - 1
    while place and parts[place] in {Part.INSIDE, Part.ADVERB, Part.OTHER}:
        place -= 1
    before = tokens[place]
    is_noun_before = parts[place] is Part.NOUN and before.kind is TokenKind.WORD
    is_verb = parts[at] is Part.NOUN and not tokens[at].is_capital and base_of(word) is not None
    if not is_noun_before or not is_verb:
        return False
    is_many = before.lower.endswith("s") and not before.lower.endswith("ss")
    if word.endswith("s"):
        return not is_many
    is_next = at + 1 < len(tokens) and parts[at + 1] not in {Part.NOUN, Part.MARK}
    return is_next and (is_many or "and" in {token.lower for token in tokens[:place]})


def _part(tokens: Sequence[Token], at: int, before: Sequence[Part]) -> Part:
    token = tokens[at]
    if token.kind is TokenKind.MARK:
        is_inside = token.text in _INSIDE or _is_tight(tokens, at)
        is_abbreviating = token.text == "." and not is_end(tokens, at)
        return Part.INSIDE if is_inside or is_abbreviating else Part.MARK
    if token.kind is not TokenKind.WORD:
        return Part.NOUN
    if token.key:
        return _of_content(tokens, at, before)
    return _of_function(tokens, at)


def _is_tight(tokens: Sequence[Token], at: int) -> bool:
    """Say whether a mark stands inside a word or number: *1990–95*."""
    is_dash = tokens[at].text in "–—" and 0 < at < len(tokens) - 1
    return is_dash and tokens[at - 1].end == tokens[at].start == tokens[at + 1].start - 1


def _of_function(tokens: Sequence[Token], at: int) -> Part:
    word, after = tokens[at].lower, _after(tokens, at)
    if word in {"'s", "s"} and at and tokens[at - 1].text in {"'", "’"}:
        return Part.INSIDE
    if word == "to" and base_of(after) == after and after not in _DETERMINING:
        return Part.OTHER
    if word in {"that", "those"} and after in {"of", "in"}:
        return Part.PRONOUN
    if word == "that" and at and tokens[at - 1].key:
        return Part.RELATIVE
    is_month = word == "may" and tokens[at].is_capital and not tokens[at].opens
    return Part.NOUN if is_month else _FUNCTIONS.get(word, Part.OTHER)


def _of_content(tokens: Sequence[Token], at: int, before: Sequence[Part]) -> Part:
    token = tokens[at]
    word, base = token.lower, base_of(token.lower)
    if word in PREPOSITIONS | OPENING | RELATIVES:
        return Part.PREPOSITION if word in PREPOSITIONS else Part.OPENING
    is_name = token.is_capital and not token.opens
    is_compound = at > 0 and tokens[at - 1].text in _HYPHENS
    if is_name or is_compound:
        return Part.NOUN
    if word.endswith("ly") and len(word) >= _SHORTEST_ADVERB and base is None:
        return Part.ADVERB
    is_past = word.endswith("ed") and len(word) >= _SHORTEST_PAST
    if not at or token.opens or (base is None and not is_past):
        return Part.NOUN
    is_verb = _is_past if base is None else _is_verb
    return Part.VERB if is_verb(tokens, at, before) else Part.NOUN


def _is_verb(tokens: Sequence[Token], at: int, before: Sequence[Part]) -> bool:
    word = tokens[at].lower
    if _is_governed(tokens, at, before):
        return True
    if is_irregular_past(word) or word.endswith("ed"):
        return _is_past(tokens, at, before)
    if word.endswith("ing"):
        return _is_going_on(tokens, at, before)
    last, after = _last(before), _after(tokens, at)
    if last in {Part.DETERMINER, Part.PREPOSITION} or after == "of":
        return False
    is_last = at + 1 == len(tokens) or tokens[at + 1].kind is TokenKind.MARK
    if is_chiefly_verb(word) and (last is not Part.NOUN or _may_agree(word, tokens[at - 1])):
        return word.endswith("s") or not is_last
    is_object = after in _SPECIFYING | _OBJECTS | {"that"}
    return is_object and last in {Part.NOUN, Part.RELATIVE, Part.JOINING}


def _may_agree(word: str, before: Token) -> bool:
    return word.endswith("s") or before.lower.endswith("s") or before.is_capital


def _is_governed(tokens: Sequence[Token], at: int, before: Sequence[Part]) -> bool:
    """Say whether the word before makes this one a verb: *to keep*, *will keep*, *who keeps*."""
    place = at - 1
    while place >= 0 and (before[place] is Part.ADVERB or tokens[place].lower == "not"):
        place -= 1
    if place < 0:
        return False
    word = tokens[place].lower
    is_infinitive = word == "to" and before[place] is Part.OTHER
    is_subject = word in _PERSONAL and before[place] is not Part.NOUN
    return is_infinitive or is_subject or word in _GOVERNING


def _is_past(tokens: Sequence[Token], at: int, before: Sequence[Part]) -> bool:
    """Say whether a past form is no adjective: *prices were reduced*, and not *reduced prices*."""
    last = _last(before)
    stands_before_noun = at + 1 < len(tokens) and _is_nounlike(tokens[at + 1])
    is_inside = last in {Part.DETERMINER, Part.PREPOSITION, Part.JOINING, Part.VERB}
    if is_inside and stands_before_noun:
        return False
    return last is not Part.DETERMINER


def _is_going_on(tokens: Sequence[Token], at: int, before: Sequence[Part]) -> bool:
    """Say whether a word in *-ing* has an object, or goes on: *is keeping*, *by keeping the …*."""
    if _last(before) is Part.AUXILIARY:
        return True
    if at + 1 == len(tokens) or _last(before) is Part.DETERMINER:
        return False
    after = tokens[at + 1]
    is_object = after.lower in _SPECIFYING | _OBJECTS or (
        after.is_capital and _last(before) is not Part.NOUN
    )
    return is_object or (_last(before) in {Part.NOUN, Part.MARK} and after.lower in PREPOSITIONS)


def _is_nounlike(token: Token) -> bool:
    return token.kind is not TokenKind.MARK and bool(token.key) and token.lower not in PREPOSITIONS


def _last(before: Sequence[Part]) -> Part | None:
    skipped = {Part.ADVERB, Part.INSIDE}
    return next((part for part in reversed(before) if part not in skipped), None)


def _after(tokens: Sequence[Token], at: int) -> str:
    return tokens[at + 1].lower if at + 1 < len(tokens) else ""
