"""Checks citations that came back over HTTP, and the numbers in the answer's text."""

from collections.abc import Sequence

from briefqa.answering import Receipt
from briefqa.api.schemas import CitationClaim
from briefqa.assembly.service import Service
from briefqa.wire import WireObject, checks_to_wire, uncited_numbers


def verify_citations(
    service: Service, claims: Sequence[CitationClaim], *, answer: str | None
) -> WireObject:
    """Return whether every claim holds, and what is wrong with those that do not.

    A claim without a number has its place, from 1. Source files are checked as
    well, as long as their folder is still there.
    """
    receipts = [
        Receipt(
            number=position if claim.number is None else claim.number,
            doc_id=claim.doc_id,
            start=claim.start,
            end=claim.end,
            quote=claim.quote,
            text_sha256=claim.text_sha256,
            file_sha256=claim.file_sha256,
        )
        for position, claim in enumerate(claims, 1)
    ]
    checks = service.verify(receipts, locate=service.locate_source)
    return checks_to_wire(checks, uncited_numbers(answer or "", receipts))
