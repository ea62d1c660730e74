"""Follows what an index in Milvus serves, with the model that made it."""

import logging
import threading
import time
from pathlib import Path

from briefqa.answering import CALIBRATION, Calibration
from briefqa.assembly.calibration_file import CalibrationFileError, calibration_from_json
from briefqa.assembly.embedders import embedder_for_indexing, embedder_for_questions
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.milvus.generations import connect, missing, open_named, read_head
from briefqa.assembly.milvus.names import GenerationNames, serving_now
from briefqa.assembly.opened import Opened
from briefqa.assembly.places import kept_here
from briefqa.assembly.remembering import remembering
from briefqa.backends.milvus.address import MilvusAddress
from briefqa.errors import BackendError, BriefqaError, IndexFileError
from briefqa.indexing import Current, Generation
from briefqa.protocols import Embedder

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0


class MilvusIndex:
    """The newest generation of an index in Milvus; safe to use from several threads."""

    def __init__(self, address: MilvusAddress, *, embedder: str | None = None) -> None:
        """Open the index.

        Args:
            address: Where it lies.
            embedder: The model expected, as a setting names it; unset takes the index's own.

        Raises:
            IndexFileError: If there is no index, or it cannot be used.
            BackendError: If the store cannot be reached, or the model not be loaded.
        """
        self._configured = embedder
        self._swap = threading.Lock()
        self._trouble: str | None = None
        self._server = connect(address)
        names = serving_now(self._server)
        if names is None:
            raise missing(address)
        self._looked = time.monotonic()
        self._calibrations: dict[str, Calibration] = {}
        self._serving, self._opened = names, self._open(names, None)

    @property
    def folder(self) -> Path:
        """Where models are kept on this machine."""
        return kept_here()

    @property
    def degraded(self) -> str | None:
        """Why an older generation is in use, if one is."""
        self.current()
        return self._trouble

    def current(self) -> Opened:
        """Return what serves now, after a look, once a second, whether something newer does.

        What is open goes on serving if that cannot be opened.
        """
        if time.monotonic() - self._looked < _LOOK_EVERY_S:
            return self._opened
        with self._swap:
            if time.monotonic() - self._looked >= _LOOK_EVERY_S:
                self._look()
        return self._opened

    def calibration(self, opened: Opened) -> Calibration:
        """Return what turns evidence into a probability: the index's own, or the shipped one."""
        return self._calibrations[opened.generation.ref.generation]

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()

    def _look(self) -> None:
        try:
            names = serving_now(self._server)
            if names is not None and names != self._serving:
                self._opened = self._open(names, self._opened)
                self._serving = names
            self._trouble = None
        except (IndexFileError, BackendError) as error:
            if self._trouble is None:
                _log.warning("still serving %s: %s", self._serving.generation, error)
            self._trouble = str(error)
        self._looked = time.monotonic()

    def _open(self, names: GenerationNames, before: Opened | None) -> Opened:
        head = read_head(self._server, names)
        generation = open_named(self._server, names, head)
        model_id = generation.manifest.model_id
        embedder = (
            before.embedder
            if before is not None and before.embedder.model_id == model_id
            else embedder_here(model_id, configured=self._configured)
        )
        # For whoever asks: also for questions under way to a generation that was swapped out.
        self._calibrations[names.generation] = calibration_from(head.calibration, generation)
        return Opened(
            Current(generation.ref, None, head.sources), generation, remembering(embedder)
        )


def embedder_here(model_id: str, *, configured: str | None = None) -> Embedder:
    """Return the model of an index, exported on this machine at its first use if that can be.

    Raises:
        IndexMismatchError: If the index was built with another embedder.
        BackendError: If the model cannot be loaded.
    """
    models = kept_here() / MODELS_FOLDER
    spec, _, fingerprint = model_id.rpartition("@")
    if configured is None and fingerprint and not (models / fingerprint).exists():
        try:
            made = embedder_for_indexing(spec, models)
        except BriefqaError as error:
            _log.warning("%s cannot be exported here, and is slower to load: %s", spec, error)
        else:
            if made.model_id == model_id:
                return made
    return embedder_for_questions(model_id, models, configured=configured)


def calibration_from(text: str | None, generation: Generation) -> Calibration:
    """Return the calibration that came with a generation, or the shipped one."""
    if text is None:
        return CALIBRATION
    try:
        return calibration_from_json(text.encode(), generation.manifest.model_id)
    except CalibrationFileError as error:
        _log.warning("the calibration of the index %s; the shipped numbers decide instead", error)
        return CALIBRATION
