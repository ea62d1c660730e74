"""Where an index lies: in a folder, or in a store."""

import os
from pathlib import Path

from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.backends.milvus import MilvusAddress, is_milvus
from briefqa.errors import FolderNeededError


def milvus_address(index: Path | str) -> MilvusAddress | None:
    """Return the address of an index in Milvus; None for a folder.

    Raises:
        SettingsError: If it begins like an address and cannot be understood.
    """
    return MilvusAddress.parse(str(index)) if is_milvus(index) else None


def require_folder(index: Path | str) -> Path:
    """Return the folder of an index that is to be changed.

    Raises:
        FolderNeededError: If it lies in a store.
    """
    if is_milvus(index):
        advice = (
            "change the index in a folder that it was copied from, and copy it again with "
            f"`briefqa migrate FOLDER {index}`; `briefqa migrate {index} FOLDER` makes one"
        )
        raise FolderNeededError(str(index), advice=advice)
    return Path(index)


def models_of(index: Path | str) -> Path:
    """Return the folder where this machine keeps the models of ``index``."""
    return (kept_here() if is_milvus(index) else Path(index)) / MODELS_FOLDER


def kept_here() -> Path:
    """Return the folder where this machine keeps models for indexes that lie elsewhere."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "briefqa"
