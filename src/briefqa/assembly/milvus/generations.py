"""Opens a generation that lies in Milvus; it offers what one in a folder does."""

from briefqa.assembly.milvus.catalogue import MilvusCatalogue
from briefqa.assembly.milvus.collections import Collections, term_lookup
from briefqa.assembly.milvus.head import Head
from briefqa.assembly.milvus.names import GenerationNames, serving_now
from briefqa.assembly.milvus.rows import HEAD
from briefqa.assembly.milvus.tokens import MilvusTokens
from briefqa.backends.milvus.address import MilvusAddress
from briefqa.backends.milvus.search import MilvusVectors, MilvusWords
from briefqa.backends.milvus.server import SETTLED, WRITTEN, MilvusServer, damaged
from briefqa.backends.tantivy import Reading, most_frequent_first
from briefqa.errors import IndexMissingError
from briefqa.indexing import Generation, GenerationRef


def connect(address: MilvusAddress) -> MilvusServer:
    """Return a connection to the store of ``address``, which is to hold an index.

    Raises:
        IndexMissingError: If milvus-lite has no data there.
        StoreError: If it cannot be reached.
        BackendError: If what that takes is not installed.
    """
    if address.folder is not None and not address.folder.exists():
        raise missing(address)
    return MilvusServer(address)


def missing(address: MilvusAddress) -> IndexMissingError:
    """Return the error of a store without an index."""
    advice = (
        "build one in a folder with `briefqa index`, and copy it there with "
        f"`briefqa migrate FOLDER {address.text}`"
    )
    return IndexMissingError(address.text, advice=advice)


def open_serving(server: MilvusServer) -> Generation:
    """Open the generation that serves.

    Raises:
        IndexMissingError: If there is no index of that name.
        IndexFormatError: If it has a format of another version.
        IndexDamagedError: If it is not whole.
        StoreError: If the server does not answer.
    """
    names = serving_now(server)
    if names is None:
        raise missing(server.address)
    return open_named(server, names, read_head(server, names))


def read_head(server: MilvusServer, names: GenerationNames) -> Head:
    """Return the head of a generation, which is written last.

    Raises:
        IndexFormatError: If it has a format of another version.
        IndexDamagedError: If there is none.
    """
    # A server that was started again may not hold them ready.
    server.load(names.records)
    collections = Collections(server, names.chunks, names.records, WRITTEN)
    head = Head.from_text(collections.text_of(HEAD), server.address)
    if head.manifest.generation != names.generation:
        found = head.manifest.generation
        raise damaged(server.address, f"{names.records} says that it is generation {found}")
    return head


def open_named(
    server: MilvusServer, names: GenerationNames, head: Head, *, consistency: str = SETTLED
) -> Generation:
    """Open a generation, once it has proved to hold as many chunks as it says.

    Raises:
        IndexDamagedError: If it does not.
    """
    manifest = head.manifest
    server.load(names.chunks)
    found = server.count(names.chunks)
    if found != manifest.chunks:
        detail = f"{names.chunks} holds {found} chunks instead of {manifest.chunks}"
        raise damaged(server.address, detail)
    collections = Collections(server, names.chunks, names.records, consistency)
    return Generation(
        ref=GenerationRef(manifest.generation, head.manifest_sha256),
        manifest=manifest,
        catalogue=MilvusCatalogue(collections, head),
        vectors=MilvusVectors(
            server,
            names.chunks,
            dim=manifest.recipe.dim,
            count=manifest.chunks,
            consistency=consistency,
        ),
        words=MilvusWords(
            server,
            names.chunks,
            reading=Reading(most_frequent_first(head.languages)),
            look_up=term_lookup(collections),
            statistics=head.statistics,
            consistency=consistency,
        ),
        tokens=MilvusTokens(collections, head) if manifest.recipe.tokens else None,
        sources=head.sources,
    )
