"""What the records of a generation say of its documents, and how conditions ask for it."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from briefqa.assembly.milvus.collections import Collections
from briefqa.assembly.milvus.head import Head
from briefqa.assembly.milvus.rows import COUNTS, STATED, array_of
from briefqa.backends.milvus.expressions import may_hold, quoted
from briefqa.backends.milvus.layout import (
    DAY,
    DOCUMENT,
    FIELD,
    IS_NUMBER,
    KIND,
    MONTH,
    NUMBER,
    TEXT,
    YEAR,
)
from briefqa.indexing.fields import Predicate, Term, TermKind, bounds_of
from briefqa.indexing.superseding import Superseding


class MilvusFacts:
    """What the records of a generation say of its documents."""

    def __init__(self, collections: Collections, head: Head) -> None:
        self._collections = collections
        self._head = head

    def found(self, predicate: Predicate, /) -> Iterable[int]:
        """Return the documents that ``predicate`` finds, negated or not."""
        if not predicate.terms:
            return []
        terms = " or ".join(f"({expression_of(term)})" for term in predicate.terms)
        where = f"{KIND} == {quoted(STATED)} and {FIELD} == {quoted(predicate.field)} and ({terms})"
        parts = [str(each.value) for each in predicate.terms if each.kind is TermKind.PART]
        rows = self._collections.all_records(where, (DOCUMENT, TEXT), self._head.manifest.documents)
        return {
            int(row[DOCUMENT])
            for row in rows
            # A pattern finds a little more than what holds the part.
            if not parts or any(part in row[TEXT] for part in parts)
        }

    def chunk_counts(self) -> NDArray[np.int64]:
        """Return how many chunks each document has, shape (documents,)."""
        return self._collections.read(lambda: array_of(self._collections.text_of(COUNTS)))

    def superseding(self) -> Superseding:
        """Return which documents take the place of which."""
        return self._head.superseding


def expression_of(term: Term) -> str:
    """Return ``term`` as a filter on the records of fields."""
    value = term.value
    sign = "==" if term.sign == "=" else term.sign
    match term.kind:
        case TermKind.TEXT:
            return f"{TEXT} == {quoted(str(value))}"
        case TermKind.BEGINNING:
            first, end = bounds_of(str(value))
            return f"{TEXT} >= {quoted(first)} and {TEXT} < {quoted(end)}"
        case TermKind.PART:
            return may_hold(TEXT, str(value))
        case TermKind.NUMBER:
            return f"{IS_NUMBER} == true and {NUMBER} {sign} {float(value)!r}"
        case TermKind.DATE:
            return _on_date(str(value), sign)
        case TermKind.DATED:
            return f"{YEAR} > 0"


def _on_date(date: str, sign: str) -> str:
    """Return what is true of dates that compare so at the coarser of the two precisions."""
    digits = date.replace("-", "")
    year, month, day = int(digits[:4]), digits[:6], digits
    by_year = f"{YEAR} {sign} {year}"
    if len(digits) == 4:  # noqa: PLR2004 - a year
        return f"{YEAR} > 0 and {by_year}"
    by_month = f"{MONTH} {sign} {month}"
    coarse = f"({YEAR} > 0 and {MONTH} == 0 and {by_year})"
    if len(digits) == 6:  # noqa: PLR2004 - a month
        return f"({MONTH} > 0 and {by_month}) or {coarse}"
    finer = f"({DAY} > 0 and {DAY} {sign} {day})"
    return f"{finer} or ({DAY} == 0 and {MONTH} > 0 and {by_month}) or {coarse}"
