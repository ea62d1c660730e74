"""The JSON form of results: one shape for the terminal, the files and HTTP."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from briefqa.answering.receipts import Receipt, ReceiptCheck
from briefqa.datatypes import (
    Answer,
    Citation,
    Condition,
    DocumentInfo,
    IndexInfo,
    JsonValue,
    Passage,
    Place,
    PositionUnit,
    SearchResult,
    Span,
)
from briefqa.errors import ConditionError, UsageError
from briefqa.retrieval import make_condition, render_condition

if TYPE_CHECKING:
    # Indexing is slow to import, and a question needs none of it.
    from briefqa.indexing.rewriting import SyncReport

    # Nor what explains it, but on request.
    from briefqa.retrieval.explaining import Explanation
    from briefqa.retrieval.why_not import WhyNot

WireObject = dict[str, JsonValue]

_CONDITION = ("field", "op", "value")
_MARK = re.compile(r"\[([0-9]{1,18})\]")


def answer_to_wire(answer: Answer) -> WireObject:
    """Return ``answer`` as `briefqa ask --json` and ``POST /v1/ask`` give it."""
    return {
        "question": answer.question,
        "answered": answer.answered,
        "answer": answer.text,
        "confidence": answer.confidence,
        "reason": answer.reason,
        "sentences": [
            {"text": s.text, "citations": list(s.citations), "verdict": s.verdict.value}
            for s in answer.sentences
        ],
        "citations": [citation_to_wire(c) for c in answer.citations],
        "passages": [_passage(p) for p in answer.passages],
        "model": answer.model,
        "index": _index(answer.index),
        "took_ms": dict(answer.took_ms),
        "filters": [render_condition(condition) for condition in answer.conditions],
        "undated": answer.undated,
    }


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
        "index": _index(result.index),
        "took_ms": dict(result.took_ms),
        "filters": [render_condition(condition) for condition in result.conditions],
        "undated": result.undated,
    }
    if explanation is not None:
        for passage, hit in zip(passages, explanation.hits, strict=True):
            passage["explanation"] = _record(hit)
        found["explanation"] = {
            name: value for name, value in _record(explanation).items() if name != "hits"
        }
    return found


def why_not_to_wire(why: "WhyNot", sentence: str) -> WireObject:
    """Return what became of a document, and the sentence that says it."""
    return {"sentence": sentence, **_record(why)}


def citation_to_wire(citation: Citation) -> WireObject:
    """Return a receipt as answers list it."""
    return {
        "number": citation.number,
        "chunk_id": citation.chunk_id,
        **_where(citation.document, citation.place, citation.span),
        "quote": citation.quote,
    }


def document_to_wire(info: DocumentInfo) -> WireObject:
    """Return what is known of a document beside its text."""
    meta = info.metadata
    return {
        "doc_id": info.doc_id,
        "source": info.source,
        "title": info.title,
        "authors": list(meta.authors),
        "published": meta.published,
        "tags": list(meta.tags),
        "language": meta.language,
        "source_url": meta.source_url,
        "abstract": meta.abstract,
        "metadata": dict(meta.extra),
        "text_sha256": info.text_sha256,
        "file_sha256": info.file_sha256,
        "notices": list(info.notices),
        "href": f"/documents/{quote(info.doc_id, safe='/')}",
    }


def report_to_wire(report: "SyncReport") -> WireObject:
    """Return ``report`` as `briefqa index --json` gives it."""
    return {
        "generation": report.generation,
        "published": report.published,
        "documents": report.documents,
        "chunks": report.chunks,
        "added": [str(doc_id) for doc_id in report.added],
        "changed": [str(doc_id) for doc_id in report.changed],
        "removed": [str(doc_id) for doc_id in report.removed],
        "unchanged": report.unchanged,
        "excluded": report.excluded,
        "failed": [
            {"source": error.source, "reason": error.reason, "detail": error.detail}
            for error in report.failed
        ],
        "notices": [
            {"doc_id": notice.doc_id, "detail": notice.detail} for notice in report.notices
        ],
        "embedded": report.embedded,
        "reused": report.reused,
        "seconds": round(report.seconds, 3),
    }


def checks_to_wire(checks: Sequence[ReceiptCheck], uncited: Sequence[int]) -> WireObject:
    """Return whether all holds, and what is wrong with what does not.

    Args:
        checks: One for each receipt.
        uncited: Numbers that the answer cites without a receipt; there is no status of these.
    """
    rows: list[JsonValue] = [
        {
            "number": check.receipt.number,
            "doc_id": check.receipt.doc_id,
            "holds": check.holds,
            "problem": check.problem,
            "status": check.standing.value,
            "now": None if check.now is None else citation_to_wire(check.now),
            "instead": check.instead,
        }
        for check in checks
    ]
    rows += [
        {
            "number": number,
            "doc_id": None,
            "holds": False,
            "problem": f"the answer cites [{number}], but no citation has that number",
            "status": None,
            "now": None,
            "instead": None,
        }
        for number in uncited
    ]
    return {"holds": not uncited and all(check.holds for check in checks), "receipts": rows}


def receipts_from_wire(value: object) -> list[Receipt]:
    """Return the receipts of an answer in its JSON form, or of a list of citations.

    Fields that prove nothing are passed over.

    Raises:
        UsageError: If ``value`` is neither, or a citation lacks a field.
    """
    citations = value.get("citations") if isinstance(value, dict) else value
    if not isinstance(citations, list):
        msg = "no list of citations in it; expected what `briefqa ask --json` printed"
        raise UsageError(msg)
    return [_receipt(citation, f"citations[{place}]") for place, citation in enumerate(citations)]


def conditions_from_wire(items: Sequence[JsonValue]) -> list[str | Condition]:
    """Return the conditions of a request, each a text or an object with field, op and value.

    A text is not read yet: `parse_conditions` does that.

    Raises:
        ConditionError: If one is neither, or an object states no condition.
    """
    return [
        item if isinstance(item, str) else _condition(item, place)
        for place, item in enumerate(items)
    ]


def uncited_numbers(answer: str, receipts: Sequence[Receipt]) -> list[int]:
    """Return each ``[n]`` of the answer that no receipt has, ascending."""
    known = {receipt.number for receipt in receipts}
    return sorted({int(number) for number in _MARK.findall(answer)} - known)


def _condition(item: JsonValue, place: int) -> Condition:
    if not isinstance(item, dict):
        shown = str(item) if isinstance(item, int | float) else "null" if item is None else "a list"
        detail = 'a filter is a text such as "published>=2025", or an object'
        raise ConditionError(shown, shown, detail, place=place)
    shown = " ".join(str(each) for each in item.values() if isinstance(each, str | int | float))
    for name in [*_CONDITION, *item]:
        if name not in item or name not in _CONDITION:
            detail = f"{name!r} is {'unknown' if name in item else 'missing'} in the object"
            detail += f"; it has {', '.join(_CONDITION)}"
            raise ConditionError(shown, name, detail, place=place)
    field, sign, value = (item[name] for name in _CONDITION)
    if not isinstance(field, str) or not isinstance(sign, str):
        name = "op" if isinstance(field, str) else "field"
        raise ConditionError(shown, name, f"{name} must be a string", place=place)
    if not isinstance(value, str | int | float):
        detail = "value must be a string, a number, true or false"
        raise ConditionError(shown, "value", detail, place=place)
    said = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return make_condition(field, sign, said)
    except ConditionError as error:
        raise error.at(place) from error


def _receipt(citation: object, where: str) -> Receipt:
    if not isinstance(citation, dict):
        msg = f"{where} is not an object"
        raise UsageError(msg)
    return Receipt(
        number=_number(citation, "number", where),
        doc_id=_text(citation, "doc_id", where),
        start=_number(citation, "start", where),
        end=_number(citation, "end", where),
        quote=_text(citation, "quote", where),
        text_sha256=_text(citation, "text_sha256", where),
        file_sha256=_text(citation, "file_sha256", where),
    )


def _number(fields: Mapping[str, object], name: str, where: str) -> int:
    found = fields.get(name)
    # A bool is an int to Python, but not to whoever wrote the file.
    if not isinstance(found, int) or isinstance(found, bool):
        msg = f"{where}.{name} is not a whole number"
        raise UsageError(msg)
    return found


def _text(fields: Mapping[str, object], name: str, where: str) -> str:
    found = fields.get(name)
    if not isinstance(found, str):
        msg = f"{where}.{name} is not a string"
        raise UsageError(msg)
    return found


def _passage(passage: Passage) -> WireObject:
    hit = passage.hit
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "scores": {name: round(score, 6) for name, score in hit.scores.items()},
        "chunk_id": hit.chunk.chunk_id,
        **_where(passage.document, passage.place, hit.chunk.span),
        "text": hit.chunk.text,
        "duplicates": [str(chunk_id) for chunk_id in hit.duplicates],
    }


def _record(record: object) -> WireObject:
    """Return a record as an object with the same fields, its numbers to six places."""
    if not is_dataclass(record):
        msg = f"{type(record).__name__} is no record"
        raise TypeError(msg)
    return {each.name: _value(getattr(record, each.name)) for each in fields(record)}


def _value(value: object) -> JsonValue:
    match value:
        case None | bool() | int():
            return value
        case float():
            return round(value, 6)
        case str():
            # An enum too, whose name is its value.
            return str(value)
        case Mapping():
            return {str(name): _value(each) for name, each in value.items()}
        case tuple():
            return [_value(each) for each in value]
        case _:
            return _record(value)


def _where(document: DocumentInfo, place: Place, span: Span) -> WireObject:
    return {
        "doc_id": document.doc_id,
        "source": document.source,
        "title": document.title,
        "authors": list(document.metadata.authors),
        "published": document.metadata.published,
        "source_url": document.metadata.source_url,
        "heading": list(place.heading),
        **{unit.value: place.number if unit is place.unit else None for unit in PositionUnit},
        "start": span.start,
        "end": span.end,
        "text_sha256": document.text_sha256,
        "file_sha256": document.file_sha256,
        "href": f"/documents/{quote(document.doc_id, safe='/')}#chars={span.start}-{span.end}",
    }


def _index(info: IndexInfo) -> WireObject:
    return {"generation": info.generation, "documents": info.documents, "chunks": info.chunks}
