"""Looks for damage in an index that lies in Milvus."""

from collections.abc import Iterator

import numpy as np

from briefqa.assembly.milvus.generations import connect, missing, open_named, read_head
from briefqa.assembly.milvus.names import GenerationNames, read_aliases
from briefqa.backends.milvus.address import MilvusAddress
from briefqa.backends.milvus.server import WRITTEN, MilvusServer
from briefqa.errors import IndexDamagedError
from briefqa.indexing import Generation
from briefqa.indexing.checks import broken_documents
from briefqa.indexing.integrity import Problem

_UNIT_TOLERANCE = 1e-3


def check_milvus(address: MilvusAddress, *, fast: bool) -> list[Problem]:
    """Return what is wrong with the generations kept, by collection; empty if nothing is.

    Args:
        address: Where the index lies.
        fast: Only count rows, and do not read them.

    Raises:
        IndexMissingError: If there is no index.
        IndexFormatError: If it has a format of another version.
        StoreError: If the server does not answer.
    """
    server = connect(address)
    try:
        aliased = read_aliases(server)
    except IndexDamagedError as error:
        return [Problem(address.text, error.detail)]
    if aliased.serving is None:
        raise missing(address)
    return [problem for names in aliased.kept for problem in _broken(server, names, fast=fast)]


def _broken(server: MilvusServer, names: GenerationNames, *, fast: bool) -> Iterator[Problem]:
    try:
        head = read_head(server, names)
        generation = open_named(server, names, head, consistency=WRITTEN)
        found = server.count(names.records)
        if found != head.all_records:
            yield Problem(names.records, f"holds {found} records instead of {head.all_records}")
        elif not fast:
            for _, detail in broken_documents(generation.catalogue, generation.manifest):
                yield Problem(names.chunks, detail)
            yield from (Problem(names.chunks, each) for each in _broken_vectors(generation))
    except IndexDamagedError as error:
        yield Problem(names.records, error.detail)


def _broken_vectors(generation: Generation) -> Iterator[str]:
    for info in generation.documents():
        ids = [chunk.chunk_id for chunk in generation.chunks_of(info.doc_id)]
        try:
            lengths = np.linalg.norm(generation.vectors.vectors(ids), axis=1)
        except ValueError as error:
            yield str(error)
            continue
        for chunk_id, length in zip(ids, lengths, strict=True):
            if not abs(length - 1) < _UNIT_TOLERANCE:
                yield f"the vector of {chunk_id!r} has length {length:.3f} instead of 1"
