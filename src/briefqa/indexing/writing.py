"""Writes the files of a new generation into a folder that nobody reads yet."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from briefqa.datatypes import Chunk, Document
from briefqa.errors import BackendError
from briefqa.indexing.blocks import LARGE_BYTES, write_blocks
from briefqa.indexing.catalogue_writer import CatalogueWriter
from briefqa.indexing.durable import files_below
from briefqa.indexing.embedding import VectorPlan
from briefqa.indexing.gathering import Gathered
from briefqa.indexing.generations import LEXICAL, TOKENS, Generation
from briefqa.indexing.integrity import MANIFEST, entry_of
from briefqa.indexing.manifest import Manifest, Recipe
from briefqa.indexing.staging import Staging
from briefqa.indexing.tokens import READ_WHOLE
from briefqa.protocols import (
    DocumentWords,
    LexicalBackend,
    Progress,
    ProgressListener,
    VectorStore,
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation is to hold; ``base`` has the documents that are not staged."""

    generation: str
    recipe: Recipe
    gathered: Gathered
    staging: Staging
    plan: VectorPlan
    vectors: VectorStore
    base: Generation | None


def write_generation(
    folder: Path, contents: Contents, *, words: LexicalBackend, on_progress: ProgressListener
) -> str:
    """Write a generation into ``folder``, which has its vectors; return its manifest's SHA-256.

    Raises:
        OSError: If the disk refuses.
        sqlite3.OperationalError: If it refuses the catalogue.
    """
    total = len(contents.plan.keys)
    contents.vectors.finish(contents.recipe.recall, on_progress)
    (folder / LEXICAL).mkdir()
    with CatalogueWriter(folder) as writer:
        writer.add_files(contents.gathered.files.items())
        # One pass: a document is written as the word index comes to its chunks,
        # so that no more than one is held at a time.
        words.build(folder / LEXICAL, _written(writer, contents, on_progress))
        if writer.chunks != total:
            msg = f"the word index took {writer.chunks} of {total} chunks"
            raise BackendError(msg)
    for path in files_below(folder):
        # A thread of the word index may have left one after its own clean-up.
        if path.suffix == ".lock":
            path.unlink()
    read_whole = [folder / TOKENS / name for name in READ_WHOLE]
    for path in files_below(folder):
        if path not in read_whole and path.stat().st_size > LARGE_BYTES:
            write_blocks(path)
    manifest = Manifest(
        generation=contents.generation,
        recipe=contents.recipe,
        documents=len(contents.gathered.fingerprints),
        chunks=total,
        files={
            path.relative_to(folder).as_posix(): entry_of(path)
            for path in files_below(folder)
            # Whatever vouched for one would call its absence damage.
            if path.suffix != ".lock"
        },
    )
    data = manifest.to_bytes()
    (folder / MANIFEST).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _written(
    writer: CatalogueWriter, contents: Contents, on_progress: ProgressListener
) -> Iterator[DocumentWords]:
    """Write document after document, and yield the chunks of each for the word index."""
    keys = contents.plan.keys
    for document, chunks in _documents(contents):
        writer.add(document, chunks, [keys[chunk.chunk_id] for chunk in chunks])
        yield words_of(document, chunks)
        on_progress(Progress("writing", writer.chunks, len(keys)))


def words_of(document: Document, chunks: Sequence[Chunk]) -> DocumentWords:
    """Return what the word index is to know of a document."""
    return DocumentWords(
        [(chunk.chunk_id, chunk.embedded_text) for chunk in chunks],
        _language_code(document.info.metadata.language),
    )


def _language_code(stated: str | None) -> str | None:
    """Return the language of a tag such as ``en-GB``, which is all that words depend on."""
    return (stated or "").replace("_", "-").partition("-")[0].strip().lower() or None


def _documents(contents: Contents) -> Iterator[tuple[Document, list[Chunk]]]:
    """Yield documents and their chunks, read from where each is, in the order of ids."""
    staging, base = contents.staging, contents.base
    for doc_id in sorted(contents.gathered.fingerprints):
        if doc_id in staging:
            yield staging.catalogue.document(doc_id), staging.catalogue.chunks_of(doc_id)
        elif base is not None:
            yield base.document(doc_id), base.chunks_of(doc_id)
