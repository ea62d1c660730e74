"""Reads a folder into documents and chunks, and only the files that have changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from briefqa.chunking import ChunkingOptions, chunk_document
from briefqa.datatypes import Chunk, DocId, Document
from briefqa.documents import SourceFile, file_sha256, read_file
from briefqa.errors import DocumentError
from briefqa.indexing.catalogue import fingerprint_of
from briefqa.indexing.generations import Generation
from briefqa.indexing.manifest import Fingerprint
from briefqa.protocols import Progress, ProgressListener, TokenCounter


@dataclass(frozen=True, slots=True)
class CutDocument:
    """A document and its chunks, ascending by span."""

    document: Document
    chunks: tuple[Chunk, ...]


@dataclass(slots=True)
class Gathered:
    """What a folder holds.

    ``fresh`` are documents read now; the others of ``fingerprints`` are taken
    over from the generation before. ``files`` gives the SHA-256 of each source
    of which nothing failed: these need not be read again while they stay as
    they are.
    """

    fingerprints: dict[DocId, Fingerprint] = field(default_factory=dict)
    fresh: dict[DocId, CutDocument] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    failed: list[DocumentError] = field(default_factory=list)

    def add(self, fingerprint: Fingerprint) -> bool:
        """Add a document unless its id is taken; return whether it was added."""
        first = self.fingerprints.setdefault(fingerprint.doc_id, fingerprint)
        if first is fingerprint:
            return True
        self.failed.append(
            DocumentError(
                fingerprint.source,
                reason="duplicate_id",
                detail=f"has the document id {fingerprint.doc_id!r}, "
                f"which {first.source} has already",
            )
        )
        return False


class _Base:
    """What the generation before knows of each file."""

    def __init__(self, generation: Generation | None) -> None:
        self._files = generation.catalogue.files() if generation else {}
        self._documents: dict[str, list[Fingerprint]] = {}
        for fingerprint in generation.catalogue.fingerprints() if generation else ():
            self._documents.setdefault(fingerprint.source, []).append(fingerprint)

    def documents_of(self, file: SourceFile) -> Sequence[Fingerprint] | None:
        """Return the documents of ``file`` if it is as it was, and was read whole."""
        known = self._files.get(file.source)
        try:
            is_same = known is not None and file_sha256(file.path) == known
        except OSError:
            return None  # Reading it will say why.
        return self._documents.get(file.source, ()) if is_same else None


def gather(
    files: Iterable[SourceFile],
    base: Generation | None,
    *,
    tokens: TokenCounter,
    chunking: ChunkingOptions,
    on_progress: ProgressListener,
) -> Gathered:
    """Read ``files`` in order of their names, whatever the order they come in.

    ``base`` must have been made by the same recipe; its documents are kept
    where the file has not changed. What cannot be read is in ``failed``. Of
    documents with one id the first stays.
    """
    gathered, known = Gathered(), _Base(base)
    ordered = sorted(files, key=lambda file: file.source)
    for number, file in enumerate(ordered):
        on_progress(Progress("reading", number, len(ordered)))
        failures = len(gathered.failed)
        kept = known.documents_of(file)
        if kept is not None:
            digests = {fingerprint.file_sha256 for fingerprint in kept if gathered.add(fingerprint)}
        else:
            digests = _read(file, gathered, tokens, chunking)
        if len(digests) == 1 and len(gathered.failed) == failures:
            gathered.files[file.source] = digests.pop()
    on_progress(Progress("reading", len(ordered), len(ordered)))
    return gathered


def _read(
    file: SourceFile, gathered: Gathered, tokens: TokenCounter, chunking: ChunkingOptions
) -> set[str]:
    """Add the documents of ``file``; return the hashes it had while it was read."""
    digests: set[str] = set()
    for document in read_file(file):
        if isinstance(document, DocumentError):
            gathered.failed.append(document)
        elif gathered.add(fingerprint_of(document.info)):
            chunks = chunk_document(document, tokens, chunking)
            chunks.sort(key=lambda chunk: chunk.span)
            gathered.fresh[document.info.doc_id] = CutDocument(document, tuple(chunks))
            digests.add(document.info.file_sha256)
    return digests
