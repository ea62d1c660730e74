"""Opens a generation for reading, once every file has proved to be the one that was written."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from briefqa.datatypes import (
    Chunk,
    ChunkId,
    Condition,
    DocId,
    Document,
    DocumentInfo,
    IndexInfo,
    Outline,
)
from briefqa.errors import IndexDamagedError
from briefqa.indexing.blocks import CheckedFiles, by_blocks
from briefqa.indexing.catalogue import Catalogue
from briefqa.indexing.current import Current, GenerationRef, read_current
from briefqa.indexing.integrity import damaged_files, read_manifest
from briefqa.indexing.manifest import Manifest
from briefqa.indexing.records import Records
from briefqa.indexing.sources import Sources
from briefqa.indexing.token_runs import BitProducts, KeptTokens, bit_products
from briefqa.indexing.tokens import TokenStore
from briefqa.indexing.words import open_words, require_chunks
from briefqa.protocols import (
    Embedder,
    LexicalBackend,
    LexicalIndex,
    Selection,
    VectorBackend,
    VectorIndex,
)

VECTORS = "vectors"
LEXICAL = "lexical"
TOKENS = "tokens"

_log = logging.getLogger(__name__)

BATCHES_AT_ONCE = 2
"""How many batches an embedder is given: while one ends, on fewer cores, the next is under way."""


@dataclass(frozen=True, slots=True)
class Backends:
    """What an index is written with and read with.

    ``embedder`` may be None where nothing is to be embedded; it is asked for up to
    ``batches_at_once``, from as many threads. ``products`` does what
    `briefqa.indexing.token_runs.bit_products` does.
    """

    stores: VectorBackend
    words: LexicalBackend
    embedder: Embedder | None = None
    products: BitProducts = bit_products
    batches_at_once: int = BATCHES_AT_ONCE


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """An index as it was published: it never changes, and any thread may read it.

    ``sources`` is what the index is made of, ``degraded`` says why this
    generation serves instead of a newer one, if it does.
    """

    ref: GenerationRef
    manifest: Manifest
    catalogue: Records
    vectors: VectorIndex
    words: LexicalIndex
    tokens: KeptTokens | None
    sources: Sources
    degraded: str | None = None
    files: CheckedFiles | None = None

    @property
    def damage(self) -> IndexDamagedError | None:
        """What a question has come upon in a file that is checked when it is used, if it has."""
        return None if self.files is None else self.files.damage

    def check_all(self) -> None:
        """Check now what is checked when it is used.

        Raises:
            IndexDamagedError: If any of it has changed.
        """
        if self.files is not None:
            self.files.check_all()

    @property
    def info(self) -> IndexInfo:
        """Which index this is, as results name it."""
        manifest = self.manifest
        return IndexInfo(manifest.generation, manifest.documents, manifest.chunks)

    def chunks(self, ids: Iterable[ChunkId]) -> list[Chunk]:
        """Return the chunks of ``ids``, in that order; ids come from the stores.

        Raises:
            IndexDamagedError: If there is none of such an id.
        """
        return self.catalogue.chunks(ids)

    def outlines(self, ids: Iterable[ChunkId]) -> list[Outline]:
        """Return what ranks the chunks of ``ids``, in that order; ids come from the stores.

        Raises:
            IndexDamagedError: If there is none of such an id.
        """
        return self.catalogue.outlines(ids)

    def chunks_of(self, doc_id: DocId) -> list[Chunk]:
        """Return the chunks of a document, in reading order."""
        return self.catalogue.chunks_of(doc_id)

    def document(self, doc_id: DocId) -> Document:
        """Return a document with its text; the last few read are kept at hand.

        Raises:
            UnknownDocumentError: If there is none of that id.
            IndexDamagedError: If its text is not the one that was stored.
        """
        return self.catalogue.document(doc_id)

    def published(self, ids: Sequence[DocId]) -> dict[DocId, str]:
        """Return the dates of those of ``ids`` that have one."""
        return self.catalogue.published(ids)

    def documents(self) -> list[DocumentInfo]:
        """Return every document without its text, sorted by ``doc_id``."""
        return self.catalogue.documents()

    def documents_matching(self, conditions: Sequence[Condition]) -> Sequence[DocumentInfo]:
        """Return the documents that satisfy all checked ``conditions``, sorted by ``doc_id``."""
        return self.catalogue.documents_matching(conditions)

    def matching(self, conditions: Sequence[Condition]) -> Selection:
        """Return the chunks of the documents that satisfy all checked ``conditions``."""
        return self.catalogue.selector.matching(conditions)

    def searched(self, conditions: Sequence[Condition]) -> Selection | None:
        """Return the same without those in whose place there is another; None for all."""
        return self.catalogue.selector.searched(conditions)

    def superseded(self, conditions: Sequence[Condition]) -> dict[DocId, tuple[DocId, ...]]:
        """Return what `searched` leaves out of `matching`, and what stands in its place."""
        return self.catalogue.selector.superseded(conditions)

    def undated(self, conditions: Sequence[Condition]) -> int:
        """Count the documents that only want of a date keeps from being searched."""
        return self.catalogue.selector.undated(conditions)

    def close(self) -> None:
        """Let go of the files."""
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_generation(
    index: Path,
    backends: Backends,
) -> Generation:
    """Open the generation that ``index`` serves, or the one before if that is damaged.

    The hash of every file is checked before anything parses it; of large files, that of each
    block before the block is used.

    Raises:
        IndexMissingError: If there is no index.
        IndexFormatError: If it has a format of another version.
        IndexDamagedError: If no generation is whole.
    """
    current = read_current(index)
    while True:
        try:
            return _open(index, current.serving, current.sources, backends)
        except IndexDamagedError as damage:
            # A writer may have published twice since CURRENT was read and have
            # cleared this generation away: that is no damage.
            newer = read_current(index)
            if newer != current:
                current = newer
                continue
            return open_previous(index, current, damage, backends)


def open_generation_of(
    index: Path,
    ref: GenerationRef,
    sources: Sources,
    backends: Backends,
) -> Generation:
    """Open one generation of ``index``, whether it serves or not.

    Raises:
        IndexDamagedError: If it is not whole.
        IndexFormatError: If it has a format of another version.
    """
    return _open(index, ref, sources, backends)


def open_previous(
    index: Path,
    current: Current,
    damage: IndexDamagedError,
    backends: Backends,
) -> Generation:
    """Open the generation before the one that serves, which has this damage.

    Raises:
        IndexDamagedError: The damage, if there is no generation before it that is whole.
    """
    if current.previous is None:
        raise damage
    degraded = (
        f"generation {current.serving.generation} is damaged ({damage.path}: {damage.detail}); "
        f"the one before, {current.previous.generation}, serves instead; "
        "run `briefqa index` to rebuild it"
    )
    try:
        previous = _open(index, current.previous, current.sources, backends)
    except IndexDamagedError:
        raise damage from None
    _log.warning("%s", degraded)
    return replace(previous, degraded=degraded)


def _open(
    index: Path,
    ref: GenerationRef,
    sources: Sources,
    backends: Backends,
) -> Generation:
    folder = ref.folder(index)
    manifest = read_manifest(index, ref)
    large = by_blocks(manifest.files)
    small = {name: entry for name, entry in manifest.files.items() if name not in large}
    problems = damaged_files(index, ref, small)
    if problems:
        raise IndexDamagedError(index / problems[0].path, problems[0].detail)
    files = CheckedFiles(folder, manifest.files)
    catalogue = Catalogue(folder, files)
    try:
        chunks = catalogue.numbers()
        vectors = backends.stores.load(folder / VECTORS, chunks, files)
        recipe = manifest.recipe
        tokens = None
        if recipe.tokens:
            tokens = TokenStore(folder / TOKENS, recipe.dim, chunks, files, backends.products)
        require_chunks(manifest.chunks, len(vectors), folder / VECTORS)
        lexical = open_words(backends.words, folder / LEXICAL, files, chunks=manifest.chunks)
    except BaseException:
        catalogue.close()
        raise
    return Generation(
        ref=ref,
        manifest=manifest,
        catalogue=catalogue,
        vectors=vectors,
        words=lexical,
        tokens=tokens,
        files=files,
        sources=sources,
    )
