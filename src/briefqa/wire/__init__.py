"""The JSON form of results: one shape for the terminal, the files and HTTP."""

from briefqa.wire.answers import (
    answer_to_wire,
    citation_to_wire,
    event_to_wire,
    search_to_wire,
    why_not_to_wire,
)
from briefqa.wire.conditions import conditions_from_wire
from briefqa.wire.documents import document_to_wire, report_to_wire
from briefqa.wire.receipts import checks_to_wire, receipts_from_wire, uncited_numbers
from briefqa.wire.values import WireObject, href_to

__all__ = [
    "WireObject",
    "answer_to_wire",
    "checks_to_wire",
    "citation_to_wire",
    "conditions_from_wire",
    "document_to_wire",
    "event_to_wire",
    "href_to",
    "receipts_from_wire",
    "report_to_wire",
    "search_to_wire",
    "uncited_numbers",
    "why_not_to_wire",
]
