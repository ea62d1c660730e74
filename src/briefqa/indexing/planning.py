"""Decides where the vector of every chunk comes from; in arrays, for there may be millions."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import count

import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import DocId
from briefqa.indexing.gathering import Gathered
from briefqa.indexing.generations import Generation
from briefqa.indexing.staging import Staging

_KEY_BYTES = 32
_AT_ONCE = 1 << 16
_NONE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class VectorPlan:
    """Where each of n chunks gets its vector, in the order in which they are numbered.

    ``keys``, uint8 of shape (n, 32), are embedding keys. ``origins``, int64 of shape (n,),
    are numbers of chunks of the generation before that have the vector; where there is
    none, ``-1 - first``, the number of the first chunk with this key. The texts of
    these, ``missing``, are to be embedded, and ``staged`` are their numbers among the staged
    chunks; int64 of shape (m,), the former ascend.
    """

    keys: NDArray[np.uint8]
    origins: NDArray[np.int64]
    missing: NDArray[np.int64]
    staged: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)


def plan_vectors(
    gathered: Gathered, base: Generation | None, staging: Staging, *, with_tokens: bool
) -> VectorPlan:
    """Decide for every chunk of ``gathered`` where its vector, and its tokens, come from."""
    # A generation without the tokens that are wanted is of no use for its vectors either.
    is_reusable = base is not None and (base.tokens is not None or not with_tokens)
    keys, numbers = bytearray(), array("q")
    # What the generation before has of documents that are gone, or are now others.
    left_keys, left_numbers = bytearray(), array("q")
    is_kept, kept = False, ""
    for doc_id, number, key in _rows(gathered, base, staging):
        if not key:
            kept, is_kept = doc_id, number == 0
        elif number < 0 or (is_kept and doc_id == kept):
            keys += key
            numbers.append(number)
        elif is_reusable:
            left_keys += key
            left_numbers.append(number)
    chunks = len(numbers)
    keys += left_keys
    numbers.extend(left_numbers)
    of_chunks = np.frombuffer(keys, dtype=np.uint8).reshape(-1, _KEY_BYTES)[:chunks]
    taken_from = np.frombuffer(numbers, dtype=np.int64)
    origins = _origins(keys, taken_from)[:chunks]
    missing = np.flatnonzero(origins == -1 - np.arange(chunks))
    return VectorPlan(of_chunks, origins, missing, -1 - taken_from[missing])


def _rows(
    gathered: Gathered, base: Generation | None, staging: Staging
) -> Iterator[tuple[DocId, int, bytes]]:
    """Yield documents, and chunks after the document they belong to.

    A document comes with whether it was read, and without a key; a chunk with its key and its
    number in the generation before, or ``-1 - number`` if it is staged.
    """
    documents = ((doc_id, int(is_read), b"") for doc_id, is_read in gathered.fingerprints.origins())
    known = base.catalogue.embedding_keys() if base is not None else iter(())
    before = (
        (doc_id, number, key) for number, (doc_id, _, key) in zip(count(), known, strict=False)
    )
    read = ((doc_id, -1 - number, key) for doc_id, number, key in staging.embedding_keys())
    # All come in the order of documents, and so do the chunks of the generation.
    return merge(documents, before, read, key=lambda row: row[0])


def _origins(keys: bytearray, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of ``keys`` first has a vector, as a plan says it."""
    if not (numbers < 0).any():
        return numbers
    sorted_keys = np.frombuffer(keys, dtype=f"S{_KEY_BYTES}")
    order = np.argsort(sorted_keys, kind="stable")
    is_new = np.ones(len(order), dtype=np.bool_)
    for start in range(1, len(order), _AT_ONCE):
        places = order[start - 1 : start + _AT_ONCE]
        is_new[start : start + _AT_ONCE] = sorted_keys[places[1:]] != sorted_keys[places[:-1]]
    starts = np.flatnonzero(is_new)
    in_order = numbers[order]
    in_order[in_order < 0] = _NONE
    found = np.minimum.reduceat(in_order, starts)
    is_nowhere = found == _NONE
    found[is_nowhere] = -1 - order[starts[is_nowhere]]
    origins = in_order
    origins[order] = np.repeat(found, np.diff(starts, append=len(order)))
    return origins
