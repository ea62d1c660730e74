"""Which sentences of the hits answer the question, and which are quoted."""

from briefqa.answering.extracting.asking import Form, Kind, Request, read_question
from briefqa.answering.extracting.choosing import Quote, choose_quotes
from briefqa.answering.extracting.documents import MOST_DOCUMENTS, find_documents
from briefqa.answering.extracting.listing import MOST_LISTED, DocumentedIndex, quote_list
from briefqa.answering.extracting.scoring import (
    ScoredSentence,
    content_weights,
    coverage,
    score_sentences,
)
from briefqa.answering.extracting.selecting import Extract, extract

__all__ = [
    "MOST_DOCUMENTS",
    "MOST_LISTED",
    "DocumentedIndex",
    "Extract",
    "Form",
    "Kind",
    "Quote",
    "Request",
    "ScoredSentence",
    "choose_quotes",
    "content_weights",
    "coverage",
    "extract",
    "find_documents",
    "quote_list",
    "read_question",
    "score_sentences",
]
