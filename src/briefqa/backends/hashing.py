"""A small embedder without a model, for tests and dry runs.

It hashes words, so texts that share words are near each other and nothing
else is known about them. Its results are the same on every machine.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from briefqa.errors import SettingsError
from briefqa.protocols import TokenVectors, Vectors

DEFAULT_DIM = 256
_MOST_DIM = 4096
_VOCABULARY = 65_536
_VERSION = "v2"

_PIECE = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")
_PIECE_LENGTH = 8


class PieceCounter:
    """Cuts text into words and punctuation marks; long words into eights."""

    @property
    def max_tokens(self) -> int:
        """As many as the default model reads, so that chunks come out alike."""
        return 254

    def offsets(self, texts: Sequence[str], /) -> list[list[int]]:
        """Return, for each text, the code point at which each piece starts, ascending."""
        return [
            [
                start
                for piece in _PIECE.finditer(text)
                for start in range(piece.start(), piece.end(), _PIECE_LENGTH)
            ]
            for text in texts
        ]


class HashEmbedder:
    """Sums a signed unit feature for every word, then scales to unit norm."""

    def __init__(self, dim: int = DEFAULT_DIM) -> None:
        if not 1 <= dim <= _MOST_DIM:
            msg = f"dim is {dim}, but must lie between 1 and {_MOST_DIM}"
            raise ValueError(msg)
        self._dim = dim
        self._tokens = PieceCounter()

    @property
    def model_id(self) -> str:
        """Name, width and version of the hashing."""
        return f"hash:{self._dim}@{_VERSION}"

    @property
    def dim(self) -> int:
        """Width of every vector returned."""
        return self._dim

    @property
    def tokens(self) -> PieceCounter:
        """Words and punctuation marks."""
        return self._tokens

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Embed passages; returns shape (len(texts), dim)."""
        rows = np.zeros((len(texts), self._dim), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _WORD.findall(text.casefold()):
                place, sign = _feature(word)
                row[place % self._dim] += sign
        # No word at all, or signs that cancel: still a point on the sphere.
        rows[~rows.any(axis=1), _feature("")[0] % self._dim] = 1.0
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Embed questions; returns shape (len(texts), dim)."""
        return self.embed_documents(texts)

    @property
    def languages(self) -> None:
        """Unknown: words are hashed in any."""
        return

    def embed_document_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed passages: what ``embed_documents`` returns, and a vector of signs for each word."""
        tokens: list[TokenVectors] = []
        for text in texts:
            found = list(_WORD.finditer(text))
            words = [word[0].casefold() for word in found]
            ids = np.array([_feature(word)[0] % _VOCABULARY for word in words], dtype=np.int32)
            starts = np.array([word.start() for word in found], dtype=np.int32)
            rows = np.array([_signs(word, self._dim) for word in words], dtype=np.float32)
            scaled = rows.reshape(len(words), self._dim) / np.float32(np.sqrt(self._dim))
            tokens.append(TokenVectors(ids, starts, scaled))
        return self.embed_documents(texts), tokens

    def embed_query_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed questions in the same way."""
        return self.embed_document_tokens(texts)


@lru_cache(maxsize=65536)
def _feature(word: str) -> tuple[int, int]:
    """Return the place and sign of a word; built-in ``hash`` differs from run to run."""
    # surrogatepass: a lone surrogate is a legal word character of a Python string.
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "little")
    return number >> 1, 1 if number & 1 else -1


@lru_cache(maxsize=4096)
def _signs(word: str, dim: int) -> tuple[int, ...]:
    """Return a sign for each of ``dim`` dimensions."""
    data = word.encode("utf-8", "surrogatepass")
    blocks = (
        blake2b(data, digest_size=64, salt=block.to_bytes(2, "little")).digest()
        for block in range(-(-dim // 512))
    )
    bits = np.unpackbits(np.frombuffer(b"".join(blocks), dtype=np.uint8))[:dim]
    return tuple((bits.astype(int) * 2 - 1).tolist())


def identify(argument: str, /) -> str:
    """Return the model id that ``load`` would give for ``hash:argument``.

    Raises:
        SettingsError: If the argument is not a width.
    """
    return load(argument).model_id


def load(argument: str, /) -> HashEmbedder:
    """Make the embedder of ``hash`` or ``hash:DIM``.

    Raises:
        SettingsError: If the argument is not a width.
    """
    if not argument:
        return HashEmbedder()
    if re.fullmatch(r"[1-9][0-9]{0,3}", argument) and int(argument) <= _MOST_DIM:
        return HashEmbedder(int(argument))
    msg = f"embedder 'hash:{argument}' needs a width from 1 to {_MOST_DIM}, such as 'hash:256'"
    raise SettingsError(msg)
