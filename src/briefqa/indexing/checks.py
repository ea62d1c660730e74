"""Looks for damage in an index, file by file, and says what it finds."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from briefqa.datatypes import Chunk, Document
from briefqa.errors import IndexDamagedError
from briefqa.indexing.blocks import CheckedFiles
from briefqa.indexing.catalogue import CATALOGUE, TEXTS, Catalogue, misreferences_of
from briefqa.indexing.current import GenerationRef, read_current
from briefqa.indexing.generations import LEXICAL, TOKENS, VECTORS
from briefqa.indexing.integrity import MANIFEST, Problem, damaged_files, read_manifest
from briefqa.indexing.manifest import Manifest, embedding_key, generation_id
from briefqa.indexing.records import Records
from briefqa.indexing.superseding import Misreference
from briefqa.indexing.tokens import TokenStore
from briefqa.protocols import ChunkNumbers, LexicalBackend, VectorBackend

_ROWS_AT_ONCE = 4096
_UNIT_TOLERANCE = 1e-3


def check_files(index: Path) -> list[Problem]:
    """Compare every file of the generations kept with its checksum.

    Returns:
        What is wrong, by file; empty if nothing is.

    Raises:
        IndexMissingError: If there is no index.
        IndexFormatError: If it has a format of another version.
    """
    return [problem for _, _, problems in _generations(index) for problem in problems]


def check_contents(index: Path, *, stores: VectorBackend, words: LexicalBackend) -> list[Problem]:
    """Do what `check_files` does, then read everything and hold it to its laws.

    Chunks must be what their spans say, texts have their hashes, and
    catalogue, vectors and word index the same chunks. A generation with a
    damaged file is not read further.

    Returns:
        What is wrong, by file; empty if nothing is.

    Raises:
        IndexMissingError: If there is no index.
        IndexFormatError: If it has a format of another version.
    """
    found: list[Problem] = []
    for ref, manifest, problems in _generations(index):
        found += problems
        if manifest is not None and not problems:
            folder = ref.folder(index)
            found += [
                Problem((folder / name).relative_to(index).as_posix(), detail)
                for name, detail in _broken_laws(folder, manifest, stores, words)
            ]
    return found


def check_references(index: Path) -> tuple[Misreference, ...]:
    """Return what is wrong with what documents say of which takes the place of which.

    Raises:
        IndexMissingError: If there is no index.
        IndexFormatError: If it has a format of another version.
        IndexDamagedError: If its catalogue cannot be read.
    """
    return misreferences_of(read_current(index).serving.folder(index))


def _generations(
    index: Path,
) -> Iterator[tuple[GenerationRef, Manifest | None, list[Problem]]]:
    """Yield each generation kept, its manifest if that is whole, and damage to its files."""
    current = read_current(index)
    for ref in (current.serving, current.previous):
        if ref is None:
            continue
        try:
            manifest = read_manifest(index, ref)
        except IndexDamagedError as error:
            path = (ref.folder(index) / MANIFEST).relative_to(index).as_posix()
            yield ref, None, [Problem(path, error.detail)]
        else:
            yield ref, manifest, damaged_files(index, ref, manifest.files)


def _broken_laws(
    folder: Path, manifest: Manifest, stores: VectorBackend, words: LexicalBackend
) -> Iterator[tuple[str, str]]:
    """Yield (file, what is wrong) for whatever hashes cannot show."""
    catalogue = Catalogue(folder)
    try:
        faults = catalogue.faults()
        yield from ((CATALOGUE, fault) for fault in faults)
        if faults:
            return
        yield from broken_documents(catalogue, manifest)
        yield from _unseen_fields(catalogue)
        ids = catalogue.chunk_ids()
        if len(ids) != manifest.chunks:
            yield CATALOGUE, f"holds {len(ids)} chunks instead of {manifest.chunks}"
            return
        lexical = len(words.open(folder / LEXICAL))
        if lexical != manifest.chunks:
            yield LEXICAL, f"holds {lexical} chunks instead of {manifest.chunks}"
        yield from _broken_vectors(folder, stores, catalogue.numbers())
        if manifest.recipe.tokens:
            TokenStore(folder / TOKENS, manifest.recipe.dim, catalogue.numbers())
    except IndexDamagedError as error:
        # The catalogue, the word index and the tokens raise here, and name their place.
        yield Path(error.path).relative_to(folder).as_posix(), error.detail
    finally:
        catalogue.close()


def _unseen_fields(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for info in catalogue.documents():
        if not catalogue.has_fields(info):
            yield CATALOGUE, f"filters do not see {info.doc_id!r} as it is"


def broken_documents(catalogue: Records, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield (file of a folder, what is wrong) for documents and chunks that break their laws."""
    fingerprints = list(catalogue.fingerprints())
    if generation_id(manifest.recipe, fingerprints) != manifest.generation:
        yield CATALOGUE, f"does not hold the documents of generation {manifest.generation}"
    if len(fingerprints) != manifest.documents:
        yield CATALOGUE, f"holds {len(fingerprints)} documents instead of {manifest.documents}"
    keys = {chunk_id: key for _, chunk_id, key in catalogue.embedding_keys()}
    for fingerprint in fingerprints:
        try:
            document = catalogue.document(fingerprint.doc_id)
        except IndexDamagedError as error:
            yield TEXTS, error.detail
            continue
        for chunk in catalogue.chunks_of(fingerprint.doc_id):
            detail = _broken_chunk(chunk, document)
            if detail is None:
                key = embedding_key(manifest.model_id, chunk.embedded_text)
                detail = None if keys[chunk.chunk_id] == key else "has another embedding key"
            if detail is not None:
                yield CATALOGUE, f"chunk {chunk.chunk_id!r} {detail}"


def _broken_chunk(chunk: Chunk, document: Document) -> str | None:
    if chunk.span.of(document.text) != chunk.text:
        return "is not the text that its span covers"
    if any(s.start < chunk.span.start or s.end > chunk.span.end for s in chunk.sentences):
        return "has a sentence outside its span"
    return None


def _broken_vectors(
    folder: Path, stores: VectorBackend, chunks: ChunkNumbers
) -> Iterator[tuple[str, str]]:
    try:
        # Every hash has been compared.
        vectors = stores.load(folder / VECTORS, chunks, CheckedFiles(folder, {}))
    except IndexDamagedError as error:
        yield Path(error.path).relative_to(folder).as_posix(), error.detail
        return
    if len(vectors) != len(chunks):
        yield VECTORS, f"holds {len(vectors)} vectors instead of {len(chunks)}"
        return
    for start in range(0, len(chunks), _ROWS_AT_ONCE):
        part = chunks.ids(range(start, min(start + _ROWS_AT_ONCE, len(chunks))))
        lengths = np.linalg.norm(vectors.vectors(part), axis=1)
        for chunk_id, length in zip(part, lengths, strict=True):
            if not abs(length - 1) < _UNIT_TOLERANCE:
                yield (
                    f"{VECTORS}/rows.bin",
                    f"the vector of {chunk_id!r} has length {length:.3f} instead of 1",
                )
