"""Zip archives are opened with every size in doubt: unpacking stops where it gets too much.

What an archive says of itself is believed only to refuse it early. Members are
unpacked into memory, one at a time, and never written to disk, so that their
names can lead nowhere.
"""

import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO

from briefqa.documents.files import SourceBytes
from briefqa.errors import DocumentError

_DIRECTORY_ENTRY = b"PK\x01\x02"
_LOCAL_HEADER = struct.Struct("<26x2H")
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_STEP = 1 << 20
_LONGEST_NAME = 100
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    LookupError,
    NotImplementedError,
    OverflowError,
    OSError,
)
"""What `zipfile` raises for archives that are not whole."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How far an archive may go.

    ``ratio`` is how many times its packed size a member, or the whole archive,
    may unpack to; it counts past ``always_bytes`` only, as small things that
    repeat pack very well.
    """

    members: int = 10_000
    member_bytes: int = 200_000_000
    total_bytes: int = 1_000_000_000
    ratio: int = 200
    always_bytes: int = 5_000_000


DEFAULT_LIMITS = ArchiveLimits()


class Archive:
    """An open zip archive; ``names`` are those of its files, in its own order."""

    def __init__(
        self, file: SourceBytes, opened: zipfile.ZipFile, limits: ArchiveLimits = DEFAULT_LIMITS
    ) -> None:
        self.source = file.source
        self._zip = opened
        self._packed = len(file.data)
        self._limits = limits
        self._unpacked = 0
        names = (info.filename for info in opened.infolist() if not info.filename.endswith("/"))
        self.names: tuple[str, ...] = tuple(dict.fromkeys(names))

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def read(self, name: str) -> bytes:
        """Return the content of the member ``name``.

        Raises:
            DocumentError: "corrupt" if it is missing or broken; "unsafe" if it
                unpacks to more than the limits allow.
        """
        try:
            info = self._zip.getinfo(name)
            with self._zip.open(info) as stream:
                parts: list[bytes] = []
                size = 0
                while part := stream.read(_STEP):
                    parts.append(part)
                    size += len(part)
                    self._unpacked += len(part)
                    self._check(size, info.compress_size, name)
        except KeyError as error:
            raise self._error(reason="corrupt", detail=f"lacks its part {_shown(name)}") from error
        except _BROKEN as error:
            raise self._error(
                reason="corrupt", detail=f"has a broken part {_shown(name)}: {error}"
            ) from error
        return b"".join(parts)

    def check_declared(self) -> None:
        """Refuse what the archive's own list of members already gives away."""
        infos = self._zip.infolist()
        if len(infos) > self._limits.members:
            raise self._error(
                reason="unsafe",
                detail=f"packs {len(infos):,} files; at most {self._limits.members:,} are opened",
            )
        if any(info.flag_bits & _ENCRYPTED for info in infos):
            raise self._error(
                reason="encrypted",
                detail="is locked with a password; save it without one to have it read",
            )
        if odd := next((info for info in infos if info.compress_type not in _METHODS), None):
            raise self._error(
                reason="unsupported",
                detail=f"has a part {_shown(odd.filename)} packed in a way that is not read "
                f"(method {odd.compress_type})",
            )
        self._check_total(sum(info.file_size for info in infos))
        for info in infos:
            self._check(info.file_size, info.compress_size, info.filename)

    def check_apart(self, data: bytes) -> None:
        """Refuse members that share bytes: a few megabytes can then unpack to petabytes."""
        infos = sorted(self._zip.infolist(), key=lambda info: info.header_offset)
        ends = [info.header_offset for info in infos[1:]] + [self._zip.start_dir]
        for info, end in zip(infos, ends, strict=False):
            if not 0 <= info.header_offset <= len(data) - _LOCAL_HEADER.size:
                raise self._error(reason="corrupt", detail="is not a whole archive")
            name, extra = _LOCAL_HEADER.unpack_from(data, info.header_offset)
            if info.header_offset + _LOCAL_HEADER.size + name + extra + info.compress_size > end:
                raise self._error(
                    reason="unsafe",
                    detail=f"has parts that overlap ({_shown(info.filename)}), as a zip bomb has; "
                    "it is not unpacked",
                )

    def _check(self, unpacked: int, packed: int, name: str) -> None:
        limits = self._limits
        if unpacked > limits.member_bytes:
            raise self._error(
                reason="unsafe",
                detail=f"has a part {_shown(name)} of more than "
                f"{limits.member_bytes // 1_000_000:,} MB, "
                "and is not unpacked",
            )
        if unpacked > max(limits.always_bytes, limits.ratio * packed):
            raise self._error(
                reason="unsafe",
                detail=f"has a part {_shown(name)} that unpacks to more than {limits.ratio} times "
                "its size, as a zip bomb does; it is not unpacked",
            )
        self._check_total(self._unpacked)

    def _check_total(self, unpacked: int) -> None:
        limits = self._limits
        if unpacked > min(
            limits.total_bytes, max(limits.always_bytes, limits.ratio * self._packed)
        ):
            raise self._error(
                reason="unsafe",
                detail=f"unpacks to more than {unpacked // 1_000_000:,} MB from "
                f"{self._packed:,} bytes, as a zip bomb does; it is not unpacked",
            )

    def _error(self, *, reason: str, detail: str) -> DocumentError:
        return DocumentError(self.source, reason=reason, detail=detail)


def open_archive(file: SourceBytes, limits: ArchiveLimits = DEFAULT_LIMITS) -> Archive:
    """Return the zip archive in ``file``, once what it says of itself is found harmless.

    Raises:
        DocumentError: "corrupt" if it is not a whole archive; "encrypted" if
            any member is; "unsupported" for packing methods beside stored and
            deflated; "unsafe" if it has too many members, members that overlap,
            or would unpack to more than ``limits`` allow.
    """
    # Each entry of the list of members starts so; counting them is far cheaper than reading them.
    if (entries := file.data.count(_DIRECTORY_ENTRY)) > 10 * limits.members:
        raise DocumentError(
            file.source,
            reason="unsafe",
            detail=f"packs about {entries:,} files; at most {limits.members:,} are opened",
        )
    try:
        opened = zipfile.ZipFile(BytesIO(file.data))
    except _BROKEN as error:
        raise DocumentError(
            file.source, reason="corrupt", detail=f"is not a whole archive: {error}"
        ) from error
    archive = Archive(file, opened, limits)
    archive.check_declared()
    archive.check_apart(file.data)
    return archive


def _shown(name: str) -> str:
    """Return the name of a member fit for a message: it may be of 65,000 characters."""
    return repr(name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}...")
