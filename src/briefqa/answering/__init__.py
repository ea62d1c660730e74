"""Hits become an answer: exact sentences with receipts, or an honest refusal."""

from briefqa.answering.abstention import Evidence
from briefqa.answering.answer import (
    answer_question,
    find_evidence,
    search_passages,
    stream_answer,
    whole_answer,
)
from briefqa.answering.citing import AnswerableIndex
from briefqa.answering.options import Models, Options
from briefqa.answering.receipts import (
    Receipt,
    ReceiptCheck,
    SourceLocator,
    Standing,
    check_receipt,
    check_receipts,
)

__all__ = [
    "AnswerableIndex",
    "Evidence",
    "Models",
    "Options",
    "Receipt",
    "ReceiptCheck",
    "SourceLocator",
    "Standing",
    "answer_question",
    "check_receipt",
    "check_receipts",
    "find_evidence",
    "search_passages",
    "stream_answer",
    "whole_answer",
]
