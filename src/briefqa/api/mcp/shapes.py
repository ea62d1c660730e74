"""What the tools take and give, and how that is described to an agent."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from briefqa.api.filters import Filters
from briefqa.api.schemas import PublishedAsOf, PublishedSince, Question, Reply, Text, TopK
from briefqa.assembly.service import DEFAULT_TOP_K


class _Arguments(BaseModel):
    # A client may send what it thinks up beside what is asked for.
    model_config = ConfigDict(extra="ignore")


class SearchArguments(_Arguments):
    """What to look for."""

    query: Annotated[Text, Field(description="A question or keywords.")]


class FetchArguments(_Arguments):
    """What to read."""

    id: Annotated[
        Text,
        Field(
            description="The id of a search result, which is that of a document. With "
            "#chars=START-END after it, that part of the document's text.",
            examples=["briefs/ai-sovereignty.md"],
        ),
    ]


class AskArguments(_Arguments):
    """What is to be answered, and from which documents."""

    question: Question
    top_k: TopK = DEFAULT_TOP_K
    filters: Filters = []
    since: PublishedSince = None
    as_of: PublishedAsOf = None


class FoundDocument(Reply):
    """A document that bears on the query."""

    id: str = Field(description="What fetch takes.")
    title: str
    url: str = Field(description="Where the best passage can be opened.")
    text: str = Field(description="The best passages of the document.")
    published: str | None = Field(description="ISO 8601 date, of a day, month or year.")


class SearchResults(Reply):
    """Documents, best first."""

    results: list[FoundDocument]


class FetchedDocument(Reply):
    """A document, or the part of it that was asked for."""

    id: str
    title: str
    text: str = Field(description="The canonical text, in which offsets count code points.")
    url: str
    metadata: dict[str, JsonValue] = Field(
        description="What is known of the document, and which part of it this is. Where there "
        "is more, next is the id of the following part."
    )
