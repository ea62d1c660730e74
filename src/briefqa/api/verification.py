"""Checks an answer that came back over HTTP: its citations, its numbers and its sentences."""

from briefqa.answering import Receipt
from briefqa.api.judgements import VerifyRequest
from briefqa.assembly.judging import CitedSentence, check_sentences, with_sentences
from briefqa.assembly.service import Service
from briefqa.wire import WireObject, checks_to_wire, uncited_numbers


def verify_answer(service: Service, body: VerifyRequest) -> WireObject:
    """Return whether everything claimed holds, and what is wrong with what does not.

    A citation without a number has its place, from 1. Source files are checked as
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
        for position, claim in enumerate(body.citations, 1)
    ]
    checks = service.verify(receipts, locate=service.locate_source)
    found = checks_to_wire(checks, uncited_numbers(body.answer or "", receipts))
    said = [CitedSentence(each.text, tuple(each.citations)) for each in body.sentences or ()]
    return with_sentences(found, check_sentences(said, receipts))
