"""Checks a receipt against the text and the file that it names."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from briefqa.datatypes import DocId, Document
from briefqa.errors import UnknownDocumentError


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


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """Whether a receipt holds; if not, ``problem`` says in a sentence what is wrong."""

    receipt: Receipt
    problem: str | None

    @property
    def holds(self) -> bool:
        """Say whether every claim of the receipt is true."""
        return self.problem is None


SourceLocator = Callable[[str], Path | None]
"""Returns the file of a document's ``source``; None if there is none to look at."""


class DocumentSource(Protocol):
    """Whatever gives a document by its id."""

    def document(self, doc_id: DocId, /) -> Document:
        """Return the document.

        Raises:
            UnknownDocumentError: If there is none.
        """
        ...


def check_receipt(
    receipt: Receipt, index: DocumentSource, *, locate: SourceLocator | None = None
) -> ReceiptCheck:
    """Check every claim of ``receipt``.

    Args:
        receipt: The receipt to check.
        index: Where the canonical texts are.
        locate: Leads to the source files; where given, the file itself is hashed again.

    Returns:
        The check, with the first problem found.
    """
    return ReceiptCheck(receipt, _problem(receipt, index, locate))


def _problem(receipt: Receipt, index: DocumentSource, locate: SourceLocator | None) -> str | None:
    try:
        document = index.document(DocId(receipt.doc_id))
    except UnknownDocumentError:
        return f"no document {receipt.doc_id!r} in the index"
    if hashlib.sha256(document.text.encode()).hexdigest() != receipt.text_sha256:
        return "the text is not the one that was quoted: its SHA-256 differs"
    if not 0 <= receipt.start < receipt.end <= len(document.text):
        return f"[{receipt.start}, {receipt.end}) does not lie in the text"
    found = document.text[receipt.start : receipt.end]
    if found != receipt.quote:
        return f"at [{receipt.start}, {receipt.end}) stands {_shortened(found)!r}, not the quote"
    if document.info.file_sha256 != receipt.file_sha256:
        return "the file indexed is not the one that was quoted: its SHA-256 differs"
    path = locate(document.info.source) if locate is not None else None
    return _source_problem(document, path) if path is not None else None


def _source_problem(document: Document, path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"the source file {document.info.source!r} cannot be read: {error.strerror}"
    if digest != document.info.file_sha256:
        return f"the source file {document.info.source!r} has changed since it was indexed"
    return None


def _shortened(text: str) -> str:
    most = 60
    return text if len(text) <= most else text[: most - 1] + "…"
