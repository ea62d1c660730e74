"""Answers and search results."""

from typing import TYPE_CHECKING

from briefqa.datatypes import (
    Answer,
    Citation,
    Passage,
    PassagesFound,
    SearchResult,
    SentenceSaid,
)
from briefqa.retrieval import render_condition
from briefqa.wire.values import WireObject, index_to_wire, record_to_wire, where_found

if TYPE_CHECKING:
    # Few questions are to be explained, and the others need not wait for it.
    from briefqa.retrieval.explaining import Explanation
    from briefqa.retrieval.why_not import WhyNot


def answer_to_wire(answer: Answer) -> WireObject:
    """Return ``answer`` as `briefqa ask --json` and ``POST /v1/ask`` give it."""
    return {
        "question": answer.question,
        "asked": answer.asked,
        "answered": answer.answered,
        "answer": answer.text,
        "confidence": answer.confidence,
        "reason": answer.reason,
        "missing": list(answer.missing),
        "sentences": [record_to_wire(sentence) for sentence in answer.sentences],
        "citations": [citation_to_wire(c) for c in answer.citations],
        "passages": [_passage(p) for p in answer.passages],
        "disagreements": [record_to_wire(each) for each in answer.disagreements],
        "model": answer.model,
        "withheld": [record_to_wire(sentence) for sentence in answer.withheld],
        "fault": None if answer.fault is None else record_to_wire(answer.fault),
        "index": index_to_wire(answer.index),
        "took_ms": dict(answer.took_ms),
        "filters": [render_condition(condition) for condition in answer.conditions],
        "undated": answer.undated,
        "superseded": answer.superseded,
    }


def event_to_wire(event: PassagesFound | SentenceSaid | Answer) -> tuple[str, WireObject]:
    """Return the name and the data of an event as ``POST /v1/ask`` streams it."""
    match event:
        case PassagesFound():
            return "passages", {
                "asked": event.asked,
                "passages": [_passage(each) for each in event.passages],
                "index": index_to_wire(event.index),
            }
        case SentenceSaid():
            receipts = [citation_to_wire(each) for each in event.citations]
            return "sentence", {**record_to_wire(event.sentence), "receipts": [*receipts]}
        case Answer():
            return "done", answer_to_wire(event)


def search_to_wire(result: SearchResult, explanation: "Explanation | None" = None) -> WireObject:
    """Return ``result`` as `briefqa search --json` and ``POST /v1/search`` give it.

    Args:
        result: What was found.
        explanation: How it came about; each passage is given with its part of it.
    """
    passages = [_passage(p) for p in result.passages]
    found: WireObject = {
        "question": result.question,
        "passages": [*passages],
        "index": index_to_wire(result.index),
        "took_ms": dict(result.took_ms),
        "filters": [render_condition(condition) for condition in result.conditions],
        "undated": result.undated,
        "superseded": result.superseded,
    }
    if explanation is not None:
        for passage, hit in zip(passages, explanation.hits, strict=True):
            passage["explanation"] = record_to_wire(hit)
        found["explanation"] = {
            name: value for name, value in record_to_wire(explanation).items() if name != "hits"
        }
    return found


def why_not_to_wire(why: "WhyNot", sentence: str) -> WireObject:
    """Return what became of a document, and the sentence that says it."""
    return {"sentence": sentence, **record_to_wire(why)}


def citation_to_wire(citation: Citation) -> WireObject:
    """Return a receipt as answers list it."""
    return {
        "number": citation.number,
        "chunk_id": citation.chunk_id,
        **where_found(citation.document, citation.place, citation.span),
        "quote": citation.quote,
    }


def _passage(passage: Passage) -> WireObject:
    hit = passage.hit
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "scores": {name: round(score, 6) for name, score in hit.scores.items()},
        "chunk_id": hit.chunk.chunk_id,
        **where_found(passage.document, passage.place, passage.span),
        "text": passage.text,
        "duplicates": [str(chunk_id) for chunk_id in hit.duplicates],
    }
