"""What a question names, and what of it a text lacks."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from briefqa.protocols import LexicalIndex

_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_LONG = 4
"""Letters of a word that a title writes with a capital whatever it is."""
_FEW = 4
"""Fewer such words may all be names."""


@dataclass(frozen=True, slots=True)
class AskedWord:
    """A word of a question as it stands there, its terms and the rarest one's weight.

    ``is_named`` says that it is a name, a number or an acronym.
    """

    text: str
    start: int
    end: int
    terms: tuple[str, ...]
    weight: float
    is_named: bool


def asked_words(
    question: str, weights: Mapping[str, float], words: LexicalIndex
) -> list[AskedWord]:
    """Return the words of ``question`` that have a weight, in order.

    Args:
        question: What is asked.
        weights: Of its terms; a word none of whose terms has one is left out.
        words: By which words become terms.
    """
    found = list(_WORD.finditer(question))
    tells = _case_tells([match[0] for match in found])
    result: list[AskedWord] = []
    for place, match in enumerate(found):
        terms = tuple(term for term in words.terms(match[0]) if term in weights)
        if not terms:
            continue
        text = _POSSESSIVE.sub("", match[0])
        result.append(
            AskedWord(
                text,
                match.start(),
                match.start() + len(text),
                terms,
                max(weights[term] for term in terms),
                _is_named(text, is_first=place == 0, case_tells=tells),
            )
        )
    return result


def lacked(asked: Sequence[AskedWord], held: Collection[str]) -> list[AskedWord]:
    """Return those of ``asked`` with a term that is not among ``held``."""
    return [word for word in asked if any(term not in held for term in word.terms)]


def _case_tells(found: Sequence[str]) -> bool:
    """Tell whether capitals mark names: not where a question is written in nothing else."""
    long = [word for word in found[1:] if len(word) >= _LONG]
    return len(long) < _FEW or not all(word[0].isupper() for word in long)


def _is_named(text: str, *, is_first: bool, case_tells: bool) -> bool:
    if any(letter.isdigit() for letter in text):
        return True
    if not case_tells:
        return False
    return (text[0].isupper() and not is_first) or (len(text) > 1 and text.isupper())
