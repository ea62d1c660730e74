"""A model of a disk: what is left of a folder when the power goes.

POSIX promises little. Bytes last once their file is synced, names once their
folder is; until then each may be lost on its own, and a file can be longer than
what was written to it. The model takes file systems at their word, as
ALICE does (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014) and
CrashMonkey (Mohan et al., OSDI 2018), and as SQLite's own crash tests do
(sqlite.org/testing.html, "Crash Testing"): it replays a journal of everything that
was done, and at any step gives folders that a power cut there could leave.

Of what file systems in use share, three things are believed: a rename is
whole or not there at all; one between two folders lasts once either is synced; and
a failed sync loses the bytes for good, even if the next one succeeds (Rebello et
al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
"""

import os
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.instrument import Kind

_HEAD = struct.Struct("<IIIIqQq")
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Record:
    """One storage call that was carried out, or a sync that failed.

    ``other`` is the new name of a rename, the target of a symbolic link or the
    first name of a hard one; ``offset`` also the size that a file is cut or stretched to.
    """

    kind: Kind
    path: Path
    other: str
    inode: int
    offset: int
    data: bytes
    has_failed: bool


def read_journal(path: Path) -> list[Record]:
    """Return what the instrument has noted; a record cut short by a kill is left out."""
    found, data, at = [], path.read_bytes(), 0
    while at + _HEAD.size <= len(data):
        kind, name, other, length, result, inode, offset = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + name + other + length > len(data):
            break
        ends = at + name, at + name + other, at + name + other + length
        found.append(
            Record(
                Kind(kind),
                Path(os.fsdecode(data[at : ends[0]])),
                os.fsdecode(data[ends[0] : ends[1]]),
                inode,
                offset,
                data[ends[1] : ends[2]],
                result < 0,
            )
        )
        at = ends[2]
    return found


@dataclass(frozen=True, slots=True)
class _Bytes:
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Size:
    size: int
    stretches: bool = False


@dataclass(eq=False, slots=True)
class _File:
    """``pending`` are changes since the last sync."""

    durable: bytes = b""
    pending: list[_Bytes | _Size] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class _Folder:
    durable: dict[str, "_Inode"] = field(default_factory=dict)
    now: dict[str, "_Inode"] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class _Link:
    target: str


_Inode = _File | _Folder | _Link


@dataclass(eq=False, slots=True)
class _Naming:
    """One change of names, which happens as a whole: None takes a name away."""

    places: tuple[tuple[_Folder, str, _Inode | None], ...]

    def touches(self, folder: _Folder) -> bool:
        return any(place[0] is folder for place in self.places)


@dataclass(frozen=True, slots=True)
class Cut:
    """How a power cut treats what was not synced.

    ``names`` and ``data`` are the shares that last all the same; chance, from
    ``seed``, says which. With ``zeros``, lost bytes leave a file as long as it was to be.
    """

    name: str
    names: float
    data: float
    zeros: bool = False
    seed: int = 0


CUTS = (
    Cut("nothing unsynced is left", 0, 0),
    Cut("names are left, bytes are not", 1, 0),
    Cut("names are left, bytes are zeros", 1, 0, zeros=True),
    Cut("bytes are left, names are not", 0, 1),
)
WORST = CUTS[0]


def random_cuts(count: int, seed: int) -> Iterator[Cut]:
    """Yield cuts that leave some names and some bytes."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for number in range(count):
        shares = chance.random(), chance.random()
        yield Cut(
            f"chance {seed}.{number}", *shares, chance.random() < 1 / 2, chance.getrandbits(32)
        )


Image = dict[str, bytes | tuple[str] | None]
"""A folder's content by relative path: bytes of files, targets of links, None for folders."""


class Disk:
    """A folder, what has been done to it, and what of that would outlive the power."""

    def __init__(self, root: Path) -> None:
        """Take ``root`` as it is, all of it durable; give records in the order they happened."""
        self._root = root.resolve()
        self._inodes: dict[int, _Inode] = {}
        self._names: list[_Naming] = []
        self._top = self._load(self._root)

    def _load(self, path: Path) -> _Inode:
        inode: _Inode
        if path.is_symlink():
            inode = _Link(str(path.readlink()))
        elif path.is_dir():
            inode = _Folder({each.name: self._load(each) for each in path.iterdir()})
            inode.now = dict(inode.durable)
        else:
            inode = _File(path.read_bytes())
        self._inodes[path.lstat().st_ino] = inode
        return inode

    def apply(self, record: Record) -> None:
        """Do what ``record`` says."""
        match record.kind:
            case Kind.CREATE | Kind.MKDIR | Kind.SYMLINK | Kind.LINK:
                self._create(record)
            case Kind.WRITE | Kind.TRUNCATE | Kind.EXTEND:
                self._change(record)
            case Kind.SYNC:
                self._sync(self._file(record), has_failed=record.has_failed)
            case Kind.SYNC_FOLDER:
                if not record.has_failed:
                    self._sync_folder(self._folder(record.path))
            case Kind.RENAME:
                self._rename(record.path, Path(record.other))
            case Kind.UNLINK | Kind.RMDIR:
                self._name((record.path, None))

    def _create(self, record: Record) -> None:
        inode: _Inode
        if record.kind is Kind.LINK:
            inode = self._inodes[record.inode]
        elif record.kind is Kind.SYMLINK:
            inode = _Link(record.other)
        else:
            inode = _Folder() if record.kind is Kind.MKDIR else _File()
        # The number may have belonged to a file that is gone.
        self._inodes[record.inode] = inode
        self._name((record.path, inode))

    def _change(self, record: Record) -> None:
        pending = self._file(record).pending
        if record.kind is Kind.WRITE:
            pending.append(_Bytes(record.offset, record.data))
        else:
            pending.append(_Size(record.offset, stretches=record.kind is Kind.EXTEND))

    def _sync(self, file: _File, *, has_failed: bool) -> None:
        if has_failed:
            ends = [_Size(c.offset + len(c.data), stretches=True) if isinstance(c, _Bytes) else c
                    for c in file.pending]  # fmt: skip
            file.pending[:] = ends
            return
        file.durable = _changed(file.durable, file.pending)
        file.pending.clear()

    def _sync_folder(self, folder: _Folder) -> None:
        for naming in [each for each in self._names if each.touches(folder)]:
            for place, name, inode in naming.places:
                _set(place.durable, name, inode)
            self._names.remove(naming)

    def _rename(self, old: Path, new: Path) -> None:
        self._name((old, None), (new, self._folder(old.parent).now[old.name]))

    def _name(self, *places: tuple[Path, _Inode | None]) -> None:
        found = tuple((self._folder(path.parent), path.name, inode) for path, inode in places)
        for folder, name, inode in found:
            _set(folder.now, name, inode)
        self._names.append(_Naming(found))

    def _file(self, record: Record) -> _File:
        inode = self._inodes[record.inode]
        assert isinstance(inode, _File), record
        return inode

    def _folder(self, path: Path) -> _Folder:
        found = self._top
        for part in path.relative_to(self._root).parts:
            assert isinstance(found, _Folder), path
            found = found.now[part]
        assert isinstance(found, _Folder), path
        return found

    def now(self) -> Image:
        """Return what the folder holds while the power is on."""
        return dict(_walk(self._top, _now, lambda folder: folder.now))

    def after(self, cut: Cut) -> Image:
        """Return what could be left of the folder if the power went now."""
        chance = random.Random(cut.seed)  # noqa: S311 - no secret
        names: dict[int, dict[str, _Inode]] = {}
        for naming in self._names:
            if chance.random() < cut.names:
                for folder, name, inode in naming.places:
                    _set(names.setdefault(id(folder), dict(folder.durable)), name, inode)
        contents: dict[int, bytes] = {}

        def content(file: _File) -> bytes:
            if id(file) not in contents:
                kept = [part for each in file.pending for part in _kept(each, cut, chance)]
                contents[id(file)] = _changed(file.durable, kept)
            return contents[id(file)]

        return dict(_walk(self._top, content, lambda each: names.get(id(each), each.durable)))


def _set(names: dict[str, _Inode], name: str, inode: _Inode | None) -> None:
    if inode is None:
        names.pop(name, None)
    else:
        names[name] = inode


def _now(file: _File) -> bytes:
    return _changed(file.durable, file.pending)


def _changed(data: bytes, changes: list[_Bytes | _Size]) -> bytes:
    held = bytearray(data)
    for change in changes:
        end = change.size if isinstance(change, _Size) else change.offset + len(change.data)
        held.extend(bytes(max(0, end - len(held))))
        if isinstance(change, _Bytes):
            held[change.offset : end] = change.data
        elif not change.stretches:
            del held[end:]
    return bytes(held)


def _kept(change: _Bytes | _Size, cut: Cut, chance: random.Random) -> Iterator[_Bytes | _Size]:
    """Yield what a cut leaves of one change: pages of a write go one by one."""
    if isinstance(change, _Size):
        if chance.random() < cut.data:
            yield change
        return
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        stop = min(end, (start // _PAGE + 1) * _PAGE)
        if chance.random() < cut.data:
            yield _Bytes(start, change.data[start - change.offset : stop - change.offset])
        elif cut.zeros:
            yield _Bytes(start, bytes(stop - start))
        start = stop


def _walk(
    inode: _Inode,
    content: Callable[[_File], bytes],
    names: Callable[[_Folder], dict[str, _Inode]],
    path: str = ".",
) -> Iterator[tuple[str, bytes | tuple[str] | None]]:
    if isinstance(inode, _File):
        yield path, content(inode)
    elif isinstance(inode, _Link):
        yield path, (inode.target,)
    else:
        yield path, None
        for name, inner in names(inode).items():
            yield from _walk(inner, content, names, name if path == "." else f"{path}/{name}")


def write_image(image: Image, root: Path) -> None:
    """Make ``root``, which must not exist, hold ``image``."""
    for name in sorted(image):
        path, content = root / name, image[name]
        if content is None:
            path.mkdir()
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.symlink_to(content[0])


def read_image(root: Path) -> Image:
    """Return what ``root`` holds."""
    return Disk(root).now()
