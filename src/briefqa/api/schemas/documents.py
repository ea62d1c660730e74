"""The shapes of documents, and of what became of the index."""

from pydantic import Field, JsonValue

from briefqa.api.schemas.answers import IndexReply, Reply
from briefqa.api.schemas.requests import Sha256


class ListedDocument(Reply):
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
    superseded_by: list[str] = Field(description="Ids of documents that stand in its place.")
    href: str


class DocumentReply(ListedDocument):
    """A document, and how many code points its text has."""

    characters: int


class DocumentsReply(Reply):
    """A part of the list of documents."""

    documents: list[ListedDocument]
    total: int = Field(description="How many documents there are in all.")
    limit: int
    offset: int
    index: IndexReply


class FailedFile(Reply):
    """A file that could not be read."""

    source: str
    reason: str = Field(description="The kind of failure.", examples=["encrypted"])
    detail: str


class NoticeReply(Reply):
    """Something to know of a document: what is not in its text, or whom it names in vain."""

    doc_id: str
    detail: str


class ChangeReply(Reply):
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
