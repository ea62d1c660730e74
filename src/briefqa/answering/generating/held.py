"""Reads quotes once, so that every sentence of an answer can be held against them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from briefqa.answering.generating.moods import Moods, read_moods
from briefqa.answering.generating.parts import parts_of
from briefqa.answering.generating.phrases import Phrase, action_key, read_phrases
from briefqa.answering.grounding.words import Token, TokenKind, stem, tokens_of

_REPORTING = frozenset(
    str.split(
        "author authors brief briefs digest digests document documents paper papers report reports "
        "state states"
    )
)
"""Words that say nothing where they only say who is speaking, and otherwise are like any."""

_MOST_PLACES = 12


@dataclass(frozen=True, slots=True)
class Held:
    """Quotes as they are read.

    ``phrase_at`` leads from a word to the number of its phrase, ``places`` from a key to where it
    stands. ``actions`` are the keys that a verb may have here, ``leaning`` those of the verbs whose
    subject is a pronoun. ``sentences`` has the keys of each sentence.
    """

    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    phrase_at: dict[int, int]
    places: dict[str, tuple[int, ...]]
    counts: Counter[str]
    actions: frozenset[str]
    leaning: frozenset[str]
    sentences: tuple[frozenset[str], ...]
    moods: Moods


@lru_cache(256)
def read_held(text: str) -> Held:
    """Return how the words of ``text`` belong together."""
    tokens = weighed(tokens_of(text))
    parts = parts_of(tokens)
    reading = read_phrases(tokens, parts)
    phrases = tuple(reading.phrases)
    phrase_at = {at: number for number, phrase in enumerate(phrases) for at in phrase.words}
    places: dict[str, list[int]] = {}
    for at, token in enumerate(tokens):
        if token.key:
            places.setdefault(token.key, []).append(at)
    return Held(
        tokens,
        tuple(token.lower for token in tokens),
        phrases,
        phrase_at,
        {key: tuple(found[:_MOST_PLACES]) for key, found in places.items()},
        Counter(token.key or token.lower for token in tokens),
        frozenset(action_key(token) for token in tokens if token.kind is TokenKind.WORD),
        frozenset(reading.leaning),
        _words_of_sentences(tokens, phrases),
        read_moods(tokens, parts),
    )


def weighed(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Give words that may only say who is speaking the key that any other word has."""
    return tuple(
        replace(token, key=stem(token.lower))
        if token.lower in _REPORTING and not token.is_capital
        else token
        for token in tokens
    )


def _words_of_sentences(
    tokens: Sequence[Token], phrases: Sequence[Phrase]
) -> tuple[frozenset[str], ...]:
    """Return the nouns and verbs of each sentence."""
    found: dict[int, set[str]] = {}
    for phrase in phrases:
        keys = found.setdefault(phrase.sentence, set())
        keys |= {tokens[at].key for at in phrase.words} | phrase.does | phrase.hosts
    last = max(found, default=-1)
    return tuple(frozenset(found.get(number, ())) for number in range(last + 1))
