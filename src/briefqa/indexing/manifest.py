"""What a generation is: how it was made, what it holds, the hash of each file."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from briefqa.datatypes import DocId, JsonValue
from briefqa.errors import IndexDamagedError, IndexFormatError

FORMAT = 4
"""Raised whenever an older version could not read what this one writes."""

DEFAULT_RECALL = 0.98
"""Share of the ten nearest vectors that a search of a large index is to find."""

_ID_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Recipe:
    """How chunks and vectors were made: equal recipes give equal results.

    ``chunking`` and ``reading`` hold the options as JSON values, ``tokens`` says
    whether the tokens of chunks are kept, and ``recall`` which share of the nearest
    vectors a search is to find.
    """

    model_id: str
    dim: int
    chunking: Mapping[str, JsonValue]
    reading: Mapping[str, JsonValue]
    chunking_version: int
    reader_version: int
    tokens: bool
    recall: float = 1.0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells one state of a document from another."""

    doc_id: DocId
    source: str
    file_sha256: str
    text_sha256: str
    metadata_sha256: str


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a generation as it was written; ``size`` in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The table of contents of one generation; ``files`` by name relative to its folder."""

    generation: str
    recipe: Recipe
    documents: int
    chunks: int
    files: Mapping[str, FileEntry]

    @property
    def model_id(self) -> str:
        """Name and fingerprint of the model that made the vectors."""
        return self.recipe.model_id

    def to_bytes(self) -> bytes:
        """Return the manifest as it stands in ``manifest.json``."""
        record = {
            "format": FORMAT,
            "generation": self.generation,
            "recipe": asdict(self.recipe),
            "documents": self.documents,
            "chunks": self.chunks,
            "files": {
                name: {"sha256": entry.sha256, "bytes": entry.size}
                for name, entry in self.files.items()
            },
        }
        return json.dumps(record, indent=1, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes, path: Path | str) -> Self:
        """Read what `to_bytes` returned; ``path`` is named in errors.

        Raises:
            IndexFormatError: If it has another format.
            IndexDamagedError: If it is no manifest.
        """
        try:
            record = json.loads(data)
            if record["format"] != FORMAT:
                raise IndexFormatError(found=record["format"], expected=FORMAT)
            return cls(
                generation=record["generation"],
                recipe=Recipe(**record["recipe"]),
                documents=record["documents"],
                chunks=record["chunks"],
                files={
                    name: FileEntry(entry["sha256"], entry["bytes"])
                    for name, entry in record["files"].items()
                },
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise IndexDamagedError(path, "is not a manifest") from error


def generation_id(recipe: Recipe, fingerprints: Iterable[Fingerprint]) -> str:
    """Return the id of an index of these documents: 20 hex digits.

    It depends on nothing else: no clock, machine or place of the folder. ``fingerprints``
    come sorted by ``doc_id``.
    """
    # The JSON of one record, of which the documents come first: there may be millions.
    digest = hashlib.sha256(b'{"documents":[')
    for number, f in enumerate(fingerprints):
        row = [f.doc_id, f.source, f.file_sha256, f.text_sha256, f.metadata_sha256]
        digest.update(("," * (number > 0) + canonical_json(row)).encode())
    rest = canonical_json({"format": FORMAT, "recipe": asdict(recipe)})
    digest.update(b"]," + rest.removeprefix("{").encode())
    return digest.hexdigest()[:_ID_LENGTH]


def embedding_key(model_id: str, embedded_text: str) -> bytes:
    """Return what decides a vector: the SHA-256 of the model and the text it sees."""
    digest = hashlib.sha256(model_id.encode())
    digest.update(b"\0")
    digest.update(embedded_text.encode())
    return digest.digest()


def canonical_json(value: object) -> str:
    """Return ``value`` as JSON that is the same wherever it is written, in ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
