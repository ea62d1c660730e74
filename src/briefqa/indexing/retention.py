"""The generations that an index keeps: lists them, goes back to one, lets go of the rest."""

from dataclasses import dataclass
from pathlib import Path

from briefqa.errors import IndexDamagedError, IndexWriteError, NoGenerationError
from briefqa.indexing.current import Current, GenerationRef, read_current
from briefqa.indexing.durable import fsync_folder
from briefqa.indexing.integrity import damaged_files, read_manifest
from briefqa.indexing.publishing import only_writer, replace, sweep, write_errors
from briefqa.indexing.sources import UPLOADS


@dataclass(frozen=True, slots=True)
class KeptGeneration:
    """A generation on the disk.

    ``problem`` says what is wrong with its files, if anything; ``documents``,
    ``chunks`` and ``size``, in bytes, are None if its manifest cannot be read.
    """

    generation: str
    is_serving: bool
    documents: int | None
    chunks: int | None
    size: int | None
    problem: str | None


def list_generations(index: Path) -> list[KeptGeneration]:
    """Return the generations of ``index``, the one that serves first; every file is checked.

    Raises:
        IndexMissingError: If there is no index.
        IndexFormatError: If it has a format of another version.
        IndexDamagedError: If CURRENT cannot be read.
    """
    current = read_current(index)
    return [_described(index, ref, is_serving=ref == current.serving) for ref in current.kept]


def roll_back(index: Path, generation: str | None = None) -> str:
    """Let the generation before serve again, and keep the one that served in its place.

    Documents stay as they are on the disk, so the next `briefqa index` goes forward again.

    Args:
        index: The index folder.
        generation: The one to go back to; by default the one before.

    Returns:
        The generation that serves now.

    Raises:
        NoGenerationError: If there is no such generation.
        IndexDamagedError: If it is not whole.
        IndexLockedError: If another process is writing.
        IndexWriteError: If the disk refuses.
    """
    with only_writer(index):
        current = read_current(index)
        kept = [ref.generation for ref in current.kept]
        wanted = generation if generation is not None else kept[-1]
        if wanted == current.serving.generation and generation is not None:
            return wanted
        previous = current.previous
        if previous is None or previous.generation != wanted:
            raise NoGenerationError(generation, kept=kept)
        problem = _described(index, previous, is_serving=False).problem
        if problem is not None:
            raise IndexDamagedError(previous.folder(index), problem)
        replace(index, Current(previous, current.serving, current.sources))
    return wanted


def collect_garbage(index: Path) -> list[str]:
    """Remove every generation but the one that serves; return which are gone.

    What is gone does not come back when the power fails.

    Raises:
        IndexDamagedError: If the one that serves is not whole: the one before is needed.
        IndexLockedError: If another process is writing.
        IndexWriteError: If the disk refuses, or keeps a part of what was to go.
    """
    with only_writer(index):
        current = read_current(index)
        problem = _described(index, current.serving, is_serving=True).problem
        if problem is not None:
            raise IndexDamagedError(current.serving.folder(index), problem)
        if current.previous is not None:
            replace(index, Current(current.serving, None, current.sources))
        if left := sweep(index):
            raise IndexWriteError(index, f"{left[0].name} cannot be removed")
        with write_errors(index):
            # Or a power cut would bring back what was removed, now or before this process
            # was killed the last time.
            for folder in (index, index / "generations", index / UPLOADS):
                if folder.is_dir():
                    fsync_folder(folder)
    return [current.previous.generation] if current.previous is not None else []


def _described(index: Path, ref: GenerationRef, *, is_serving: bool) -> KeptGeneration:
    try:
        manifest = read_manifest(index, ref)
    except IndexDamagedError as error:
        detail = f"its manifest {error.detail}"
        return KeptGeneration(ref.generation, is_serving, None, None, None, detail)
    damage = damaged_files(index, ref, manifest.files)
    return KeptGeneration(
        ref.generation,
        is_serving,
        manifest.documents,
        manifest.chunks,
        sum(entry.size for entry in manifest.files.values()),
        f"{damage[0].path} {damage[0].detail}" if damage else None,
    )
