"""Reads quotes for who does what in them: their sentences, verbs, and what a noun hangs on."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from briefqa.answering.generating.bonds import (
    ARTICLES,
    AUXILIARIES,
    BE,
    HAVE,
    JOINING,
    OPENING,
    PREPOSITIONS,
    PRONOUNS,
    is_adverb,
    is_participle,
    is_past,
    verb_key,
)
from briefqa.answering.grounding.words import BREAK, Token, TokenKind, tokens_of

A_VERB = "verb"
"""What a noun hangs on if that is a verb; otherwise it is the word itself."""

_DETERMINING = ARTICLES | frozenset(
    str.split(
        "its his her their this these those our my your s however also then now today later first "
        "once other several many most some all both no each every more such same own"
    )
)
"""Words that stand inside the phrase of a noun, or between it and its verb."""

_OWNING = frozenset(str.split("its their his her"))
_ENDING = frozenset(",;:.!?()[]—" + BREAK)
_AUXILIARY_REACH = 4
_LONGEST_INSERT = 6


@dataclass(frozen=True, slots=True)
class Quotes:
    """The words of the quotes; ``sentence`` counts the sentences that they stand in."""

    tokens: tuple[Token, ...]
    sentence: tuple[int, ...]
    places: dict[str, tuple[int, ...]]
    verbs: dict[str, tuple[int, ...]]

    def foreign(self, start: int, end: int, own: AbstractSet[str]) -> bool:
        """Say whether tokens [start, end) have a word that is none of ``own``, brackets apart."""
        depth = 0
        for token in self.tokens[start:end]:
            depth = max(0, depth + (token.text == "(") - (token.text == ")"))
            counts = token.key and token.kind is not TokenKind.NUMBER and not is_adverb(token)
            if counts and not depth and token.key not in own:
                return True
        return False

    def is_bridged(self, at: int) -> bool:
        """Say whether a pronoun before ``at``, in its sentence, may stand for another noun."""
        number = self.sentence[at]
        start = self.sentence.index(number)
        return any(token.lower in PRONOUNS - _OWNING for token in self.tokens[start:at])


@lru_cache(256)
def read_quotes(text: str) -> Quotes:
    """Return the words of ``text``, quotes put together with a break between each two."""
    tokens = tokens_of(text)
    numbers: list[int] = []
    places: dict[str, list[int]] = {}
    verbs: dict[str, list[int]] = {}
    number = 0
    for at, token in enumerate(tokens):
        numbers.append(number)
        number += is_end(tokens, at)
        if token.key:
            places.setdefault(token.key, []).append(at)
        if token.kind is TokenKind.WORD:
            verbs.setdefault(verb_key(token), []).append(at)
    return Quotes(tokens, tuple(numbers), _frozen(places), _frozen(verbs))


def _frozen(places: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(found) for key, found in places.items()}


def is_end(tokens: Sequence[Token], at: int) -> bool:
    """Say whether a mark ends a sentence, or parts it in two."""
    token = tokens[at]
    if token.kind is not TokenKind.MARK:
        return False
    if token.text in {";", BREAK}:
        return True
    is_inside = at + 1 < len(tokens) and tokens[at + 1].text[0].islower()
    is_initial = token.text == "." and at > 0 and len(tokens[at - 1].text) == 1
    return token.text in {".", "!", "?"} and not is_inside and not is_initial


def is_passive_at(quotes: Quotes, verb: int) -> bool:
    """Say whether the verb at ``verb`` is done to its subject."""
    tokens = quotes.tokens
    if not is_participle(tokens[verb]):
        return False
    at = before_insert(tokens, verb - 1)
    for token in reversed(tokens[max(0, at + 1 - _AUXILIARY_REACH) : at + 1]):
        if token.kind is not TokenKind.WORD or token.lower in HAVE:
            break
        if token.lower in BE:
            return True
        if token.key and not is_adverb(token):
            break
    return verb + 1 < len(tokens) and tokens[verb + 1].lower == "by"


def before_insert(tokens: Sequence[Token], at: int) -> int:
    """Return the place before what stands between two commas that end at ``at``."""
    if at < 0 or tokens[at].text != ",":
        return at
    inside = range(at - 1, max(-1, at - 1 - _LONGEST_INSERT), -1)
    return next((place - 1 for place in inside if tokens[place].text == ","), at)


def governor_of(quotes: Quotes, at: int) -> tuple[str, int]:
    """Return what the noun at ``at`` hangs on, and its place.

    That is a preposition, a form of *be*, ``"verb"`` for any other verb before it, or nothing.
    """
    tokens = quotes.tokens
    for place in range(at - 1, -1, -1):
        token = tokens[place]
        if token.kind is TokenKind.MARK:
            if token.text in _ENDING:
                return "", place
        elif token.lower in PREPOSITIONS - {"as"}:
            return ("" if _only_frames(tokens, place, at) else token.lower), place
        elif token.lower in BE:
            return token.lower, place
        elif token.lower in AUXILIARIES or _takes_object(tokens, place):
            return A_VERB, place
        elif not token.key and token.lower not in _DETERMINING | JOINING:
            return "", place
    return "", -1


def _takes_object(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    is_verb = is_past(token) or token.lower.endswith("ing")
    follows = tokens[at + 1]
    is_object = not follows.key or (follows.is_capital and tokens[at - 1].lower not in ARTICLES)
    return bool(token.key) and not token.is_capital and is_verb and is_object


def _only_frames(tokens: Sequence[Token], at: int, noun: int) -> bool:
    """Say whether a preposition only opens: *In 1750 Gist …*, *At some point Walton …*."""
    before = tokens[at - 1] if at else None
    opens = before is None or before.kind is TokenKind.MARK or before.lower in OPENING | JOINING
    between = tokens[at + 1 : noun]
    if not opens or not between:
        return False
    has_noun = any(token.key and not token.is_capital for token in between)
    is_other = tokens[noun].is_capital and not between[0].is_capital and has_noun
    return between[0].kind is TokenKind.NUMBER or is_other
