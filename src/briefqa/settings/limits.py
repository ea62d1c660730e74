"""What can be set of how much a client of the HTTP service may take."""

from pydantic import BaseModel, ConfigDict, Field


class LimitSettings(BaseModel):
    """How much a client may send, ask for and wait."""

    model_config = ConfigDict(extra="forbid")

    answers_at_once: int | None = Field(
        default=None,
        ge=1,
        le=1_000,
        description="How many answers may be under way; unset, four a processor and at least 8.",
    )
    answers_waiting: int = Field(
        default=64, ge=0, le=10_000, description="How many more may wait for their turn."
    )
    wait_s: float = Field(
        default=30, gt=0, le=600, description="Longest that one waits for its turn, in seconds."
    )
    answer_s: float = Field(
        default=120, gt=0, le=3_600, description="Longest that an answer may take, in seconds."
    )
    question_characters: int = Field(
        default=4_000, ge=10, le=4_000, description="Longest question, in characters."
    )
    top_k: int = Field(
        default=100, ge=5, le=100, description="Most passages that may be asked for."
    )
    body_kilobytes: int = Field(
        default=1_024,
        ge=1,
        le=102_400,
        description="Largest body in units of 1,024 bytes; that of a document sent has its own.",
    )
    json_depth: int = Field(
        default=64, ge=4, le=500, description="How deep lists and objects of a body may lie."
    )
    connections: int = Field(
        default=512, ge=1, le=100_000, description="How many connections may be open."
    )
    head_s: float = Field(
        default=10,
        gt=0,
        le=600,
        description="Seconds in which the head of a request must have come.",
    )
    body_s: float = Field(
        default=20,
        gt=0,
        le=600,
        description="Seconds in which a body must have come, and one more per 1,000 bytes.",
    )
    write_s: float = Field(
        default=30,
        gt=0,
        le=3_600,
        description="Seconds after which a client that does not read is cut off.",
    )
    grace_s: float = Field(
        default=10,
        ge=0,
        le=600,
        description="Seconds that answers under way have to end when the server is stopped.",
    )
