"""Holds what stands with a noun against what belongs to that noun in the quotes."""

from collections.abc import Set as AbstractSet

from briefqa.answering.generating.held import Held
from briefqa.answering.generating.phrases import LINK, Phrase, Role

_NEAR = 4
"""Phrases behind a noun that may still belong to it."""


def is_bound(held: Held, modifier: str, at: int, own: AbstractSet[str]) -> bool:
    """Say whether the quotes have ``modifier`` belong to the noun at ``at``.

    Args:
        held: The quotes.
        modifier: Its key.
        at: A place in the quotes.
        own: The keys of all words of the phrase.
    """
    number = held.phrase_at.get(at)
    if number is None:
        return held.tokens[at - 1].key == modifier
    phrase = held.phrases[number]
    if any(held.tokens[each].key == modifier for each in phrase.words if each < at):
        return True
    if modifier in phrase.does and LINK in phrase.does:
        return True
    head = held.tokens[phrase.head].key
    for step, other in enumerate(held.phrases[number + 1 : number + 1 + _NEAR]):
        if not any(held.tokens[each].key == modifier for each in other.words):
            continue
        hosts = {other.near} if other.preposition == "of" else other.hosts
        is_of = other.role is Role.AFTER and head in hosts
        is_linked = other.role is Role.OBJECT and LINK in other.hosts and head in other.hosts
        if (is_of and held.tokens[other.head].key in own) or is_linked:
            return True
        if not step and is_apposed(held, phrase, other):
            return True
    return _is_before(held, modifier, number, phrase)


def _is_before(held: Held, modifier: str, number: int, phrase: Phrase) -> bool:
    """Say whether a modifier stands before: *Ada Holm, the chair*, *safety and … rules*."""
    if phrase.owner and any(
        held.tokens[other.head].key == modifier
        for other in held.phrases[max(0, number - 2 * _NEAR) : number]
    ):
        return True
    other = held.phrases[number - 1] if number else phrase
    if not any(held.tokens[each].key == modifier for each in other.words):
        return False
    is_shared = phrase.is_joined and not phrase.has_article and len(other.words) == 1
    return is_shared or is_apposed(held, other, phrase)


def is_apposed(held: Held, one: Phrase, other: Phrase) -> bool:
    """Say whether two phrases are a name and what it is the name of.

    In *A, chair, B, clerk* the chair is A.
    """
    tokens = held.tokens
    is_name = tokens[one.head].is_capital != tokens[other.head].is_capital
    is_beside = other.role is Role.BESIDE and not other.is_joined
    is_open = other.is_bracketed or one.role is not Role.BESIDE
    return is_name and is_beside and is_open
