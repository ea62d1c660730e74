"""Hits become an answer: exact sentences with receipts, or an honest refusal."""

from briefqa.answering.abstention import (
    CALIBRATION,
    LEAST_RISK,
    MOST_RISK,
    Calibration,
    check_risk,
    threshold_for,
)
from briefqa.answering.answer import (
    Weighed,
    answer_question,
    search_passages,
    stream_answer,
    weigh_question,
    whole_answer,
)
from briefqa.answering.citing import AnswerableIndex
from briefqa.answering.evidence import Evidence
from briefqa.answering.options import Models, Options, Writer
from briefqa.answering.receipts import (
    Receipt,
    ReceiptCheck,
    SourceLocator,
    Standing,
    check_receipt,
    check_receipts,
)

__all__ = [
    "CALIBRATION",
    "LEAST_RISK",
    "MOST_RISK",
    "AnswerableIndex",
    "Calibration",
    "Evidence",
    "Models",
    "Options",
    "Receipt",
    "ReceiptCheck",
    "SourceLocator",
    "Standing",
    "Weighed",
    "Writer",
    "answer_question",
    "check_receipt",
    "check_receipts",
    "check_risk",
    "search_passages",
    "stream_answer",
    "threshold_for",
    "weigh_question",
    "whole_answer",
]
