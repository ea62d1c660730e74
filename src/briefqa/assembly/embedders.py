"""Gives the embedder that a setting or an index names, exported wherever that can be."""

import logging
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.assembly.exports import Exports, exported_or_loaded
from briefqa.errors import (
    BriefqaError,
    IndexDamagedError,
    IndexMismatchError,
    IndexWriteError,
)
from briefqa.plugins import embedder_plugin, split_spec
from briefqa.protocols import Embedder, ProgressListener

if TYPE_CHECKING:
    from briefqa.backends.onnx import OnnxEmbedder

_log = logging.getLogger(__name__)

DEFAULT_EMBEDDER = "sentence-transformers:all-MiniLM-L6-v2"

_STAGE = "model"


def embedder_for_indexing(
    spec: str,
    models: Path,
    *,
    built_with: str | None = None,
    gpu: bool = False,
    on_progress: ProgressListener | None = None,
) -> Embedder:
    """Return the embedder that ``spec`` names, exporting it first if that is possible.

    Args:
        spec: ``name`` or ``name:argument`` of an embedder plug-in.
        models: Folder of the exports; made if missing.
        built_with: Id of the model that made the index, if there is one: most likely the same.
        gpu: Have a GPU embed passages, through the model's own library.
        on_progress: Told of stage ``model`` while a model is loaded and exported.

    Raises:
        UnknownPluginError: If no plug-in of that name is installed.
        BackendError: If the model cannot be found or loaded, or cannot use a GPU as is wished.
        IndexWriteError: If the export cannot be written.
    """
    name, argument = split_spec(spec)
    plugin = embedder_plugin(name)
    is_same = built_with is not None and built_with.rpartition("@")[0] == spec
    embedder = exported_or_loaded(
        plugin,
        argument,
        _exports(models),
        stage=_STAGE,
        on_progress=on_progress,
        expected=built_with if is_same else None,
    )
    if not gpu:
        return embedder
    from briefqa.assembly.accelerated import on_gpu  # noqa: PLC0415 - brings torch with it

    return on_gpu(embedder, plugin.load(argument))


def export_of(model_id: str, models: Path) -> Path | None:
    """Return the folder of the export that is used for ``model_id``; None if there is none."""
    return _exports(models).where(model_id)


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
    exports = _exports(models)
    try:
        exported = exports.sound(model_id)
    except IndexDamagedError as error:
        exported, damage = None, error
    try:
        embedder = exported or exports.ready_made(model_id) or _loaded(model_id, configured)
    except BriefqaError as error:
        if damage is not None:
            raise damage from error
        raise
    if damage is not None:
        _log.warning("%s", damage)
    return embedder


def _loaded(model_id: str, configured: str | None) -> Embedder:
    """Load a model through its own library, if its files are still those of the index."""
    spec, _, _ = model_id.rpartition("@")
    name, argument = split_spec(spec)
    plugin = embedder_plugin(name)
    found = plugin.identify(argument)
    if found != model_id:
        raise IndexMismatchError(built_with=model_id, configured=configured or found)
    return plugin.load(argument)


def _names(configured: str, model_id: str) -> bool:
    """Tell whether a setting means the model of ``model_id``."""
    spec, _, _ = model_id.rpartition("@")
    name, argument = split_spec(configured)
    if argument or name != split_spec(spec)[0]:
        return configured == spec
    # A bare name leaves the argument to its plug-in.
    return embedder_plugin(name).identify("") == model_id


def _exports(models: Path) -> "Exports[OnnxEmbedder]":
    from briefqa.backends.onnx import OnnxEmbedder  # noqa: PLC0415 - slow to import

    return Exports(
        models,
        open=OnnxEmbedder.open,
        name=attrgetter("model_id"),
        unwritable=lambda error: IndexWriteError(models.parent, error.strerror or str(error)),
    )
