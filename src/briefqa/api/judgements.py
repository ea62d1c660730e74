"""The shapes of what `/v1/verify` takes and gives."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from briefqa.answering.grounding import ClaimKind
from briefqa.api.schemas import MOST_CITATIONS, CitationClaim, ReceiptReply, Text
from briefqa.datatypes import Verdict

MOST_SENTENCES: Final = 100
_MOST_CITED: Final = 50


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SentenceClaim(BaseModel):
    """A sentence of an answer; any other field of it may come along."""

    model_config = ConfigDict(extra="ignore", strict=True)

    text: Text
    citations: list[int] = Field(
        max_length=_MOST_CITED, description="Numbers of the citations it rests on."
    )


class VerifyRequest(BaseModel):
    """Citations to check, with the answer that they belong to or without."""

    model_config = ConfigDict(extra="ignore")

    citations: list[CitationClaim] = Field(max_length=MOST_CITATIONS)
    answer: Text | None = Field(
        default=None,
        description="The answer's text; each [n] in it must have a citation.",
    )
    sentences: list[SentenceClaim] | None = Field(
        default=None,
        max_length=MOST_SENTENCES,
        description="The answer's sentences; each must say what the quotes it cites do.",
    )


class ClaimReply(_Reply):
    """One comparison of a sentence with its quotes."""

    kind: Annotated[ClaimKind, Field(strict=False)]
    said: str = Field(description="The words of the sentence.")
    quoted: str | None = Field(description="What was held against them; null if there is nothing.")
    outcome: Annotated[Verdict, Field(strict=False)]


class JudgedSentenceReply(_Reply):
    """How the quotes that a sentence cites bear on it, by rule."""

    number: int = Field(description="Place of the sentence in the answer, from 1.")
    text: str
    citations: list[int]
    verdict: Annotated[Verdict, Field(strict=False)]
    holds: bool = Field(description="Whether the verdict is supported or partly.")
    problem: str | None = Field(description="What is wrong, if it does not hold.")
    claims: list[ClaimReply]


class VerifyReply(_Reply):
    """Whether every citation holds, and every sentence says what its quotes do."""

    holds: bool
    receipts: list[ReceiptReply]
    sentences: list[JudgedSentenceReply]
