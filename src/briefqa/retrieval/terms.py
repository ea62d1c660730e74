"""What each word of a question weighs."""

import math

from briefqa.protocols import LexicalIndex


def idf(document_frequency: int, documents: int) -> float:
    """Return BM25's inverse document frequency, which is never negative.

    Source: Robertson and Zaragoza, The Probabilistic Relevance Framework (2009),
    in the form Lucene uses.
    """
    return math.log1p((documents - document_frequency + 0.5) / (document_frequency + 0.5))


def term_weights(question: str, words: LexicalIndex) -> dict[str, float]:
    """Return the inverse document frequency of each term of ``question``, in order.

    A term that no chunk holds weighs most of all.
    """
    held = len(words)
    return {term: idf(words.document_frequency(term), held) for term in words.terms(question)}


_AUTHORSHIP = "author authored wrote written writes writer"


def in_header_words(question: str) -> str:
    """Return ``question`` with the words added that a document's header uses for what it asks.

    Who wrote a document stands there as its author; no stemmer knows the two for one.
    """
    asked = {word.strip("?.,!\"'") for word in question.casefold().split()}
    return f"{question} {_AUTHORSHIP}" if asked & set(_AUTHORSHIP.split()) else question


def held_terms(text: str, words: LexicalIndex) -> set[str]:
    """Return the terms that ``text`` holds, and those that mean the same in a header."""
    held = set(words.terms(text))
    authorship = set(words.terms(_AUTHORSHIP))
    return held | authorship if held & authorship else held
