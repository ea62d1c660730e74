"""Copies what an index serves into another: from a folder to Milvus, and back."""

import base64
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from briefqa.assembly.calibration_file import CALIBRATION_FILE, write_calibration
from briefqa.assembly.milvus.collections import Collections
from briefqa.assembly.milvus.generations import connect, missing, open_named, read_head
from briefqa.assembly.milvus.names import serving_now
from briefqa.assembly.milvus.publishing import Beside, publish
from briefqa.assembly.milvus.rows import UPLOAD
from briefqa.assembly.opening import open_texts
from briefqa.assembly.places import milvus_address
from briefqa.assembly.stores import backends_with
from briefqa.backends.milvus.address import MilvusAddress, is_milvus
from briefqa.backends.milvus.server import MilvusServer
from briefqa.errors import UsageError
from briefqa.indexing import Generation
from briefqa.indexing.copying import copy_into_folder
from briefqa.indexing.durable import replace_file
from briefqa.indexing.publishing import write_errors
from briefqa.indexing.sources import UPLOADS
from briefqa.protocols import Progress, ProgressListener


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of a migration; ``is_new`` is false if the target served all of it already."""

    generation: str
    documents: int
    chunks: int
    is_new: bool


def migrate(source: str, target: str, *, on_progress: ProgressListener | None = None) -> Migrated:
    """Let ``target`` serve what ``source`` does; nothing is read or embedded again.

    Ids, texts, hashes, vectors and tokens stay the same, and so do answers. Documents that
    were sent to the index and its calibration come along.

    Args:
        source: An index folder or an address in Milvus.
        target: Another of the two.
        on_progress: Told of the stages.

    Raises:
        UsageError: If neither lies in Milvus.
        SettingsError: If an address cannot be understood.
        IndexFileError: If there is no index in ``source``, or one cannot be used.
        StoreError: If a store does not answer.
        IndexLockedError: If another process is writing the target.
        IndexWriteError: If the disk refuses.
    """
    listener = on_progress or _ignore
    if not is_milvus(source) and not is_milvus(target):
        msg = (
            f"neither {source!r} nor {target!r} is an address in Milvus; to copy a folder, "
            "copy its files"
        )
        raise UsageError(msg)
    # Before anything is opened, which takes long enough to be annoying in vain.
    milvus_address(target)
    if is_milvus(source):
        server = connect(MilvusAddress.parse(source))
        with closing(server):
            generation, beside = _read_from(server)
            return _into(generation, beside, target, listener)
    folder = Path(source)
    with open_texts(folder) as generation:
        return _into(generation, _beside(folder), target, listener)


def _into(
    generation: Generation, beside: Beside, target: str, on_progress: ProgressListener
) -> Migrated:
    if is_milvus(target):
        with closing(MilvusServer(MilvusAddress.parse(target))) as server:
            is_new = publish(generation, beside, server, on_progress=on_progress)
    else:
        is_new = _write_folder(generation, beside, Path(target), on_progress)
    info = generation.info
    return Migrated(info.generation, info.documents, info.chunks, is_new)


def _write_folder(
    generation: Generation, beside: Beside, folder: Path, on_progress: ProgressListener
) -> bool:
    """Write the folder; what lies beside the generation comes first, since it is found by name."""
    with write_errors(folder):
        (folder / UPLOADS).mkdir(parents=True, exist_ok=True)
        for name in sorted(set(generation.sources.uploads.values())):
            replace_file(folder / UPLOADS / name, base64.b64decode(beside.upload(name)))
    backends = backends_with(None)
    is_new = copy_into_folder(generation, folder, backends=backends, on_progress=on_progress)
    if beside.calibration is not None:
        write_calibration(folder, beside.calibration.encode())
    return is_new


def _beside(folder: Path) -> Beside:
    """Return what lies in a folder beside its generations."""
    path = folder / CALIBRATION_FILE
    calibration = path.read_text(encoding="utf-8") if path.is_file() else None

    def upload(name: str) -> str:
        return base64.b64encode((folder / UPLOADS / name).read_bytes()).decode()

    return Beside(calibration, upload)


def _read_from(server: MilvusServer) -> tuple[Generation, Beside]:
    """Return the generation that Milvus serves, and what lies beside it."""
    names = serving_now(server)
    if names is None:
        raise missing(server.address)
    head = read_head(server, names)
    collections = Collections(server, names.chunks, names.records)
    beside = Beside(head.calibration, lambda name: collections.text_of(UPLOAD, name))
    return open_named(server, names, head), beside


def _ignore(_: Progress) -> None:
    pass
