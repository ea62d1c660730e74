"""A question as the stages of retrieval see it."""

import re
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from briefqa.errors import QuestionError
from briefqa.protocols import Embedder, LexicalIndex, TokenEmbedder, TokenVectors

LONGEST_QUESTION: Final = 4_000
_WORD = re.compile(r"\w+")
_STOP_WORD_SHARE = 0.2
"""What a token of a stop word counts for; between 0.2 and 0.4 the development sets agree."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question and what the model makes of it.

    ``vector`` has shape (dim,). ``tokens`` are those of the question, None if the model
    gives none. ``languages`` are the ones that the model was made for, as ISO 639-1
    codes, None if it does not say.
    """

    text: str
    vector: NDArray[np.float32]
    tokens: TokenVectors | None = None
    languages: frozenset[str] | None = None


def embed_question(question: str, embedder: Embedder, words: LexicalIndex | None = None) -> Asked:
    """Return ``question`` with what ``embedder`` makes of it.

    Args:
        question: What is asked, as `check_question` returns it.
        embedder: The model that the index was built with.
        words: Those of the index, by which stop words are told; without them all tokens
            of the question count alike.
    """
    if not isinstance(embedder, TokenEmbedder):
        return Asked(question, embedder.embed_queries([question])[0])
    rows, [tokens] = embedder.embed_query_tokens([question])
    if words is not None:
        tokens = replace(tokens, emphasis=_emphasis(question, tokens, words))
    return Asked(question, rows[0], tokens, embedder.languages)


def _emphasis(question: str, tokens: TokenVectors, words: LexicalIndex) -> NDArray[np.float32]:
    """Return little for tokens of stop words and marks, and 1 for all others.

    How rare they are says little of them in a small index, which may hold no "what" at all.
    """
    subjects = [found.span() for found in _WORD.finditer(question) if words.terms(found[0])]
    is_subject = np.zeros(len(tokens.ids), dtype=np.bool_)
    for start, end in subjects:
        is_subject |= (tokens.starts >= start) & (tokens.starts < end)
    return np.where(is_subject, 1.0, _STOP_WORD_SHARE).astype(np.float32)


def check_question(question: str) -> str:
    """Return ``question`` on one line, its words a space apart.

    Raises:
        QuestionError: If nothing is left, or too much.
    """
    # Space is no part of what is asked, and rules that look for words would look at all of it.
    asked = " ".join(question.split())
    if not asked:
        msg = "the question is empty; ask something in words"
        raise QuestionError(msg)
    length = len(question.strip())
    if length > LONGEST_QUESTION:
        msg = f"the question has {length} characters; at most {LONGEST_QUESTION} are read"
        raise QuestionError(msg)
    # What no encoding can write, no index can hold: half characters become question marks.
    return asked.encode("utf-8", "replace").decode("utf-8")
