"""The shapes of requests and replies.

Requests are validated against these. Replies are only described by them, so
that no reply is copied; a test holds the two together.
"""

from briefqa.api.schemas.answers import (
    AnswerReply,
    CitationReply,
    DisagreementReply,
    FaultReply,
    IndexReply,
    PassageReply,
    ReceiptReply,
    Reply,
    SearchReply,
    SentenceReply,
)
from briefqa.api.schemas.documents import (
    ChangeReply,
    DocumentReply,
    DocumentsReply,
    FailedFile,
    ListedDocument,
    NoticeReply,
)
from briefqa.api.schemas.operations import (
    HealthReply,
    Problem,
    ProblemField,
    ReadyReply,
)
from briefqa.api.schemas.requests import (
    LARGEST_NUMBER,
    MOST_CITATIONS,
    AskRequest,
    CitationClaim,
    DocumentsRequest,
    Offset,
    PublishedAsOf,
    PublishedSince,
    Question,
    SearchRequest,
    Sha256,
    Text,
    TopK,
)

__all__ = [
    "LARGEST_NUMBER",
    "MOST_CITATIONS",
    "AnswerReply",
    "AskRequest",
    "ChangeReply",
    "CitationClaim",
    "CitationReply",
    "DisagreementReply",
    "DocumentReply",
    "DocumentsReply",
    "DocumentsRequest",
    "FailedFile",
    "FaultReply",
    "HealthReply",
    "IndexReply",
    "ListedDocument",
    "NoticeReply",
    "Offset",
    "PassageReply",
    "Problem",
    "ProblemField",
    "PublishedAsOf",
    "PublishedSince",
    "Question",
    "ReadyReply",
    "ReceiptReply",
    "Reply",
    "SearchReply",
    "SearchRequest",
    "SentenceReply",
    "Sha256",
    "Text",
    "TopK",
]
