"""Reads a folder into documents and chunks, and only the files that have changed."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from briefqa.chunking import ChunkingOptions, chunk_document
from briefqa.datatypes import DocId, Document
from briefqa.documents import SourceFile
from briefqa.errors import DocumentError
from briefqa.indexing.catalogue import fingerprint_of
from briefqa.indexing.fingerprints import Fingerprints
from briefqa.indexing.generations import Generation
from briefqa.indexing.manifest import Fingerprint
from briefqa.indexing.staging import Staging
from briefqa.machine import sha256_of
from briefqa.protocols import Progress, ProgressListener, TokenCounter

ReadFile = Callable[[SourceFile], Iterator[Document | DocumentError]]
"""Yields the documents of a file, and an error for each that cannot be read."""

ExpectFile = Callable[[SourceFile], None]
"""Is told of each file that will be read, in order and some files before it is."""

# Enough to keep as many processes busy as a pool of readers may have.
_FILES_AHEAD = 512


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know of a document; ``detail`` is a sentence.

    It did not get into its text, or it names another document that is not there.
    """

    doc_id: DocId
    detail: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What an index is to hold.

    ``files`` are looked at, and read if they have changed. Documents of the
    sources ``kept`` are taken over from the generation before as they are.
    Documents in ``excluded`` are left out wherever they come from.
    """

    files: Sequence[SourceFile]
    kept: AbstractSet[str] = frozenset()
    excluded: AbstractSet[DocId] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """How files become chunks."""

    read: ReadFile
    tokens: TokenCounter
    chunking: ChunkingOptions
    expect: ExpectFile | None = None


@dataclass(slots=True)
class Gathered:
    """What an index is to hold, in fingerprints.

    ``files`` gives the SHA-256 of each source of which every document is there:
    these need not be read again while they stay as they are. ``excluded``
    counts the documents left out on purpose.
    """

    fingerprints: Fingerprints
    files: dict[str, str] = field(default_factory=dict)
    failed: list[DocumentError] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    excluded: int = 0

    def add(self, fingerprint: Fingerprint, *, is_read: bool) -> bool:
        """Add a document unless its id is taken; return whether it was added."""
        first = self.fingerprints.add(fingerprint, is_read=is_read)
        if first is None:
            return True
        self.failed.append(
            DocumentError(
                fingerprint.source,
                reason="duplicate_id",
                detail=f"has the document id {fingerprint.doc_id!r}, which {first} has already",
            )
        )
        return False


class _Base:
    """What the generation before knows of each source."""

    def __init__(self, generation: Generation | None) -> None:
        self.files = generation.catalogue.files() if generation else {}

    def has(self, file: SourceFile) -> bool:
        """Tell whether ``file`` is as it was, and was read whole."""
        known = self.files.get(file.source)
        try:
            return known is not None and sha256_of(file.location) == known
        except OSError:
            return False  # Reading it will say why.


def gather(
    scope: Scope,
    base: Generation | None,
    staging: Staging,
    reading: Reading | None,
    *,
    on_progress: ProgressListener,
) -> Gathered:
    """Find out what the index is to hold; put what is read now into ``staging``.

    Sources are taken in order of their names, whatever the order they come in.
    ``base`` must have been made by the same recipe; its documents, which the
    fingerprints in ``staging`` must know, are kept where the file has not
    changed. What cannot be read is in ``failed``. Of documents with one id the
    first stays. ``reading`` may be None where the scope has no files.

    Raises:
        OSError, sqlite3.OperationalError: If the staging area cannot be written.
    """
    gathered, known = Gathered(staging.fingerprints), _Base(base)
    looked_at: list[tuple[str, SourceFile | None]] = [(each.source, each) for each in scope.files]
    if base is not None and scope.kept:
        before = gathered.fingerprints.sources_before()
        looked_at += ((source, None) for source in before if source in scope.kept)
    ordered = sorted(looked_at, key=lambda each: each[0])
    expect = reading.expect if reading is not None else None
    for number, source in enumerate(_sources(ordered, known, expect)):
        on_progress(Progress("reading", number, len(ordered)))
        failures, excluded = len(gathered.failed), gathered.excluded
        if source.is_kept:
            digests = _keep(source.name, gathered, scope.excluded)
        elif source.file is not None and reading is not None:
            digests = _read(source.file, gathered, staging, reading, scope.excluded)
        is_whole = source.file is not None or source.name in known.files
        is_whole &= (len(gathered.failed), gathered.excluded) == (failures, excluded)
        if len(digests) == 1 and is_whole:
            gathered.files[source.name] = digests.pop()
    on_progress(Progress("reading", len(ordered), len(ordered)))
    return gathered


@dataclass(frozen=True, slots=True)
class _Source:
    """A file to look at, or a source without one; ``is_kept`` if its documents stay."""

    name: str
    file: SourceFile | None
    is_kept: bool


def _sources(
    ordered: Iterable[tuple[str, SourceFile | None]], known: _Base, expect: ExpectFile | None
) -> Iterator[_Source]:
    """Yield sources in order, once those that follow are looked at and what is to be read told."""
    ahead: deque[_Source] = deque()
    for name, file in ordered:
        is_kept = file is None or known.has(file)
        if file is not None and not is_kept and expect is not None:
            expect(file)
        ahead.append(_Source(name, file, is_kept))
        if len(ahead) > _FILES_AHEAD:
            yield ahead.popleft()
    yield from ahead


def _keep(source: str, gathered: Gathered, excluded: AbstractSet[DocId]) -> set[str]:
    """Take over the documents of ``source`` as they are; return the hashes of its file."""
    digests: set[str] = set()
    for fingerprint in gathered.fingerprints.before_of(source):
        if fingerprint.doc_id in excluded:
            gathered.excluded += 1
        elif gathered.add(fingerprint, is_read=False):
            digests.add(fingerprint.file_sha256)
    return digests


def _read(
    file: SourceFile,
    gathered: Gathered,
    staging: Staging,
    reading: Reading,
    excluded: AbstractSet[DocId],
) -> set[str]:
    """Add the documents of ``file``; return the hashes it had while it was read."""
    digests: set[str] = set()
    for document in reading.read(file):
        if isinstance(document, DocumentError):
            gathered.failed.append(document)
        elif document.info.doc_id in excluded:
            gathered.excluded += 1
        elif gathered.add(fingerprint_of(document.info), is_read=True):
            chunks = chunk_document(document, reading.tokens, reading.chunking)
            chunks.sort(key=lambda chunk: chunk.span)
            staging.add(document, chunks)
            digests.add(document.info.file_sha256)
            gathered.notices += (
                Notice(document.info.doc_id, detail) for detail in document.info.notices
            )
    return digests
