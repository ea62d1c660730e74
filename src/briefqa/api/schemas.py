"""The shapes of requests and replies.

Requests are validated against these. Replies are only described by them, so
that no reply is copied; a test holds the two together.
"""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from briefqa.answering import Standing
from briefqa.api.explanations import Explain, ExplanationReply, HitExplanationReply
from briefqa.api.filters import Filters
from briefqa.assembly.service import DEFAULT_TOP_K
from briefqa.datatypes import Verdict
from briefqa.retrieval import MOST_CONDITIONS, MOST_HITS

MOST_CITATIONS: Final = 1000
_MOST_LISTED: Final = 1000
_LARGEST_NUMBER: Final = 10**9
_SHA256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
_QUESTION = "How large is the UK's AI investment?"


def _top_k(value: object) -> object:
    # One message for every way to be wrong; a boolean is no number here.
    if type(value) is not int or not 1 <= value <= MOST_HITS:
        kind, message = "top_k", "must be an integer between 1 and {most}"
        raise PydanticCustomError(kind, message, {"most": MOST_HITS})
    return value


def _encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        # JSON can escape half a character, which nothing can store or print.
        kind, message = "string_unicode", "must be text of whole Unicode characters"
        raise PydanticCustomError(kind, message) from error
    return value


Text = Annotated[str, Field(strict=True), AfterValidator(_encodable)]
Question = Annotated[
    Text,
    Field(description="What is asked, in words.", examples=[_QUESTION]),
]
TopK = Annotated[
    int,
    BeforeValidator(_top_k),
    Field(
        description="How many passages to give.",
        json_schema_extra={"minimum": 1, "maximum": MOST_HITS},
    ),
]
PublishedSince = Annotated[
    Text | None,
    Field(description="Look only at documents published then or later.", examples=["2025"]),
]
PublishedAsOf = Annotated[
    Text | None,
    Field(description="Look only at documents published then or before.", examples=["2025-03"]),
]
Sha256 = Annotated[Text, Field(description="SHA-256, in hexadecimal.", examples=[_SHA256])]
Offset = Annotated[int, Field(strict=True, description="Offset in code points.", examples=[1042])]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SearchRequest(_Request):
    """A question to find passages for."""

    question: Question
    top_k: TopK = DEFAULT_TOP_K
    filters: Filters = []
    since: PublishedSince = None
    as_of: PublishedAsOf = None
    explain: Explain = False


class AskRequest(_Request):
    """A question to answer."""

    question: Question
    top_k: TopK = DEFAULT_TOP_K
    filters: Filters = []
    since: PublishedSince = None
    as_of: PublishedAsOf = None


class DocumentsRequest(_Request):
    """Which part of the list of documents to give."""

    limit: int = Field(default=100, ge=1, le=_MOST_LISTED, description="Most documents to give.")
    offset: int = Field(
        default=0, ge=0, le=_LARGEST_NUMBER, description="How many documents to pass over."
    )
    where: list[Text] = Field(
        default=[],
        max_length=MOST_CONDITIONS,
        description="A condition on the documents to list, which may be given several times.",
        examples=[["published>=2025"]],
    )


class CitationClaim(BaseModel):
    """What a citation claims; any other field of a citation may come along."""

    model_config = ConfigDict(extra="ignore", strict=True)

    number: int | None = Field(
        default=None,
        ge=0,
        le=_LARGEST_NUMBER,
        description="Number in the answer; its place in the list, from 1, if left out.",
    )
    doc_id: Text = Field(description="Id of the document quoted.")
    start: Offset
    end: Offset
    quote: Text = Field(description="The words that stand from start to end.")
    text_sha256: Sha256
    file_sha256: Sha256


class IndexReply(_Reply):
    """Which index a reply came from."""

    generation: str = Field(description="Id of the generation in use.")
    documents: int
    chunks: int


class _Found(_Reply):
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


class SentenceReply(_Reply):
    """A sentence of the answer."""

    text: str
    citations: list[int]
    verdict: Annotated[Verdict, Field(strict=False)]


class SearchReply(_Reply):
    """Ranked passages, best first."""

    question: str
    passages: list[PassageReply]
    index: IndexReply
    took_ms: dict[str, float] = Field(description="Milliseconds by stage, and in total.")
    filters: list[str] = Field(description="The conditions that the documents satisfy.")
    undated: int = Field(description="Documents left out only because they state no date.")
    explanation: ExplanationReply | None = Field(default=None, description="If asked for.")


class AnswerReply(SearchReply):
    """An answer with its citations, or the statement that the documents do not answer."""

    answered: bool
    answer: str = Field(description="Empty if the documents do not answer.")
    confidence: float = Field(ge=0, le=1)
    reason: str | None = Field(description="Why there is no answer, if there is none.")
    sentences: list[SentenceReply]
    citations: list[CitationReply]
    model: str | None = Field(description="The language model, if one wrote the answer.")


class ReceiptReply(_Reply):
    """Whether a citation holds."""

    number: int
    doc_id: str | None = Field(description="Null where the answer cites what is not there.")
    holds: bool
    problem: str | None = Field(description="What is wrong, if it does not hold.")
    status: Annotated[Standing, Field(strict=False)] | None
    now: CitationReply | None = Field(description="The receipt of today, if that is another.")
    instead: str | None = Field(description="What stands where the quote did, if that is gone.")


class ListedDocument(_Reply):
    """What is known of a document beside its text."""

    doc_id: str
    source: str
    title: str
    authors: list[str]
    published: str | None
    tags: list[str]
    language: str | None
    source_url: str | None
    abstract: str | None
    metadata: dict[str, JsonValue] = Field(description="Every other field of the source.")
    text_sha256: Sha256
    file_sha256: Sha256
    notices: list[str] = Field(description="What of the source is not in the text.")
    href: str


class DocumentReply(ListedDocument):
    """A document, and how many code points its text has."""

    characters: int


class DocumentsReply(_Reply):
    """A part of the list of documents."""

    documents: list[ListedDocument]
    total: int = Field(description="How many documents there are in all.")
    limit: int
    offset: int
    index: IndexReply


class FailedFile(_Reply):
    """A file that could not be read."""

    source: str
    reason: str = Field(description="The kind of failure.", examples=["encrypted"])
    detail: str


class NoticeReply(_Reply):
    """Something of a document that did not get into its text."""

    doc_id: str
    detail: str


class ChangeReply(_Reply):
    """What became of the index."""

    generation: str = Field(description="Id of the generation that serves from now on.")
    published: bool = Field(description="False if nothing had changed.")
    documents: int
    chunks: int
    added: list[str]
    changed: list[str]
    removed: list[str]
    unchanged: int
    excluded: int = Field(description="Documents left out because they were removed.")
    failed: list[FailedFile]
    notices: list[NoticeReply]
    embedded: int = Field(description="Texts given to the embedding model.")
    reused: int = Field(description="Chunks that share or kept a vector.")
    seconds: float


class HealthReply(_Reply):
    """The process is up."""

    status: str = Field(examples=["ok"])
    version: str


class ReadyReply(_Reply):
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
