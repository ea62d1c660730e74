"""Hits become an answer: exact sentences with receipts, or an honest refusal."""

from briefqa.answering.abstention import Evidence
from briefqa.answering.answer import (
    AnswerableIndex,
    answer_question,
    find_evidence,
    search_passages,
)
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
    "Receipt",
    "ReceiptCheck",
    "SourceLocator",
    "Standing",
    "answer_question",
    "check_receipt",
    "check_receipts",
    "find_evidence",
    "search_passages",
]
