"""Copies a generation that is opened, wherever it lies, into a folder."""

from pathlib import Path

from briefqa.errors import IndexFileError
from briefqa.indexing.current import Current, GenerationRef, read_current
from briefqa.indexing.gathering import Gathered
from briefqa.indexing.generations import Backends, Generation
from briefqa.indexing.integrity import damaged_files, read_manifest
from briefqa.indexing.manifest import generation_id
from briefqa.indexing.publishing import (
    only_writer,
    replace,
    staging_area,
    unpublished,
    write_errors,
)
from briefqa.protocols import ProgressListener


def copy_into_folder(
    source: Generation, index: Path, *, backends: Backends, on_progress: ProgressListener
) -> bool:
    """Let the folder ``index`` serve what ``source`` holds; nothing is embedded again.

    What the folder served until then is kept as the generation before.

    Returns:
        Whether anything was copied: not if the folder serves it already.

    Raises:
        IndexLockedError: If another process is writing.
        IndexWriteError: If the disk refuses; the folder then serves what it did.
    """
    with only_writer(index):
        serving = _serving(index)
        if serving is not None and serving.generation == source.ref.generation:
            return False
        recipe = source.manifest.recipe
        with staging_area(index, recipe) as nothing:
            with write_errors(index):
                gathered = Gathered(nothing.fingerprints, source.catalogue.files())
                for fingerprint in source.catalogue.fingerprints():
                    gathered.add(fingerprint, is_read=False)
                generation = generation_id(recipe, gathered.fingerprints)
            with unpublished(
                index,
                generation,
                recipe,
                gathered,
                nothing,
                base=source,
                backends=backends,
                on_progress=on_progress,
            ) as (ref, _):
                replace(index, Current(ref, serving, source.sources))
    return True


def _serving(index: Path) -> GenerationRef | None:
    """Return the generation that ``index`` serves, if it is whole."""
    try:
        ref = read_current(index).serving
        is_damaged = damaged_files(index, ref, read_manifest(index, ref).files)
    except IndexFileError:
        return None
    return None if is_damaged else ref
