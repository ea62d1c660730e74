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

    ``files`` are read, but for those that are not among the ``changed``, where
    that is known: their documents, and those of the sources ``kept``, are taken
    over from the generation before as they are. Documents in ``excluded`` are
    left out wherever they come from.
    """

    files: Sequence[SourceFile]
    changed: AbstractSet[str] | None = None
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


def changed_files(
    files: Sequence[SourceFile], base: Generation, on_progress: ProgressListener | None
) -> set[str]:
    """Return the sources of those of ``files`` that ``base`` does not hold whole as they are."""
    known = base.catalogue.files()
    changed: set[str] = set()
    for number, file in enumerate(files):
        if on_progress is not None:
            on_progress(Progress("looking", number, len(files)))
        if not _is(file, known.get(file.source)):
            changed.add(file.source)
    if on_progress is not None:
        on_progress(Progress("looking", len(files), len(files)))
    return changed


def _is(file: SourceFile, sha256: str | None) -> bool:
    try:
        return sha256 is not None and sha256_of(file.location) == sha256
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
    fingerprints in ``staging`` must know, are kept as the scope says. What
    cannot be read is in ``failed``. Of documents with one id the first stays.
    ``reading`` may be None where the scope has no files.

    Raises:
        OSError, sqlite3.OperationalError: If the staging area cannot be written.
    """
    gathered = Gathered(staging.fingerprints)
    changed = scope.changed if base is not None else None
    sources = [
        _Source(each.source, each if changed is None or each.source in changed else None)
        for each in scope.files
    ]
    if base is not None and scope.kept:
        before, whole = gathered.fingerprints.sources_before(), base.catalogue.files()
        sources += (_Source(each, None, each in whole) for each in before if each in scope.kept)
    sources.sort(key=lambda source: source.name)
    expect = reading.expect if reading is not None else None
    for number, source in enumerate(_told_ahead(sources, expect)):
        on_progress(Progress("reading", number, len(sources)))
        failures, excluded = len(gathered.failed), gathered.excluded
        if source.file is None:
            digests = _keep(source.name, gathered, scope.excluded)
        elif reading is not None:
            digests = _read(source.file, gathered, staging, reading, scope.excluded)
        is_all = (len(gathered.failed), gathered.excluded) == (failures, excluded)
        if len(digests) == 1 and is_all and source.is_whole:
            gathered.files[source.name] = digests.pop()
    on_progress(Progress("reading", len(sources), len(sources)))
    return gathered


@dataclass(frozen=True, slots=True)
class _Source:
    """A file to read, or a source of which documents are taken over.

    ``is_whole`` unless some of its documents were not there before.
    """

    name: str
    file: SourceFile | None
    is_whole: bool = True


def _told_ahead(sources: Iterable[_Source], expect: ExpectFile | None) -> Iterator[_Source]:
    """Yield ``sources``, each once it has been told which of those that follow are to be read."""
    ahead: deque[_Source] = deque()
    for source in sources:
        if source.file is not None and expect is not None:
            expect(source.file)
        ahead.append(source)
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
