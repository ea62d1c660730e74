"""The shapes of what explains a search."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Explain = Annotated[
    bool, Field(strict=True, description="Tell how each passage came by its score and rank.")
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class TermReply(_Part):
    """A word looked up, as the index sees it: lower case, stemmed."""

    term: str
    weight: float = Field(ge=0, description="Inverse document frequency.")
    document_frequency: int = Field(description="How many chunks hold it.")
    is_added: bool = Field(description="Not of the question, but what a header says for it.")


class StageReply(_Part):
    """What a stage gave a passage, and what that came to."""

    stage: str = Field(examples=["dense"])
    value: float = Field(description="What the stage gave.")
    rank: int = Field(description="1 and how many candidates were given more.")
    counted: float = Field(ge=0, le=1, description="What counts of the value.")
    weight: float = Field(ge=0, le=1)
    contribution: float = Field(description="What it adds to the score.")


class RerankedReply(_Part):
    """What a reranker gave a passage."""

    score: float
    rank_before: int


class HitExplanationReply(_Part):
    """How a passage came by its score and rank."""

    score: float = Field(description="What the contributions add up to; not the reranker's.")
    rank: int = Field(description="Among all candidates, repeats included.")
    stages: list[StageReply]
    terms: list[TermReply] = Field(description="Those that the passage holds.")
    reranked: RerankedReply | None


class ExplanationReply(_Part):
    """How the question was read and the passages were ranked."""

    language: str = Field(description="ISO 639-1 code, empty if unknown.", examples=["en"])
    weights: dict[str, float] = Field(description="What each stage counts for; together 1.")
    candidates: int = Field(description="How many chunks were scored.")
    terms: list[TermReply] = Field(description="All words that were looked up.")
