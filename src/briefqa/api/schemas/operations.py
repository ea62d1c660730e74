"""The shapes of what the service says of itself, and of errors."""

from pydantic import BaseModel, Field

from briefqa.api.schemas.answers import Reply


class HealthReply(Reply):
    """The process is up."""

    status: str = Field(examples=["ok"])
    version: str


class ReadyReply(Reply):
    """What questions are answered from."""

    status: str = Field(examples=["ready", "degraded"])
    reason: str | None = Field(description="Why an older generation is in use, if one is.")
    generation: str
    documents: int
    chunks: int
    embedder: str = Field(description="Name and fingerprint of the embedding model.")


class ProblemField(BaseModel):
    """One thing that is wrong with a request."""

    detail: str
    pointer: str | None = Field(
        default=None, description="JSON pointer into the body.", examples=["#/top_k"]
    )
    parameter: str | None = Field(default=None, description="Name of a query parameter.")


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = Field(examples=["urn:problem-type:briefqa:invalid-request"])
    title: str
    status: int
    detail: str
    instance: str = Field(description="Path of the request.")
    errors: list[ProblemField] = Field(default=[], description="Each thing that is wrong.")
