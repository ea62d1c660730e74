"""A question as the stages of retrieval see it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from briefqa.errors import QuestionError
from briefqa.protocols import Embedder, TokenEmbedder, TokenVectors

_LONGEST_QUESTION = 4_000


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


def embed_question(question: str, embedder: Embedder) -> Asked:
    """Return ``question``, as `check_question` returns it, with what ``embedder`` makes of it."""
    if isinstance(embedder, TokenEmbedder):
        rows, [tokens] = embedder.embed_query_tokens([question])
        return Asked(question, rows[0], tokens, embedder.languages)
    return Asked(question, embedder.embed_queries([question])[0])


def check_question(question: str) -> str:
    """Return ``question`` without white space around it.

    Raises:
        QuestionError: If nothing is left, or too much.
    """
    stripped = question.strip()
    if not stripped:
        msg = "the question is empty; ask something in words"
        raise QuestionError(msg)
    if len(stripped) > _LONGEST_QUESTION:
        msg = f"the question has {len(stripped)} characters; at most {_LONGEST_QUESTION} are read"
        raise QuestionError(msg)
    # What no encoding can write, no index can hold: half characters become question marks.
    return stripped.encode("utf-8", "replace").decode("utf-8")
