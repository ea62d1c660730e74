"""Opens an index with the model that made it, and follows what is published."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.assembly.embedders import embedder_for_questions
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.opened import FollowedIndex, Opened
from briefqa.assembly.places import milvus_address
from briefqa.assembly.remembering import remembering
from briefqa.assembly.stores import backends_with
from briefqa.errors import BackendError, IndexFileError
from briefqa.indexing import (
    Generation,
    open_generation,
    read_current,
    stamp_of_current,
)
from briefqa.indexing.current import GenerationRef
from briefqa.indexing.generations import open_previous
from briefqa.indexing.integrity import read_manifest
from briefqa.protocols import Embedder

if TYPE_CHECKING:
    from briefqa.answering import Calibration
    from briefqa.assembly.calibration_file import KeptCalibration

__all__ = ["FollowedIndex", "OpenIndex", "Opened", "follow_index", "open_texts"]

_log = logging.getLogger(__name__)


class OpenIndex:
    """The newest generation of an index that can be opened; safe to use from several threads."""

    def __init__(self, index: Path, *, embedder: str | None = None) -> None:
        """Open the index.

        Args:
            index: The index folder.
            embedder: The model expected, as a setting names it; unset takes the index's own.

        Raises:
            IndexFileError: If there is no index, or it cannot be used.
            BackendError: If the model cannot be loaded.
        """
        self._index = index
        self._configured = embedder
        self._swap = threading.Lock()
        self._trouble: str | None = None
        self._stamp: tuple[int, ...] | None = None
        self._opened = self._open(None)

    @property
    def folder(self) -> Path:
        """The index folder."""
        return self._index

    @property
    def degraded(self) -> str | None:
        """Why an older generation is in use, if one is."""
        generation = self.current().generation
        return self._trouble or generation.degraded

    def current(self) -> Opened:
        """Return what serves now, after a look at whether something newer was published.

        What is open goes on serving if that cannot be opened. Once a question has come upon
        damage, the generation before serves, if there is one.
        """
        if self._opened.generation.damage is not None:
            self._fall_back()
        stamp = stamp_of_current(self._index)
        if stamp is not None and stamp == self._stamp and self._trouble is None:
            return self._opened
        try:
            if read_current(self._index) != self._opened.current:
                with self._swap:
                    if read_current(self._index) != self._opened.current:
                        self._opened = self._open(self._opened)
            # Taken before the file was read: what comes after it is seen the next time.
            self._trouble, self._stamp = None, stamp
        except (IndexFileError, BackendError) as error:
            if self._trouble is None:
                _log.warning("still serving %s: %s", self._opened.generation.ref.generation, error)
            self._trouble = str(error)
        return self._opened

    def calibration(self, opened: Opened) -> "Calibration":
        """Return what turns evidence into a probability: the index's own, or the shipped one."""
        return self._calibration.current(opened.embedder.model_id)

    @cached_property
    def _calibration(self) -> "KeptCalibration":
        # Imported with all that answers, which may be under way while the index is opened.
        from briefqa.assembly.calibration_file import KeptCalibration  # noqa: PLC0415

        return KeptCalibration(self._index)

    def close(self) -> None:
        """Release the index's files."""
        self._opened.generation.close()

    def _fall_back(self) -> None:
        with self._swap:
            opened = self._opened
            damage = opened.generation.damage
            if damage is None or opened.generation.ref != opened.current.serving:
                return
            try:
                before = open_previous(self._index, opened.current, damage, backends_with(None))
            except IndexFileError:
                # Then each question says so for itself, if it needs what is damaged.
                return
            if before.manifest.model_id == opened.embedder.model_id:
                self._opened = Opened(opened.current, before, opened.embedder)

    def _open(self, before: Opened | None) -> Opened:
        current = read_current(self._index)
        if before is not None:
            generation = open_texts(self._index)
            is_same = before.embedder.model_id == generation.manifest.model_id
            embedder = before.embedder if is_same else self._load(generation.manifest.model_id)
            # A question may hold words of what is deleted now.
            return Opened(current, generation, remembering(embedder))
        with ThreadPoolExecutor(1) as loading:
            expected = self._model_of(current.serving)
            loaded = loading.submit(self._load, expected) if expected is not None else None
            generation = open_texts(self._index)
            # What searches and answers is slow to import too, and two threads that import only
            # take turns: by now the other one reads the model, for which it needs no turn.
            import briefqa.answering  # noqa: PLC0415
            import briefqa.backends.faiss.lists  # noqa: F401, PLC0415

            model_id = generation.manifest.model_id
            is_it = loaded is not None and model_id == expected
            embedder = loaded.result() if loaded and is_it else self._load(model_id)
        return Opened(current, generation, remembering(embedder))

    def _model_of(self, ref: GenerationRef) -> str | None:
        """Return the id of the model that made a generation; None if it does not say."""
        try:
            return read_manifest(self._index, ref).model_id
        except IndexFileError:
            return None

    def _load(self, model_id: str) -> Embedder:
        models = self._index / MODELS_FOLDER
        return embedder_for_questions(model_id, models, configured=self._configured)


def follow_index(
    index: Path | str | FollowedIndex, *, embedder: str | None = None
) -> FollowedIndex:
    """Open an index in a folder, or at an address in Milvus; one that is open stays as it is.

    Arguments and errors are as those of `OpenIndex`; BackendError also if a store cannot be
    reached, and SettingsError if its address cannot be understood.
    """
    if not isinstance(index, (Path, str)):
        return index
    address = milvus_address(index)
    if address is not None:
        # Slow to import, and few need it.
        from briefqa.assembly.milvus.opening import MilvusIndex  # noqa: PLC0415

        return MilvusIndex(address, embedder=embedder)
    return OpenIndex(Path(index), embedder=embedder)


def open_texts(index: Path | str) -> Generation:
    """Open an index without its model: to read documents and check receipts, not to ask.

    Raises:
        IndexFileError: If there is no index, or it cannot be used.
        BackendError: If it lies in a store that cannot be reached.
    """
    address = milvus_address(index)
    if address is not None:
        from briefqa.assembly.milvus.generations import connect, open_serving  # noqa: PLC0415

        return open_serving(connect(address))
    return open_generation(Path(index), backends_with(None))
