"""A language model writes the answer, and every sentence of it is judged before it is seen."""

from briefqa.answering.generating.prompting import Prompt, make_prompt
from briefqa.answering.generating.splitting import SentenceSplitter
from briefqa.answering.generating.supporting import Support, find_support
from briefqa.answering.generating.writing import (
    JUDGE,
    WRITE,
    Outcome,
    WrittenSentence,
    write_answer,
)

__all__ = [
    "JUDGE",
    "WRITE",
    "Outcome",
    "Prompt",
    "SentenceSplitter",
    "Support",
    "WrittenSentence",
    "find_support",
    "make_prompt",
    "write_answer",
]
