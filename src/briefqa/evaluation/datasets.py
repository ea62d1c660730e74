"""Question sets: what is asked, and what would be right.

The records here; `briefqa.evaluation.loading` reads them from a folder or a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from briefqa.datatypes import DocId, Span


@dataclass(frozen=True, slots=True)
class Reference:
    """A stretch of a document's text, or a quote from it, that answers a query.

    ``span`` is in code points of the text as the set states it; a quote has none.
    """

    doc_id: DocId
    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One question of a set, and what would be right.

    ``relevant`` are its qrels: grades by document. ``is_answerable`` is None
    where the set does not say.
    """

    query_id: str
    text: str
    relevant: Mapping[DocId, int] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    is_answerable: bool | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Queries, and the folder or file of documents that they are about, where the set has one.

    ``sha256`` is of everything that was read but the documents.
    """

    name: str
    path: Path
    queries: tuple[Query, ...]
    corpus: Path | None
    sha256: str
