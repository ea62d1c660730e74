"""The shapes of answers and search results, and of what checks them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from briefqa.answering import Standing
from briefqa.api.explanations import ExplanationReply, HitExplanationReply
from briefqa.api.schemas.requests import Offset, Sha256
from briefqa.datatypes import FaultKind, Verdict


class Reply(BaseModel):
    """A reply has these fields and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class IndexReply(Reply):
    """Which index a reply came from."""

    generation: str = Field(description="Id of the generation in use.")
    documents: int
    chunks: int


class _Found(Reply):
    chunk_id: str
    doc_id: str = Field(examples=["briefs/ai-sovereignty.md"])
    source: str = Field(description="Path of the file in the indexed folder.")
    title: str
    authors: list[str]
    published: str | None = Field(description="ISO 8601 date, of a day, month or year.")
    source_url: str | None
    heading: list[str] = Field(description="Headings above it, outermost first.")
    line: int | None = Field(description="Line of a text file, from 1.")
    page: int | None = Field(description="Page of a PDF file, from 1.")
    paragraph: int | None = Field(description="Paragraph of a word processor's file, from 1.")
    row: int | None = Field(description="Row of a table file, from 1, the heads included.")
    start: Offset
    end: Offset
    text_sha256: Sha256
    file_sha256: Sha256
    href: str = Field(description="Where it can be opened, relative to this service.")


class CitationReply(_Found):
    """A receipt: the quote stands from start to end in the text that the hash names."""

    number: int = Field(description="The n of [n] in the answer.")
    quote: str


class PassageReply(_Found):
    """A passage found."""

    rank: int = Field(description="From 1, the best.")
    score: float = Field(ge=0, le=1, description="Means the same for every question.")
    scores: dict[str, float] = Field(description="What each stage gave.")
    text: str
    duplicates: list[str] = Field(description="Near-identical chunks that it stands for.")
    explanation: HitExplanationReply | None = Field(default=None, description="If asked for.")


class SentenceReply(Reply):
    """A sentence of the answer."""

    text: str
    citations: list[int]
    verdict: Annotated[Verdict, Field(strict=False)]
    detail: str | None = Field(description="What a verdict other than supported rests on.")
    dated: str | None = Field(description="Date of its document, where documents differ.")


class DisagreementReply(Reply):
    """Citations that say different things of one matter, the newest first."""

    about: str
    citations: list[int]
    said: list[str] = Field(description="The words in which each differs.")


class FaultReply(Reply):
    """Why a language model wrote nothing, or not all, of an answer."""

    kind: Annotated[FaultKind, Field(strict=False)]
    detail: str


class SearchReply(Reply):
    """Ranked passages, best first."""

    question: str
    passages: list[PassageReply]
    index: IndexReply
    took_ms: dict[str, float] = Field(description="Milliseconds by stage, and in total.")
    filters: list[str] = Field(description="The conditions that the documents satisfy.")
    undated: int = Field(description="Documents left out only because they state no date.")
    superseded: int = Field(description="Documents left out because a newer one replaces them.")
    explanation: ExplanationReply | None = Field(default=None, description="If asked for.")


class AnswerReply(SearchReply):
    """An answer with its citations, or the statement that the documents do not answer."""

    asked: str | None = Field(
        description="The question made self-contained, if it leant on those before it."
    )
    answered: bool
    answer: str = Field(description="Empty if the documents do not answer.")
    confidence: float = Field(ge=0, le=1)
    reason: str | None = Field(description="Why there is no answer, if there is none.")
    missing: list[str] = Field(description="What of the question no passage holds.")
    sentences: list[SentenceReply]
    citations: list[CitationReply]
    disagreements: list[DisagreementReply]
    model: str | None = Field(description="The language model, if one wrote the answer.")
    withheld: list[SentenceReply] = Field(
        description="Sentences of the model that are not shown, since they are not supported."
    )
    fault: FaultReply | None = Field(description="What went wrong with the model, if anything.")


class ReceiptReply(Reply):
    """Whether a citation holds."""

    number: int
    doc_id: str | None = Field(description="Null where the answer cites what is not there.")
    holds: bool
    problem: str | None = Field(description="What is wrong, if it does not hold.")
    status: Annotated[Standing, Field(strict=False)] | None
    now: CitationReply | None = Field(description="The receipt of today, if that is another.")
    instead: str | None = Field(description="What stands where the quote did, if that is gone.")
