"""Looks for what is wrong with an index, and with what its documents say of each other."""

from pathlib import Path

from briefqa.assembly.opening import open_texts
from briefqa.assembly.places import milvus_address
from briefqa.backends.faiss import FaissBackend
from briefqa.backends.tantivy import TantivyBackend
from briefqa.indexing.checks import check_contents, check_files, check_references
from briefqa.indexing.integrity import Problem
from briefqa.indexing.superseding import Misreference


def misreferences(index: Path | str) -> tuple[Misreference, ...]:
    """Return what is wrong with what documents say of which takes the place of which.

    Raises:
        IndexFileError: If there is no index, or it cannot be used.
        BackendError: If it lies in a store that cannot be reached.
    """
    if milvus_address(index) is None:
        return check_references(Path(index))
    with open_texts(index) as generation:
        return generation.catalogue.selector.superseding.misreferences


def check_index(index: Path | str, *, fast: bool = False) -> list[Problem]:
    """Return what is wrong with an index, by file; empty if nothing is.

    Args:
        index: The index folder, or an address in Milvus.
        fast: Only compare checksums, or counts, and do not read what is there.

    Raises:
        IndexMissingError: If there is no index.
        IndexFormatError: If it has a format of another version.
        StoreError: If a store does not answer.
    """
    address = milvus_address(index)
    if address is not None:
        from briefqa.assembly.milvus.checking import check_milvus  # noqa: PLC0415 - few need it

        return check_milvus(address, fast=fast)
    folder = Path(index)
    if fast:
        return check_files(folder)
    return check_contents(folder, stores=FaissBackend(), words=TantivyBackend())
