"""A reranker without a model: an order that nothing else would give."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


class HashReranker:
    """Scores each passage by a hash of it, and notes how many it was given each time."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    @property
    def reranker_id(self) -> str:
        """Name and version."""
        return "hash:@1"

    def score(self, _: str, passages: Sequence[str], /) -> NDArray[np.float32]:
        """Return a number a passage, shape (len(passages),), each in [0, 1)."""
        self.counts.append(len(passages))
        return np.array([hash_score(passage) for passage in passages], dtype=np.float32)


def hash_score(passage: str) -> float:
    """Return the score of one passage; few enough bits that float32 holds it exactly."""
    digest = blake2b(passage.encode("utf-8", "surrogatepass"), digest_size=2).digest()
    return int.from_bytes(digest, "big") / 65536
