"""Gives the embedder that a setting or an index names, exported wherever that can be.

Exports live under ``models/<fingerprint>/``: the first index writes one, and
from then on neither indexing nor asking loads the model's own library.
"""

import logging
import shutil
from pathlib import Path
from typing import Protocol, runtime_checkable

from briefqa.backends.onnx import OnnxEmbedder
from briefqa.errors import (
    BriefqaError,
    ExportError,
    IndexDamagedError,
    IndexMismatchError,
    IndexWriteError,
)
from briefqa.indexing.durable import fsync_folder, fsync_tree, make_folder
from briefqa.plugins import embedder_plugin, split_spec
from briefqa.protocols import Embedder, Progress, ProgressListener

_log = logging.getLogger(__name__)

DEFAULT_EMBEDDER = "sentence-transformers:all-MiniLM-L6-v2"
MODELS_FOLDER = "models"
"""Where the exports lie inside an index folder."""

_STAGE = "model"
_CARD = "model.json"
_LOCK = ".lock"
_UNFINISHED = ".unfinished"


@runtime_checkable
class Exportable(Protocol):
    """An embedder that can write itself as a graph for onnxruntime."""

    def export(self, folder: Path, /) -> None:
        """Write the export into the empty ``folder``; raises ExportError if there is none."""
        ...


def embedder_for_indexing(
    spec: str, models: Path, *, on_progress: ProgressListener | None = None
) -> Embedder:
    """Return the embedder that ``spec`` names, exporting it first if that is possible.

    Args:
        spec: ``name`` or ``name:argument`` of an embedder plug-in.
        models: Folder of the exports; made if missing.
        on_progress: Told of stage ``model`` while a model is loaded and exported.

    Raises:
        UnknownPluginError: If no plug-in of that name is installed.
        BackendError: If the model cannot be found or loaded.
        IndexWriteError: If the export cannot be written.
    """
    name, argument = split_spec(spec)
    plugin = embedder_plugin(name)
    model_id = plugin.identify(argument)
    exported = _open_export(model_id, models)
    if exported is not None:
        return exported
    tell = on_progress or _ignore
    tell(Progress(_STAGE, 0, 2))
    reference = plugin.load(argument)
    tell(Progress(_STAGE, 1, 2))
    embedder = reference
    if isinstance(reference, Exportable):
        try:
            embedder = _export(reference, model_id, models)
        except OSError as error:
            raise IndexWriteError(models.parent, error.strerror or str(error)) from error
        except ExportError as error:
            _log.warning("%s; it runs in its own library, which is slower", error)
    tell(Progress(_STAGE, 2, 2))
    return embedder


def embedder_for_questions(
    model_id: str, models: Path, *, configured: str | None = None
) -> Embedder:
    """Return the embedder an index was built with; imports no torch if it was exported.

    A model that has changed under the same name is told by its fingerprint, but
    only where it must be loaded: an export answers for the index it belongs to,
    whatever has become of its source.

    Args:
        model_id: As the index's manifest has it.
        models: Folder of the exports.
        configured: The embedder a user asked for, if one did.

    Raises:
        IndexMismatchError: If the index was built with another embedder.
        IndexDamagedError: If the export is damaged and its source cannot be loaded.
        BackendError: If there is no export and the model cannot be loaded.
    """
    if configured is not None and not _names(configured, model_id):
        raise IndexMismatchError(built_with=model_id, configured=configured)
    damage: IndexDamagedError | None = None
    try:
        exported = _sound_export(model_id, models)
    except IndexDamagedError as error:
        exported, damage = None, error
    if exported is not None:
        return exported
    spec, _, _ = model_id.rpartition("@")
    name, argument = split_spec(spec)
    try:
        plugin = embedder_plugin(name)
        if plugin.identify(argument) != model_id:
            raise IndexMismatchError(
                built_with=model_id, configured=configured or plugin.identify(argument)
            )
        embedder = plugin.load(argument)
    except BriefqaError as error:
        if damage is not None:
            raise damage from error
        raise
    if damage is not None:
        _log.warning("%s", damage)
    return embedder


def _names(configured: str, model_id: str) -> bool:
    """Tell whether a setting means the model of ``model_id``."""
    spec, _, _ = model_id.rpartition("@")
    name, argument = split_spec(configured)
    if argument or name != split_spec(spec)[0]:
        return configured == spec
    # A bare name leaves the argument to its plug-in.
    return embedder_plugin(name).identify("") == model_id


def _open_export(model_id: str, models: Path) -> OnnxEmbedder | None:
    try:
        return _sound_export(model_id, models)
    except IndexDamagedError as error:
        _log.warning("%s is damaged (%s); exporting it afresh", error.path, error.detail)
        return None


def _sound_export(model_id: str, models: Path) -> OnnxEmbedder | None:
    """Open the export of ``model_id``; None if there is none.

    Raises:
        IndexDamagedError: If there is one, but it cannot be used.
    """
    folder = _export_folder(model_id, models)
    if not (folder / _CARD).is_file():
        return None
    embedder = OnnxEmbedder.open(folder)
    if embedder.model_id != model_id:
        detail = f"it is of {embedder.model_id!r}, expected {model_id!r}"
        raise IndexDamagedError(folder / _CARD, detail)
    return embedder


def _export_folder(model_id: str, models: Path) -> Path:
    return models / model_id.rpartition("@")[2]


def _export(reference: Exportable, model_id: str, models: Path) -> OnnxEmbedder:
    """Export into an unfinished folder and rename that, so that none is half there."""
    from filelock import FileLock  # noqa: PLC0415 - questions do not export, and start sooner

    make_folder(models)
    with FileLock(models / _LOCK):
        finished = _open_export(model_id, models)
        if finished is not None:
            # Another process exported it while this one waited.
            return finished
        unfinished = models / _UNFINISHED
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        try:
            reference.export(unfinished)
            folder = _export_folder(model_id, models)
            shutil.rmtree(folder, ignore_errors=True)
            fsync_tree(unfinished)
            unfinished.rename(folder)
            fsync_folder(models)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return OnnxEmbedder.open(folder)


def _ignore(progress: Progress) -> None:
    pass
