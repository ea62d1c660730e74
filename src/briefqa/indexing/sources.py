"""What an index is made of: folders of documents, documents sent to it, less what was removed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from briefqa.datatypes import DocId, JsonValue
from briefqa.errors import SourceNameError

UPLOADS = "uploads"
"""Where an index folder keeps the documents sent to it."""

_UPLOAD = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of documents; ``name`` begins their ids, unless the folder is the only one."""

    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the documents of an index come from.

    ``uploads`` leads from the id of a document that was sent to the index to
    the name of its file among the uploads. Documents in ``excluded`` were
    removed: they stay out although their files are still there.
    """

    roots: tuple[Root, ...] = ()
    uploads: Mapping[str, str] = field(default_factory=dict)
    excluded: frozenset[DocId] = frozenset()

    def path_of(self, source: str, index: Path) -> Path | None:
        """Return the file of ``source``, a document's; None if its folder is not there."""
        if source in self.uploads:
            uploads = index / UPLOADS
            return uploads / self.uploads[source] if uploads.is_dir() else None
        for root in self.roots:
            prefix = f"{root.name}/" if root.name else ""
            if source.startswith(prefix):
                path = root.folder / source.removeprefix(prefix)
                return path if root.folder.is_dir() else None
        return None

    def to_record(self) -> dict[str, JsonValue]:
        """Return the sources as JSON values."""
        return {
            "roots": [{"name": root.name, "folder": str(root.folder)} for root in self.roots],
            "uploads": dict(sorted(self.uploads.items())),
            "excluded": [str(doc_id) for doc_id in sorted(self.excluded)],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, object]) -> Self:
        """Read what `to_record` returned.

        Raises:
            ValueError, TypeError, KeyError: If it is no such record.
        """
        roots, uploads, excluded = record["roots"], record["uploads"], record["excluded"]
        if not isinstance(roots, list) or not isinstance(excluded, list):
            raise TypeError
        # The name becomes a path.
        if not isinstance(uploads, dict) or not all(map(_UPLOAD.fullmatch, uploads.values())):
            raise TypeError
        return cls(
            tuple(Root(str(root["name"]), Path(root["folder"])) for root in roots),
            {str(doc_id): str(name) for doc_id, name in uploads.items()},
            frozenset(DocId(str(doc_id)) for doc_id in excluded),
        )


def roots_of(folders: Sequence[str | Path]) -> tuple[Root, ...]:
    """Return the folders under the names that the ids of their documents begin with.

    A single folder needs no name. Each of several is called by the last part of
    its path, or by NAME where it is written ``NAME=FOLDER``.

    Raises:
        SourceNameError: If two have one name, or a name cannot be one.
    """
    named = [_named(folder) for folder in folders]
    if len(named) == 1:
        name, folder = named[0]
        return (Root(name or "", folder),)
    roots = [Root(name or folder.name, folder) for name, folder in named]
    for place, root in enumerate(roots):
        if not root.name:
            raise SourceNameError(root.name, f"the folder {str(root.folder)!r} has none")
        if any(other.name == root.name for other in roots[:place]):
            raise SourceNameError(root.name, "two folders have it")
    return tuple(roots)


def _named(folder: str | Path) -> tuple[str | None, Path]:
    if isinstance(folder, str) and not Path(folder).is_dir():
        name, equals, path = folder.partition("=")
        if equals and path:
            if not name or "/" in name or name in {".", ".."}:
                raise SourceNameError(name, "it must be a word without slashes")
            return name, Path(path).resolve()
    return None, Path(folder).resolve()
