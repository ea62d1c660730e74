"""``CURRENT``: the one file of an index that changes; it names the generation that serves."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from briefqa.errors import IndexDamagedError, IndexFormatError, IndexMissingError
from briefqa.indexing.durable import replace_file
from briefqa.indexing.manifest import FORMAT, canonical_json
from briefqa.indexing.sources import Sources

_NAME = "CURRENT"
# Checked, because the name becomes a path.
_GENERATION = re.compile(r"[0-9a-f]{20}")


def is_generation(name: str) -> bool:
    """Tell whether ``name`` is of the form that generations have."""
    return _GENERATION.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class GenerationRef:
    """Names a generation and vouches for its manifest."""

    generation: str
    manifest_sha256: str

    def __post_init__(self) -> None:
        if not is_generation(self.generation):
            msg = f"a generation is named by 20 hex digits, not {self.generation!r}"
            raise ValueError(msg)

    def folder(self, index: Path) -> Path:
        """Return where the generation lies in ``index``."""
        return index / "generations" / self.generation


@dataclass(frozen=True, slots=True)
class Current:
    """Which generation serves, which one did before, and what they were made of."""

    serving: GenerationRef
    previous: GenerationRef | None
    sources: Sources

    @property
    def kept(self) -> tuple[GenerationRef, ...]:
        """The generations that are kept, the one that serves first."""
        return (self.serving, self.previous) if self.previous else (self.serving,)


def read_current(index: Path) -> Current:
    """Return what ``CURRENT`` says.

    Raises:
        IndexMissingError: If there is none.
        IndexFormatError: If it belongs to another format.
        IndexDamagedError: If it cannot be understood.
    """
    path = index / _NAME
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissingError(index) from error
    except OSError as error:
        raise IndexDamagedError(path, f"cannot be read: {error.strerror}") from error
    try:
        record = json.loads(data)
        if record["format"] != FORMAT:
            raise IndexFormatError(found=record["format"], expected=FORMAT)
        if record.pop("sha256") != _checksum(record):
            raise IndexDamagedError(path, "does not match its own checksum")
        previous = record["previous"]
        return Current(
            serving=GenerationRef(record["generation"], record["manifest_sha256"]),
            previous=GenerationRef(**previous) if previous is not None else None,
            sources=Sources.from_record(record["sources"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise IndexDamagedError(path, "does not name a generation") from error


def stamp_of_current(index: Path) -> tuple[int, ...] | None:
    """Return what differs as soon as ``CURRENT`` is replaced or written to; None without one.

    To look at it takes a tenth of what it takes to read the file.
    """
    try:
        found = (index / _NAME).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def replace_current(index: Path, current: Current) -> None:
    """Make ``index`` serve what ``current`` says, from one moment to the next."""
    previous = current.previous
    record: dict[str, object] = {
        "format": FORMAT,
        "generation": current.serving.generation,
        "manifest_sha256": current.serving.manifest_sha256,
        "previous": None
        if previous is None
        else {"generation": previous.generation, "manifest_sha256": previous.manifest_sha256},
        "sources": current.sources.to_record(),
    }
    record["sha256"] = _checksum(record)
    replace_file(index / _NAME, json.dumps(record, indent=1).encode())


def _checksum(record: Mapping[str, object]) -> str:
    """Return the SHA-256 of everything but itself: nothing else vouches for this file."""
    return hashlib.sha256(canonical_json(record).encode()).hexdigest()
