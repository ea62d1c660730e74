"""What is said where nothing is answered: what is missing, and why there is no answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefqa.answering.contrary import is_denial
from briefqa.answering.grounding.vocabulary import STOP_WORDS
from briefqa.answering.naming import AskedWord, asked_words, lacked
from briefqa.datatypes import Hit
from briefqa.protocols import LexicalIndex
from briefqa.retrieval import held_terms

_MOST_MISSING = 3
_SHORTEST = 4
"""Letters of a word that is no name: shorter ones link others, in many languages."""
_JOINING = re.compile(r"[\s\-/&]*(?:(?:of|for|on|and|the|in)\s+(?:the\s+)?)?")
"""What may stand between two names that are one: *Treaty on Audiovisual Performances*."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What of a question no passage holds, the most telling first.

    ``named`` are those that are names, numbers or acronyms, and come first. Where there are
    any, ``is_unheard_of`` says that no document holds one of them either, and else that of all.
    """

    texts: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    is_unheard_of: bool = False


def find_missing(
    question: str, hits: Sequence[Hit], weights: Mapping[str, float], words: LexicalIndex
) -> Missing:
    """Return what of ``question`` is in none of the ``hits``: names and numbers first, then rarity.

    Args:
        question: What is asked.
        hits: The passages that are shown.
        weights: Of the question's terms, without those that only frame it.
        words: Those of the index.
    """
    held = {term for hit in hits for term in held_terms(hit.chunk.embedded_text, words)}
    lacking = [each for each in lacked(asked_words(question, weights, words), held) if _tells(each)]
    joined = _joined(question, lacking)
    joined.sort(key=lambda group: (not group[0].is_named, -max(each.weight for each in group)))
    texts: dict[str, list[AskedWord]] = {}
    for group in joined:
        texts.setdefault(question[group[0].start : group[-1].end], group)
    kept = dict(list(texts.items())[:_MOST_MISSING])
    named = {text: group for text, group in kept.items() if group[0].is_named}
    return Missing(
        tuple(kept),
        tuple(named),
        is_unheard_of=all(
            any(not words.document_frequency(term) for term in word.terms)
            for group in (named or kept).values()
            for word in group
        ),
    )


def reason_to_decline(missing: Missing, *, shown: int) -> str:
    """Say why there is no answer: what is missing, or that no sentence answers.

    Args:
        missing: What `find_missing` returned.
        shown: How many passages are shown.
    """
    if not shown:
        return "No document comes near the question."
    if not missing.texts:
        return (
            "The words of the question occur, but no sentence seems to answer it; "
            "the nearest passages are shown."
        )
    if missing.named:
        what = f"say nothing about {_listed(missing.named)}"
    else:
        what = f"do not have the word {_listed([f'“{text}”' for text in missing.texts])}"
    if missing.is_unheard_of:
        return f"The documents {what}; the nearest passages are shown."
    return f"The nearest passages, which are shown, {what}."


def _tells(word: AskedWord) -> bool:
    """Tell whether it says something that a word is missing: of *many* and *la* it does not."""
    plain = word.text.casefold()
    is_link = len(plain) < _SHORTEST or plain in STOP_WORDS or is_denial(plain)
    return word.is_named or not is_link


def _joined(question: str, lacking: Sequence[AskedWord]) -> list[list[AskedWord]]:
    """Join names that stand together in a question."""
    groups: list[list[AskedWord]] = []
    for word in lacking:
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and last.is_named
            and word.is_named
            and _JOINING.fullmatch(question[last.end : word.start])
        ):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _listed(texts: Sequence[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} or {last}" if most else last
