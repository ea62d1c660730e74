"""The head of a generation in Milvus: what its collections hold, and how it was made."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from briefqa.backends.milvus.address import MilvusAddress
from briefqa.backends.milvus.layout import pieces
from briefqa.backends.milvus.server import damaged
from briefqa.backends.milvus.weights import Statistics
from briefqa.datatypes import DocId, JsonValue
from briefqa.errors import IndexFormatError
from briefqa.indexing.manifest import Manifest
from briefqa.indexing.sources import Sources
from briefqa.indexing.superseding import Misreference, Superseding

FORMAT = 1
"""Raised whenever an older version could not read what this one writes."""


@dataclass(frozen=True, slots=True)
class Head:
    """All that is read when a generation is opened.

    ``files`` are those of which every document is here, with their hashes. ``languages``
    counts chunks by language. ``records`` is how many records there are beside the head.
    ``calibration`` is the file of the index it was copied from, if it had one.
    """

    manifest: Manifest
    sources: Sources
    files: Mapping[str, str]
    superseding: Superseding
    languages: Mapping[str, int]
    statistics: Statistics
    records: int
    calibration: str | None = None

    def to_text(self) -> str:
        """Return the head as JSON."""
        newer = {str(number): each for number, each in self.superseding.newer.items()}
        ids = {str(number): doc_id for number, doc_id in self.superseding.doc_ids.items()}
        return json.dumps(
            {
                "format": FORMAT,
                "manifest": self.manifest.to_bytes().decode(),
                "sources": self.sources.to_record(),
                "files": dict(self.files),
                "superseding": {
                    "newer": newer,
                    "doc_ids": ids,
                    "misreferences": [asdict(each) for each in self.superseding.misreferences],
                },
                "languages": dict(self.languages),
                "statistics": asdict(self.statistics),
                "records": self.records,
                "calibration": self.calibration,
            }
        )

    @property
    def all_records(self) -> int:
        """How many records there are with the head itself."""
        return self.records + len(pieces(self.to_text()))

    @property
    def manifest_sha256(self) -> str:
        """The hash of the manifest, by which the generation is named."""
        return hashlib.sha256(self.manifest.to_bytes()).hexdigest()

    @classmethod
    def from_text(cls, text: str, address: MilvusAddress) -> Self:
        """Read what `to_text` returned.

        Raises:
            IndexFormatError: If it has another format.
            IndexDamagedError: If it is no head.
        """
        try:
            found = json.loads(text)
            if found["format"] != FORMAT:
                raise IndexFormatError(found=found["format"], expected=FORMAT)
            manifest = Manifest.from_bytes(found["manifest"].encode(), "manifest")
            return cls(
                manifest=manifest,
                sources=Sources.from_record(found["sources"]),
                files=found["files"],
                superseding=_superseding(found["superseding"]),
                languages=found["languages"],
                statistics=Statistics(**found["statistics"]),
                records=found["records"],
                calibration=found["calibration"],
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise damaged(address, "the head of its generation cannot be read") from error


def _superseding(found: Mapping[str, Mapping[str, JsonValue]]) -> Superseding:
    newer, ids, wrong = found["newer"], found["doc_ids"], found["misreferences"]
    return Superseding(
        {int(number): tuple(each) for number, each in newer.items()},  # type: ignore[arg-type]
        {int(number): DocId(str(doc_id)) for number, doc_id in ids.items()},
        tuple(Misreference(**each) for each in wrong),  # type: ignore[arg-type]
    )
