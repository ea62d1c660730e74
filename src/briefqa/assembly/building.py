"""A folder of documents becomes an index, or an index is brought in step with it.

Apart from `briefqa.assembly.service`, because readers and chunking take time
to import that a question need not wait for. Nor does the model: it is on its way
before `briefqa.assembly.syncing` is imported.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.assembly.crews import Crew, crew_here
from briefqa.assembly.embedders import DEFAULT_EMBEDDER, embedder_for_indexing
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.places import require_folder
from briefqa.documents import ReadingOptions
from briefqa.errors import IndexFileError, MissingFolderError, UsageError
from briefqa.indexing.current import read_current, stamp_of_current
from briefqa.indexing.integrity import read_manifest
from briefqa.indexing.manifest import DEFAULT_RECALL
from briefqa.indexing.sources import Root, roots_of
from briefqa.machine import give_back_large_blocks, rare_collections
from briefqa.protocols import Embedder, ProgressListener

if TYPE_CHECKING:
    from briefqa.assembly.gating import Gate
    from briefqa.chunking import ChunkingOptions
    from briefqa.indexing.publishing import Judge
    from briefqa.indexing.rewriting import SyncReport


def build_index(  # noqa: PLR0913 - all but two are options
    folders: Sequence[Path | str] | Path | str | None = None,
    index: Path | str = "index",
    *,
    embedder: str | None = None,
    chunking: "ChunkingOptions | None" = None,
    reading: ReadingOptions | None = None,
    recall: float = DEFAULT_RECALL,
    gpu: bool = False,
    restored: Sequence[str] = (),
    allow_empty: bool = False,
    gate: "Gate | None" = None,
    ray: str | None = None,
    on_progress: ProgressListener | None = None,
) -> "SyncReport":
    """Bring ``index`` in step with the documents of ``folders``.

    Args:
        folders: One folder or several, by path or ``NAME=PATH``; unset takes those of last time.
        index: The index folder.
        embedder: The embedding model, as a setting names it; unset takes the index's own.
        chunking: How documents are cut.
        reading: How files are read.
        recall: Share of the ten nearest vectors that a search of a large index is to find.
        gpu: Have a GPU embed passages.
        restored: Ids of documents that were removed from the index and may come back.
        allow_empty: Accept a folder that holds nothing.
        gate: The questions on which the index must not get worse.
        ray: Address of a Ray cluster that is to read and embed, as ``ray.init`` takes it.
        on_progress: Told how far the work has come.

    Raises:
        MissingFolderError, SourceNameError: If there is no such folder, or two of one name.
        NoDocumentsError: If a folder holds nothing that can be read, unless ``allow_empty``.
        IndexFileError: If there is no index to tell the folders, or another process is writing.
        BackendError: If model, GPU or cluster cannot be used as is wished, or are gone.
        DatasetError, GateError: If the questions of ``gate`` cannot be read, or less is found.
    """
    index = require_folder(index)
    judge = _judge(gate, index, on_progress) if gate is not None else None
    roots = roots_to_index(folders, index)
    if stamp_of_current(index) is None or ray is not None:
        # Model or cluster are waited for, which takes long enough to be annoying in vain.
        _require_files(roots, index, allow_empty=allow_empty)
    options = reading or ReadingOptions()
    with _crew(embedder, index, options, gpu=gpu, ray=ray, on_progress=on_progress) as crew:
        with rare_collections(all_stays=False):
            from briefqa.assembly.syncing import sync_by  # noqa: PLC0415 - slow to import

        return sync_by(
            crew,
            roots if folders is not None else None,
            index,
            chunking=chunking,
            options=options,
            recall=recall,
            restored=restored,
            allow_empty=allow_empty,
            judge=judge,
        )


def _require_files(roots: Sequence[Root], index: Path, *, allow_empty: bool) -> None:
    from briefqa.indexing.sync import files_to_index  # noqa: PLC0415 - slow to import

    files_to_index(roots, index, allow_empty=allow_empty)


def _judge(gate: "Gate", index: Path, on_progress: ProgressListener | None) -> "Judge":
    # All that answers comes with it, and few builds are judged.
    from briefqa.assembly.gating import judge_for  # noqa: PLC0415

    return judge_for(gate, index, on_progress=on_progress)


@contextmanager
def _loading(load: Callable[[], Embedder], index: Path) -> Iterator[Callable[[], Embedder]]:
    """Load a model in the background while an index that is there is opened."""
    if stamp_of_current(index) is None:
        # Nothing is to be opened, and a folder for a new index is not to be made in vain.
        model = load()
        give_back_large_blocks()
        yield lambda: model
        return
    with ThreadPoolExecutor(1) as loading:
        yield loading.submit(load).result


@contextmanager
def _crew(  # noqa: PLR0913 - what either kind needs
    embedder: str | None,
    index: Path,
    options: ReadingOptions,
    *,
    gpu: bool,
    ray: str | None,
    on_progress: ProgressListener | None,
) -> Iterator[Crew]:
    """Give what reads and embeds, on this machine or on others."""
    if gpu and ray is not None:
        msg = "the workers of a cluster embed on processors; give --gpu or --ray, not both"
        raise UsageError(msg)
    models, built_with = index / MODELS_FOLDER, _model_of(index)
    spec = embedder or (DEFAULT_EMBEDDER if built_with is None else built_with.rpartition("@")[0])
    load = partial(
        embedder_for_indexing, spec, models, built_with=built_with, gpu=gpu, on_progress=on_progress
    )
    with _loading(load, index) as load_embedder:
        if ray is None:
            with crew_here(load_embedder, options, on_progress=on_progress) as crew:
                yield crew
            return
        from briefqa.assembly.ray.crew import crew_of_cluster  # noqa: PLC0415 - few need it

        cluster = crew_of_cluster(
            ray,
            load_embedder(),
            options,
            spec=spec,
            models=models,
            on_progress=on_progress,
        )
        with cluster as crew:
            yield crew


def roots_to_index(
    folders: Sequence[Path | str] | Path | str | None, index: Path | str
) -> tuple[Root, ...]:
    """Return the folders to index under their names: those of the last time for None.

    Raises:
        MissingFolderError: If there is no such folder.
        SourceNameError: If several folders cannot be told apart.
        IndexFileError: If none is given, and there is no index to tell them.
    """
    if folders is None:
        return read_current(require_folder(index)).sources.roots
    roots = roots_of([folders] if isinstance(folders, (str, Path)) else folders)
    for root in roots:
        if not root.folder.is_dir():
            raise MissingFolderError(root.folder)
    return roots


def _model_of(index: Path) -> str | None:
    """Return the id of the model that made ``index``; None if it does not say."""
    try:
        return read_manifest(index, read_current(index).serving).model_id
    except IndexFileError:
        return None
