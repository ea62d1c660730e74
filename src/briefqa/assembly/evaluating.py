"""Runs a question set over an index or a server, and keeps what came of it in a folder."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from briefqa.assembly.askers import GenerationAsker, ServerAsker
from briefqa.assembly.building import build_index
from briefqa.assembly.embedders import DEFAULT_EMBEDDER
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.opening import follow_index
from briefqa.assembly.rerankers import reranker_for_questions
from briefqa.chunking import ChunkingOptions
from briefqa.datatypes import JsonValue
from briefqa.documents import ReadingOptions
from briefqa.errors import DatasetError
from briefqa.evaluation.datasets import Dataset
from briefqa.evaluation.folders import PartialRun, write_run
from briefqa.evaluation.running import Asker, RunOptions, run_queries
from briefqa.evaluation.runs import QuestionRecord, Run
from briefqa.evaluation.summary import summarise
from briefqa.indexing.rewriting import SyncReport
from briefqa.protocols import ProgressListener
from briefqa.retrieval import DEFAULT_RERANK_TOP

Facts = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Target:
    """What a run asks, and what is known of it: ``index`` in ``run.json``."""

    asker: Asker
    about: Facts


@contextmanager
def index_as_target(
    index: Path | str,
    *,
    embedder: str | None = None,
    reranker: str | None = None,
    rerank_top: int = DEFAULT_RERANK_TOP,
    on_progress: ProgressListener | None = None,
) -> Iterator[Target]:
    """Open ``index`` to be asked; the generation stays the same to the end.

    Raises:
        IndexFileError: If there is no index, or it cannot be used.
        BackendError: If a model cannot be loaded.
    """
    with closing(follow_index(index, embedder=embedder)) as followed:
        opened = followed.current()
        manifest = opened.generation.manifest
        models = followed.folder / MODELS_FOLDER
        calibration = followed.calibration(opened)
        asker = GenerationAsker(
            opened.generation,
            opened.embedder,
            reranker=reranker_for_questions(reranker, models, on_progress=on_progress)
            if reranker
            else None,
            rerank_top=rerank_top,
            calibration=calibration,
        )
        about: dict[str, JsonValue] = {
            "folder": str(index),
            "generation": manifest.generation,
            "documents": manifest.documents,
            "chunks": manifest.chunks,
            "embedder": manifest.model_id,
            "chunking": dict(manifest.recipe.chunking),
            "reranker": reranker or None,
            "rerank_top": rerank_top if reranker else None,
            "calibration": calibration.fingerprint,
        }
        yield Target(asker, about)


@contextmanager
def server_as_target(url: str, *, key: str | None = None) -> Iterator[Target]:
    """Connect to the server at ``url``, which may ask for ``key``.

    Raises:
        UsageError: If ``url`` is no HTTP address, or ``key`` cannot be sent.
        BackendError: If it cannot be reached, or is no briefqa server.
    """
    from briefqa.backends.http_client import HttpClient  # noqa: PLC0415 - only this needs HTTP

    with HttpClient(url, key=key) as client:
        ready = client.get("/ready")
        kept = ("generation", "documents", "chunks", "embedder")
        about = {"url": url, **{name: ready.get(name) for name in kept}}
        yield Target(ServerAsker(client), about)


def index_corpus(  # noqa: PLR0913 - all but two are options
    dataset: Dataset,
    index: Path,
    *,
    embedder: str | None = None,
    chunking: ChunkingOptions | None = None,
    reading: ReadingOptions | None = None,
    on_progress: ProgressListener | None = None,
) -> SyncReport:
    """Bring ``index`` in step with the documents of ``dataset``, and with nothing beside them.

    Raises:
        DatasetError: If the set has no documents.
        IndexLockedError: If another process is writing.
        BackendError: If the model cannot be loaded.
    """
    if dataset.corpus is None:
        raise DatasetError(dataset.path, "has no corpus.jsonl, and so nothing to index")
    with _folder_of_documents(dataset.corpus) as folder:
        return build_index(
            folder,
            index,
            # The index's own would be that of whoever came first.
            embedder=embedder or DEFAULT_EMBEDDER,
            chunking=chunking,
            reading=reading,
            on_progress=on_progress,
        )


@contextmanager
def _folder_of_documents(corpus: Path) -> Iterator[Path]:
    """Give a folder that holds ``corpus``, a folder or a file, and nothing else."""
    if corpus.is_dir():
        yield corpus
        return
    with tempfile.TemporaryDirectory() as scratch:
        try:
            os.link(corpus, Path(scratch, corpus.name))
        except OSError:
            # Another file system, or a file of another user.
            shutil.copy2(corpus, scratch)
        yield Path(scratch)


def run_dataset(  # noqa: PLR0913 - what to ask, whom, how, and where to keep it
    dataset: Dataset,
    target: Target,
    output: Path,
    *,
    name: str,
    options: RunOptions,
    limit: int | None = None,
    on_progress: ProgressListener | None = None,
) -> Run:
    """Ask every question of ``dataset``, measure, and keep the run in ``output``.

    An attempt that was cut short is taken up where it ended, if set, index, options and
    program are the same.

    Args:
        dataset: What to ask.
        target: Whom to ask.
        output: The folder of the run; a run that is there is replaced once this one is whole.
        name: What the run is called.
        options: How to ask.
        limit: Ask only so many questions, the first ones.
        on_progress: Told of stage ``asking``.

    Raises:
        DatasetError: If the documents of the set cannot be read.
        BackendError: If there is nothing to ask any more.
        OSError: If the disk refuses.
    """
    began, started = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    if limit is not None:
        dataset = replace(dataset, queries=dataset.queries[:limit])
    stated = _stated(dataset, target, options, limit)
    with PartialRun(output, stated) as partial:
        resumed = sum(record.failed is None for record in partial.known.values())
        records = run_queries(
            dataset,
            target.asker,
            options=options,
            known=partial.known,
            keep=partial.keep,
            on_progress=on_progress,
        )
    seconds = round(time.perf_counter() - began, 3)
    counts = {**_counts(records), "resumed": resumed}
    about = {**stated, "started": started, "seconds": seconds, "counts": counts}
    run = Run(name, about, tuple(records), summarise(records))
    write_run(output, run)
    return run


def _stated(
    dataset: Dataset, target: Target, options: RunOptions, limit: int | None
) -> dict[str, JsonValue]:
    """Return all that the records of a run depend on."""
    return {
        "dataset": {
            "name": dataset.name,
            "path": str(dataset.path),
            "sha256": dataset.sha256,
            "queries": len(dataset.queries),
            "limit": limit,
        },
        "index": dict(target.about),
        "settings": asdict(options),
        "version": version("briefqa"),
        "commit": _commit(),
    }


def _counts(records: Sequence[QuestionRecord]) -> dict[str, JsonValue]:
    return {
        "questions": len(records),
        "failed": sum(record.failed is not None for record in records),
        "answered": sum(r.answer is not None and r.answer.answered for r in records),
        "with_problems": sum(bool(record.problems) for record in records),
    }


def _commit() -> str | None:
    """Return the commit of the checkout that this program runs from, if it runs from one."""
    root = Path(__file__).parents[3]
    try:
        head = (root / ".git" / "HEAD").read_text(encoding="utf-8").strip()
        if not (root / "src" / "briefqa").is_dir():
            return None
        if not head.startswith("ref: "):
            return head
        return (root / ".git" / head.removeprefix("ref: ")).read_text(encoding="utf-8").strip()
    except OSError:
        # No checkout, or one that has packed its references away.
        return None
