"""The shapes of requests, each field with its bounds."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from briefqa.answering import LEAST_RISK, MOST_RISK
from briefqa.answering.conversation import MOST_TURNS
from briefqa.api.explanations import Explain
from briefqa.api.filters import Filters
from briefqa.assembly.service import DEFAULT_TOP_K
from briefqa.datatypes import Policy
from briefqa.retrieval import LONGEST_QUESTION, MOST_CONDITIONS, MOST_HITS

MOST_CITATIONS: Final = 1000
_MOST_LISTED: Final = 1000
LARGEST_NUMBER: Final = 10**9
# Which months have a 31st, only the service says.
_DATE = r"^(?!0000)[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
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
    Field(
        description="What is asked, in words.",
        examples=[_QUESTION],
        json_schema_extra={"minLength": 1, "maxLength": LONGEST_QUESTION, "pattern": r"\S"},
    ),
]
TopK = Annotated[
    int,
    BeforeValidator(_top_k),
    Field(
        description="How many passages to give.",
        json_schema_extra={"minimum": 1, "maximum": MOST_HITS},
    ),
]
_Date = Annotated[Text, Field(json_schema_extra={"pattern": _DATE})]
PublishedSince = Annotated[
    _Date | None,
    Field(description="Look only at documents published then or later.", examples=["2025"]),
]
PublishedAsOf = Annotated[
    _Date | None,
    Field(description="Look only at documents published then or before.", examples=["2025-03"]),
]
Sha256 = Annotated[Text, Field(description="SHA-256, in hexadecimal.", examples=[_SHA256])]
Offset = Annotated[int, Field(strict=True, description="Offset in code points.", examples=[1042])]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchRequest(_Request):
    """A question to find passages for."""

    question: Question
    top_k: TopK = DEFAULT_TOP_K
    filters: Filters = []
    since: PublishedSince = None
    as_of: PublishedAsOf = None
    explain: Explain = False


class TurnClaim(_Request):
    """An exchange that came before."""

    question: Question
    answer: Text = ""


class AskRequest(_Request):
    """A question to answer."""

    question: Question
    top_k: TopK = DEFAULT_TOP_K
    filters: Filters = []
    since: PublishedSince = None
    as_of: PublishedAsOf = None
    history: list[TurnClaim] = Field(
        default=[],
        description="The conversation so far, the oldest exchange first.",
        json_schema_extra={"maxItems": MOST_TURNS},
    )
    risk: float | None = Field(
        default=None,
        ge=LEAST_RISK,
        le=MOST_RISK,
        description="Share of the answers given that the documents may not hold; left out, the "
        "service's own, or the threshold of the calibration.",
    )
    model: Text | None = Field(
        default=None,
        description="Language model that writes the answer; left out, the service's own; "
        '"extractive" for none.',
    )
    policy: Policy = Field(
        default=Policy.STRICT,
        description="What becomes of a sentence of the model that is not supported.",
    )
    stream: bool = Field(
        default=False, strict=True, description="Send the answer sentence by sentence."
    )


class DocumentsRequest(_Request):
    """Which part of the list of documents to give."""

    limit: int = Field(default=100, ge=1, le=_MOST_LISTED, description="Most documents to give.")
    offset: int = Field(
        default=0, ge=0, le=LARGEST_NUMBER, description="How many documents to pass over."
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
        le=LARGEST_NUMBER,
        description="Number in the answer; its place in the list, from 1, if left out.",
    )
    doc_id: Text = Field(description="Id of the document quoted.")
    start: Offset
    end: Offset
    quote: Text = Field(description="The words that stand from start to end.")
    text_sha256: Sha256
    file_sha256: Sha256
