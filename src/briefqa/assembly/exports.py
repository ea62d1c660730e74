"""Keeps exported models: graphs for onnxruntime, made once and opened from then on.

Exports live under ``models/<fingerprint>/``: the first use of a model writes one, and
from then on the model's own library is not loaded.
"""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

from briefqa.errors import BriefqaError, ExportError, IndexDamagedError
from briefqa.indexing.durable import fsync_folder, fsync_tree, make_folder
from briefqa.plugins import ModelPlugin
from briefqa.protocols import Progress, ProgressListener

_log = logging.getLogger(__name__)

MODELS_FOLDER = "models"
"""Where the exports lie inside an index folder."""

_CARD = "model.json"
_LOCK = ".lock"
_UNFINISHED = ".unfinished"

Exported = TypeVar("Exported")
Reference = TypeVar("Reference")


@runtime_checkable
class Exportable(Protocol):
    """A model that can write itself as a graph for onnxruntime."""

    def export(self, folder: Path, /) -> None:
        """Write the export into the empty ``folder``; raises ExportError if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Exports(Generic[Exported]):
    """The exports of one kind of model.

    ``folder`` is where they lie, ``open`` opens one, and ``name`` tells the id of what
    was opened. ``unwritable`` makes the error of a folder that cannot be written.
    """

    folder: Path
    open: Callable[[Path], Exported]
    name: Callable[[Exported], str]
    unwritable: Callable[[OSError], BriefqaError]

    def sound(self, model_id: str) -> Exported | None:
        """Open the export of ``model_id``; None if there is none.

        Raises:
            IndexDamagedError: If there is one, but it cannot be used.
        """
        folder = self._folder_of(model_id)
        if not (folder / _CARD).is_file():
            return None
        model = self.open(folder)
        if self.name(model) != model_id:
            detail = f"it is of {self.name(model)!r}, expected {model_id!r}"
            raise IndexDamagedError(folder / _CARD, detail)
        return model

    def usable(self, model_id: str) -> Exported | None:
        """Open the export of ``model_id``; None, and a warning, if it is damaged."""
        try:
            return self.sound(model_id)
        except IndexDamagedError as error:
            _log.warning("%s is damaged (%s); exporting it afresh", error.path, error.detail)
            return None

    def make(self, reference: Exportable, model_id: str) -> Exported:
        """Export into an unfinished folder and rename that, so that none is half there.

        Raises:
            ExportError: If the model cannot be exported.
            BriefqaError: What ``unwritable`` makes, if the folder cannot be written.
        """
        try:
            return self._make(reference, model_id)
        except OSError as error:
            raise self.unwritable(error) from error

    def _make(self, reference: Exportable, model_id: str) -> Exported:
        from filelock import FileLock  # noqa: PLC0415 - most questions export nothing

        make_folder(self.folder)
        with FileLock(self.folder / _LOCK):
            finished = self.usable(model_id)
            if finished is not None:
                # Another process exported it while this one waited.
                return finished
            unfinished = self.folder / _UNFINISHED
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            try:
                reference.export(unfinished)
                folder = self._folder_of(model_id)
                shutil.rmtree(folder, ignore_errors=True)
                fsync_tree(unfinished)
                unfinished.rename(folder)
                fsync_folder(self.folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
            return self.open(folder)

    def _folder_of(self, model_id: str) -> Path:
        return self.folder / model_id.rpartition("@")[2]


def exported_or_loaded(
    plugin: ModelPlugin[Reference],
    argument: str,
    exports: Exports[Exported],
    *,
    stage: str,
    on_progress: ProgressListener | None = None,
) -> Exported | Reference:
    """Return a model's export, made if need be, or the model itself if there can be none.

    Args:
        plugin: Identifies and loads the model.
        argument: What the plug-in is given.
        exports: Where the export is kept.
        stage: What ``on_progress`` is told of while the model is loaded and exported.
        on_progress: Told of three steps, unless the export is there already.

    Raises:
        BackendError: If the model cannot be found or loaded.
        BriefqaError: What the exports make of a folder that cannot be written.
    """
    model_id = plugin.identify(argument)
    exported = exports.usable(model_id)
    if exported is not None:
        return exported
    tell = on_progress or _ignore
    tell(Progress(stage, 0, 2))
    reference = plugin.load(argument)
    tell(Progress(stage, 1, 2))
    model: Exported | Reference = reference
    if isinstance(reference, Exportable):
        try:
            model = exports.make(reference, model_id)
        except ExportError as error:
            _log.warning("%s; it runs in its own library, which is slower", error)
    tell(Progress(stage, 2, 2))
    return model


def _ignore(progress: Progress) -> None:
    pass
