"""Writes the files of a new generation into a folder that nobody reads yet."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from briefqa.datatypes import Chunk, Document
from briefqa.errors import BackendError
from briefqa.indexing.blocks import LARGE_BYTES, write_blocks
from briefqa.indexing.catalogue import Catalogue
from briefqa.indexing.catalogue_writer import CatalogueWriter, Predecessor, TakenOver
from briefqa.indexing.durable import files_below, fsync_tree
from briefqa.indexing.gathering import Gathered
from briefqa.indexing.generations import LEXICAL, TOKENS, Generation
from briefqa.indexing.integrity import MANIFEST, entries_of
from briefqa.indexing.manifest import Manifest, Recipe
from briefqa.indexing.planning import VectorPlan
from briefqa.indexing.staging import Staging
from briefqa.indexing.tokens import READ_WHOLE
from briefqa.protocols import (
    DocumentWords,
    KeptWords,
    LexicalBackend,
    Progress,
    ProgressListener,
)

_LANGUAGES_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation is to hold; ``base`` has the documents that are not staged."""

    generation: str
    recipe: Recipe
    gathered: Gathered
    staging: Staging
    plan: VectorPlan
    base: Generation | None

    @property
    def predecessor(self) -> Predecessor | None:
        """Where the rows of ``base`` are, if they can be taken over as they are."""
        if self.base is None or self.base.files is None:
            return None
        catalogue, words = self.base.catalogue, self.base.words
        if not isinstance(catalogue, Catalogue) or not isinstance(words, KeptWords):
            return None
        return Predecessor(catalogue.folder, self.base.files, words)


def write_records(
    folder: Path, contents: Contents, *, words: LexicalBackend, on_progress: ProgressListener
) -> None:
    """Write catalogue, texts and word index of a generation into ``folder``.

    Raises:
        OSError: If the disk refuses.
        sqlite3.OperationalError: If it refuses the catalogue.
    """
    total = len(contents.plan)
    (folder / LEXICAL).mkdir()
    with CatalogueWriter(folder, contents.predecessor) as writer:
        writer.add_files(contents.gathered.files.items())
        # One pass: a document is written as the word index comes to its chunks,
        # so that no more than one is held at a time.
        words.build(folder / LEXICAL, _written(writer, contents, on_progress))
        if writer.chunks != total:
            msg = f"the word index took {writer.chunks} of {total} chunks"
            raise BackendError(msg)


def write_manifest(folder: Path, contents: Contents) -> str:
    """Write the manifest of all that is in ``folder``, and return its SHA-256.

    Raises:
        OSError: If the disk refuses.
    """
    for path in files_below(folder):
        # A thread of the word index may have left one after its own clean-up.
        if path.suffix == ".lock":
            path.unlink()
    read_whole = [folder / TOKENS / name for name in READ_WHOLE]
    # Whatever vouched for a lock file would call its absence damage.
    paths = [path for path in files_below(folder) if path.suffix != ".lock"]
    large = [path for path in paths if path not in read_whole and path.stat().st_size > LARGE_BYTES]
    with ThreadPoolExecutor(2) as meanwhile:
        # The blocks of a large file are hashed on another core than the whole of it, and the
        # disk has had its time when the folder is to be published.
        synced = meanwhile.submit(fsync_tree, folder)
        lists = meanwhile.map(write_blocks, large)
        entries = dict(zip(paths, entries_of(paths), strict=True))
        written = list(lists)
        synced.result()
    entries |= zip(written, entries_of(written), strict=True)
    manifest = Manifest(
        generation=contents.generation,
        recipe=contents.recipe,
        documents=len(contents.gathered.fingerprints),
        chunks=len(contents.plan),
        files={path.relative_to(folder).as_posix(): entries[path] for path in sorted(entries)},
    )
    data = manifest.to_bytes()
    (folder / MANIFEST).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _written(
    writer: CatalogueWriter, contents: Contents, on_progress: ProgressListener
) -> Iterator[DocumentWords]:
    """Write document after document, and yield the chunks of each for the word index."""
    plan, base, before = contents.plan, contents.base, contents.predecessor
    languages = _LanguagesBefore(before.words) if before is not None else None
    for doc_id, is_read in contents.gathered.fingerprints.origins():
        if not is_read and languages is not None:
            taken = writer.take_over(doc_id)
            yield DocumentWords(taken.chunks, languages.of(taken))
        elif (records := contents.staging.catalogue if is_read else base) is not None:
            document, chunks = records.document(doc_id), records.chunks_of(doc_id)
            keys = plan.keys[writer.chunks : writer.chunks + len(chunks)]
            writer.add(document, chunks, [key.tobytes() for key in keys])
            yield words_of(document, chunks)
        on_progress(Progress("writing", writer.chunks, len(plan)))


class _LanguagesBefore:
    """In which language each document was read before, looked up for many at a time."""

    def __init__(self, words: KeptWords) -> None:
        self._words = words
        self._first, self._found = 0, list[str]()

    def of(self, taken: TakenOver) -> str | None:
        if not taken.chunks:
            return None
        if not 0 <= taken.first - self._first < len(self._found):
            self._first = taken.first
            last = min(taken.first + _LANGUAGES_AT_ONCE, len(self._words)) - 1
            self._found = self._words.languages(taken.first, last)
        return self._found[taken.first - self._first]


def words_of(document: Document, chunks: Sequence[Chunk]) -> DocumentWords:
    """Return what the word index is to know of a document."""
    return DocumentWords(
        [(chunk.chunk_id, chunk.embedded_text) for chunk in chunks],
        _language_code(document.info.metadata.language),
    )


def _language_code(stated: str | None) -> str | None:
    """Return the language of a tag such as ``en-GB``, which is all that words depend on."""
    return (stated or "").replace("_", "-").partition("-")[0].strip().lower() or None
