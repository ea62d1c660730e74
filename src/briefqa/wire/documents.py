"""Documents, and what became of them when they were indexed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from briefqa.datatypes import DocId, DocumentInfo
from briefqa.wire.values import WireObject

if TYPE_CHECKING:
    # Indexing is slow to import, and a question needs none of it.
    from briefqa.indexing.rewriting import SyncReport


def document_to_wire(info: DocumentInfo, *, superseded_by: Iterable[DocId] = ()) -> WireObject:
    """Return what is known of a document beside its text.

    Args:
        info: The document.
        superseded_by: The documents that stand in its place.
    """
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
        "superseded_by": [str(doc_id) for doc_id in superseded_by],
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
