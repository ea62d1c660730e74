"""Checks receipts against the texts and files that they name, also after these have changed."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from briefqa.answering.relocating import FoldedText
from briefqa.datatypes import Chunk, ChunkId, Citation, DocId, Document, DocumentInfo, Place, Span
from briefqa.errors import UnknownDocumentError

_TEXTS_KEPT = 8
_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a citation claims: these words, there, in that text of that file."""

    number: int
    doc_id: str
    start: int
    end: int
    quote: str
    text_sha256: str
    file_sha256: str


class Standing(StrEnum):
    """What has become of a quote: it stands where it stood, elsewhere, or nowhere."""

    HOLDS = "holds"
    MOVED = "moved"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """Whether a receipt holds; if not, ``problem`` says in a sentence what is wrong.

    A quote that stands where it stood, in a file that has changed beside it, has
    standing ``holds`` and a problem. ``now`` is the receipt as it would be given
    today, where that is another and the words are not gone. ``instead`` is what
    stands in the place of a quote that is gone, shortened, if anything does.
    """

    receipt: Receipt
    problem: str | None
    standing: Standing = Standing.HOLDS
    now: Citation | None = None
    instead: str | None = None

    @property
    def holds(self) -> bool:
        """Say whether every claim of the receipt is true."""
        return self.problem is None


SourceLocator = Callable[[str], Path | None]
"""Returns the file of a document's ``source``; None if there is none to look at."""


class QuotedIndex(Protocol):
    """The parts of an opened index that receipts are checked against."""

    def document(self, doc_id: DocId, /) -> Document:
        """Return the document.

        Raises:
            UnknownDocumentError: If there is none.
        """
        ...

    def documents(self) -> Sequence[DocumentInfo]:
        """Return every document, sorted by ``doc_id``."""
        ...

    def chunks_of(self, doc_id: DocId, /) -> Sequence[Chunk]:
        """Return the chunks of a document, in reading order."""
        ...


def check_receipt(
    receipt: Receipt, index: QuotedIndex, *, locate: SourceLocator | None = None
) -> ReceiptCheck:
    """Check every claim of ``receipt``; arguments are as in `check_receipts`."""
    return check_receipts([receipt], index, locate=locate)[0]


def check_receipts(
    receipts: Sequence[Receipt], index: QuotedIndex, *, locate: SourceLocator | None = None
) -> list[ReceiptCheck]:
    """Check every claim of every receipt, and find the quotes that are not where they were.

    A quote is looked for in its own document first, then in those whose text has
    the hash that the receipt names (the document has another name now), then in
    all others by ``doc_id``; of several places in one document, the nearest to
    the old one is taken. White space between words may differ.

    Args:
        receipts: What to check; all that are gone are looked for in one pass.
        index: Where the canonical texts are.
        locate: Leads to the source files; where given, the files are hashed again.

    Returns:
        A check for each receipt, in their order, with the first problem found.
    """
    checker = _Checker(index, locate)
    return checker.found_elsewhere([checker.check(receipt) for receipt in receipts])


class _Checker:
    """Checks receipts, and remembers of each document what it had to work out."""

    def __init__(self, index: QuotedIndex, locate: SourceLocator | None) -> None:
        self._index = index
        self._locate = locate
        self._sha256 = lru_cache(None)(self._text_sha256)
        self._source_problem = lru_cache(None)(self._changed_source)
        # A folded text takes several times the memory of the text.
        self._folded = lru_cache(_TEXTS_KEPT)(self._fold)

    def check(self, receipt: Receipt) -> ReceiptCheck:
        """Check a receipt against the document that it names alone."""
        doc_id = DocId(receipt.doc_id)
        try:
            document = self._index.document(doc_id)
        except UnknownDocumentError:
            missing = f"no document {receipt.doc_id!r} in the index"
            return ReceiptCheck(receipt, missing, Standing.GONE)
        problem = self._text_problem(receipt, document)
        if problem is None:
            return self._with_file_checked(receipt, document)
        span = self._folded(doc_id).nearest(receipt.quote, receipt.start)
        if span is not None:
            now = self._citation(receipt, document, span)
            return ReceiptCheck(receipt, problem, Standing.MOVED, now)
        instead = document.text[max(0, receipt.start) : max(0, receipt.end)]
        return ReceiptCheck(receipt, problem, Standing.GONE, instead=_shortened(instead) or None)

    def found_elsewhere(self, checks: list[ReceiptCheck]) -> list[ReceiptCheck]:
        """Return ``checks`` with those that are gone looked for in every other document."""
        gone = {at for at, check in enumerate(checks) if check.standing is Standing.GONE}
        if not gone:
            return checks
        found = list(checks)
        infos = self._index.documents()
        for at in sorted(gone):
            receipt = checks[at].receipt
            same = (info for info in infos if info.text_sha256 == receipt.text_sha256)
            if any(self._is_moved_to(info, found, at) for info in same):
                gone.discard(at)
        for info in infos:
            if not gone:
                break
            gone -= {at for at in sorted(gone) if self._is_moved_to(info, found, at)}
        return found

    def _is_moved_to(self, info: DocumentInfo, checks: list[ReceiptCheck], at: int) -> bool:
        """Look for a quote in a document; note it among ``checks`` if it is there."""
        receipt = checks[at].receipt
        text = self._folded(info.doc_id)
        if receipt.doc_id == info.doc_id or not text.may_hold(receipt.quote):
            return False
        span = text.nearest(receipt.quote, receipt.start)
        if span is None:
            return False
        now = self._citation(receipt, self._index.document(info.doc_id), span)
        checks[at] = replace(checks[at], standing=Standing.MOVED, now=now, instead=None)
        return True

    def _text_problem(self, receipt: Receipt, document: Document) -> str | None:
        if self._sha256(document.info.doc_id) != receipt.text_sha256:
            return "the text is not the one that was quoted: its SHA-256 differs"
        if not 0 <= receipt.start < receipt.end <= len(document.text):
            return f"[{receipt.start}, {receipt.end}) does not lie in the text"
        found = document.text[receipt.start : receipt.end]
        if found != receipt.quote:
            return (
                f"at [{receipt.start}, {receipt.end}) stands {_shortened(found)!r}, not the quote"
            )
        return None

    def _with_file_checked(self, receipt: Receipt, document: Document) -> ReceiptCheck:
        if document.info.file_sha256 == receipt.file_sha256:
            return ReceiptCheck(receipt, self._source_problem(document.info.doc_id))
        problem = "the file indexed is not the one that was quoted: its SHA-256 differs"
        now = self._citation(receipt, document, Span(receipt.start, receipt.end))
        return ReceiptCheck(receipt, problem, now=now)

    def _citation(self, receipt: Receipt, document: Document, span: Span) -> Citation:
        """Return the receipt of ``span`` as an answer would give it today."""
        chunk_id, heading = self._chunk_at(document.info.doc_id, span)
        marks = document.position_map
        return Citation(
            number=receipt.number,
            chunk_id=chunk_id,
            document=document.info,
            place=Place(heading, marks.unit, marks.number_at(document.text, span.start)),
            span=span,
            quote=span.of(document.text),
        )

    def _chunk_at(self, doc_id: DocId, span: Span) -> tuple[ChunkId, tuple[str, ...]]:
        """Return id and heading of the chunk that ``span`` starts in, one with all of it first."""
        chunks = self._index.chunks_of(doc_id)
        around = [each for each in chunks if each.span.start <= span.start < each.span.end]
        whole = [each for each in around if span.end <= each.span.end]
        for chunk in [*whole, *around]:
            return chunk.chunk_id, chunk.heading
        # White space at the start of a quote lies in no chunk.
        return ChunkId(f"{doc_id}#{span.start}-{span.end}"), ()

    def _text_sha256(self, doc_id: DocId) -> str:
        return hashlib.sha256(self._index.document(doc_id).text.encode()).hexdigest()

    def _fold(self, doc_id: DocId) -> FoldedText:
        return FoldedText(self._index.document(doc_id).text)

    def _changed_source(self, doc_id: DocId) -> str | None:
        info = self._index.document(doc_id).info
        path = self._locate(info.source) if self._locate is not None else None
        if path is None:
            return None
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            return f"the source file {info.source!r} cannot be read: {error.strerror}"
        if digest != info.file_sha256:
            return f"the source file {info.source!r} has changed since it was indexed"
        return None


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
