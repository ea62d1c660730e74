"""Keeps exported models: graphs for onnxruntime, made once and opened from then on.

Exports live under ``models/<fingerprint>/``: the first use of a model writes one, and
from then on the model's own library is not loaded. An installation may bring some ready
made, so that it needs no such library at all.
"""

import logging
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

from briefqa.errors import BriefqaError, ExportError, IndexDamagedError
from briefqa.indexing.durable import fsync_folder, fsync_tree, make_folder
from briefqa.plugins import ModelPlugin
from briefqa.protocols import Progress, ProgressListener

_log = logging.getLogger(__name__)

MODELS_FOLDER = "models"
"""Where the exports lie inside an index folder."""

CARD = "model.json"
"""What names the files of an export, and their hashes."""

_LOCK = ".lock"
_UNFINISHED = ".unfinished"

Exported = TypeVar("Exported")
Reference = TypeVar("Reference")


def installed_models() -> Path:
    """Return where an installation may bring exports, in folders named as in an index."""
    return Path(sys.prefix, "share", "briefqa", MODELS_FOLDER)


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
    was opened. ``unwritable`` makes the error of a folder that cannot be written. ``ready``
    is where the installation may have brought exports with it.
    """

    folder: Path
    open: Callable[[Path], Exported]
    name: Callable[[Exported], str]
    unwritable: Callable[[OSError], BriefqaError]
    ready: Path = field(default_factory=installed_models)

    def where(self, model_id: str) -> Path | None:
        """Return the folder of the export of ``model_id``, in use or installed; None without."""
        folders = (parent / _fingerprint(model_id) for parent in (self.folder, self.ready))
        return next((each for each in folders if (each / CARD).is_file()), None)

    def sound(self, model_id: str) -> Exported | None:
        """Open the export of ``model_id``; None if there is none.

        Raises:
            IndexDamagedError: If there is one, but it cannot be used.
        """
        return self._opened(self.folder / _fingerprint(model_id), model_id)

    def usable(self, model_id: str) -> Exported | None:
        """Open the export of ``model_id``; None, and a warning, if it is damaged."""
        try:
            return self.sound(model_id)
        except IndexDamagedError as error:
            _log.warning("%s is damaged (%s); exporting it afresh", error.path, error.detail)
            return None

    def ready_made(self, model_id: str) -> Exported | None:
        """Open the export of ``model_id`` that was installed; None if none can be used."""
        try:
            return self._opened(self.ready / _fingerprint(model_id), model_id)
        except IndexDamagedError as error:
            _log.warning("%s is damaged (%s); reinstall it", error.path, error.detail)
            return None

    def copied(self, model_id: str) -> Exported | None:
        """Copy an installed export, so that an index has its own; None if there is none.

        Where the folder cannot be written, the installed one is opened in its place.
        """
        installed = self.ready_made(model_id)
        if installed is None:
            return None
        source = self.ready / _fingerprint(model_id)
        try:
            return self._write(model_id, lambda folder: _copy_files(source, folder))
        except OSError:
            return installed

    def make(self, reference: Exportable, model_id: str) -> Exported:
        """Export into an unfinished folder and rename that, so that none is half there.

        Raises:
            ExportError: If the model cannot be exported.
            BriefqaError: What ``unwritable`` makes, if the folder cannot be written.
        """
        try:
            return self._write(model_id, reference.export)
        except OSError as error:
            raise self.unwritable(error) from error

    def _opened(self, folder: Path, model_id: str) -> Exported | None:
        if not (folder / CARD).is_file():
            return None
        model = self.open(folder)
        if self.name(model) != model_id:
            detail = f"it is of {self.name(model)!r}, expected {model_id!r}"
            raise IndexDamagedError(folder / CARD, detail)
        return model

    def _write(self, model_id: str, write: Callable[[Path], None]) -> Exported:
        from filelock import FileLock  # noqa: PLC0415 - most questions export nothing

        make_folder(self.folder)
        with FileLock(self.folder / _LOCK):
            finished = self.usable(model_id)
            if finished is not None:
                # Another process wrote it while this one waited.
                return finished
            unfinished = self.folder / _UNFINISHED
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            try:
                write(unfinished)
                folder = self.folder / _fingerprint(model_id)
                shutil.rmtree(folder, ignore_errors=True)
                fsync_tree(unfinished)
                unfinished.rename(folder)
                fsync_folder(self.folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
            return self.open(folder)


def _fingerprint(model_id: str) -> str:
    return model_id.rpartition("@")[2]


def _copy_files(source: Path, folder: Path) -> None:
    for path in source.iterdir():
        shutil.copyfile(path, folder / path.name)


def exported_or_loaded(  # noqa: PLR0913 - a model, and all that becomes of its export
    plugin: ModelPlugin[Reference],
    argument: str,
    exports: Exports[Exported],
    *,
    stage: str,
    on_progress: ProgressListener | None = None,
    expected: str | None = None,
) -> Exported | Reference:
    """Return a model's export, made if need be, or the model itself if there can be none.

    Args:
        plugin: Identifies and loads the model.
        argument: What the plug-in is given.
        exports: Where the export is kept.
        stage: What ``on_progress`` is told of while the model is loaded and exported.
        on_progress: Told of three steps, unless the export is there already, or installed.
        expected: Id that the model most likely has: its export is opened meanwhile.

    Raises:
        BackendError: If the model cannot be found or loaded.
        BriefqaError: What the exports make of a folder that cannot be written.
    """
    with ThreadPoolExecutor(1) as opening:
        # To know what the model is takes as long as to know that its export is whole.
        opened = opening.submit(exports.usable, expected) if expected is not None else None
        model_id = plugin.identify(argument)
        is_it = model_id == expected
        exported = opened.result() if opened and is_it else exports.usable(model_id)
    exported = exported or exports.copied(model_id)
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
