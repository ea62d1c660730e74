"""A folder of documents becomes an index, or an index is brought in step with it.

Apart from `briefqa.assembly.service`, because readers and chunking take time
to import that a question need not wait for.
"""

from pathlib import Path

from briefqa.assembly.embedders import (
    DEFAULT_EMBEDDER,
    MODELS_FOLDER,
    embedder_for_indexing,
)
from briefqa.backends.faiss import FaissBackend
from briefqa.backends.tantivy import TantivyBackend
from briefqa.chunking import ChunkingOptions
from briefqa.errors import IndexFileError
from briefqa.indexing import read_current
from briefqa.indexing.checks import check_contents, check_files
from briefqa.indexing.integrity import Problem, read_manifest
from briefqa.indexing.sync import SyncReport, files_to_index, sync
from briefqa.protocols import ProgressListener


def build_index(  # noqa: PLR0913 - all but two are options
    folder: Path | str,
    index: Path | str = "index",
    *,
    embedder: str | None = None,
    chunking: ChunkingOptions | None = None,
    allow_empty: bool = False,
    on_progress: ProgressListener | None = None,
) -> SyncReport:
    """Bring ``index`` in step with the documents of ``folder``.

    Without ``embedder``, an index keeps the model it has, and a new one gets
    `DEFAULT_EMBEDDER`.

    Raises:
        MissingFolderError: If there is no such folder.
        NoDocumentsError: If it holds nothing that can be read, unless ``allow_empty``.
        IndexLockedError: If another process is writing.
        BackendError: If the model cannot be loaded.
    """
    folder, index = Path(folder), Path(index)
    # Before the model is loaded, which takes long enough to be annoying in vain.
    files_to_index(folder, index, allow_empty=allow_empty)
    return sync(
        folder,
        index,
        embedder=embedder_for_indexing(
            embedder or _embedder_of(index), index / MODELS_FOLDER, on_progress=on_progress
        ),
        stores=FaissBackend(),
        words=TantivyBackend(),
        chunking=chunking or ChunkingOptions(),
        allow_empty=allow_empty,
        on_progress=on_progress,
    )


def _embedder_of(index: Path) -> str:
    """Return the setting that names the model of ``index``, or the default one."""
    try:
        manifest = read_manifest(index, read_current(index).serving)
    except IndexFileError:
        return DEFAULT_EMBEDDER
    return manifest.model_id.rpartition("@")[0]


def check_index(index: Path | str, *, fast: bool = False) -> list[Problem]:
    """Return what is wrong with an index, by file; empty if nothing is.

    Args:
        index: The index folder.
        fast: Only compare checksums, and do not read what the files say.

    Raises:
        IndexMissingError: If there is no index.
        IndexFormatError: If it has a format of another version.
    """
    folder = Path(index)
    if fast:
        return check_files(folder)
    return check_contents(folder, stores=FaissBackend(), words=TantivyBackend())
