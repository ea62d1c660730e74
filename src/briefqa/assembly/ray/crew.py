"""Brings together the workers of a cluster that read and embed as this machine would."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from threading import Lock

from briefqa.assembly.crews import Crew
from briefqa.assembly.embedders import export_of
from briefqa.assembly.exports import CARD
from briefqa.assembly.ray.embedder import RemoteEmbedder, RemoteTokenEmbedder
from briefqa.assembly.ray.reader import RemoteReader
from briefqa.assembly.ray.worker import Worker as Work
from briefqa.assembly.ray.worker import versions
from briefqa.backends.ray.cluster import Cluster, connected
from briefqa.backends.ray.workers import Worker, Workers
from briefqa.documents import ReadingOptions
from briefqa.documents.isolation.pool import ReaderPool
from briefqa.machine import sha256_of
from briefqa.protocols import Embedder, Progress, ProgressListener, TokenEmbedder

_STAGE = "starting"
_SHARED = {"reading", "embedding"}


@contextmanager
def crew_of_cluster(  # noqa: PLR0913 - what work needs, and where
    address: str,
    embedder: Embedder,
    options: ReadingOptions,
    *,
    spec: str,
    models: Path,
    on_progress: ProgressListener | None,
) -> Iterator[Crew]:
    """Give the workers of a cluster.

    Args:
        address: As `briefqa.backends.ray.cluster.connected` takes it.
        embedder: The model that is at work there too.
        options: How files are read.
        spec: What a setting calls the model.
        models: Folder of the exports: one is sent. A model without is loaded by each machine.
        on_progress: Told of stage ``starting`` (workers); of what is done after that, by whom.

    Raises:
        BackendError: If Ray is not installed.
        ClusterError: If the cluster cannot be reached, or has not the same versions and model.
    """
    with connected(address) as cluster:
        export = export_of(embedder.model_id, models)
        welcome = _Welcome(cluster, embedder.model_id, options, spec, export)
        with Workers(cluster, Work, welcome) as workers:
            tell = on_progress or _ignore
            workers.wait(lambda ready, most: tell(Progress(_STAGE, ready, most)))
            # As many readers as workers; those who wait for one hold a file each.
            start = partial(RemoteReader, workers, options)
            with ReaderPool(options, processes=workers.most, start=start) as readers:
                remote = _remote(embedder, workers)
                yield Crew(
                    readers,
                    lambda: remote,
                    partial(_tell_by, workers, tell),
                    batches_at_once=workers.most,
                )


class _Welcome:
    """Makes a new worker ready, once it is known to be like this machine."""

    def __init__(
        self,
        cluster: Cluster,
        model_id: str,
        options: ReadingOptions,
        spec: str,
        export: Path | None,
    ) -> None:
        self._cluster = cluster
        self._model_id = model_id
        self._options = asdict(options)
        self._spec = spec
        self._export = export
        self._card = None if export is None else sha256_of(export / CARD)
        self._sending = Lock()
        self._sent: object | None = None

    def __call__(self, worker: Worker) -> None:
        """Prepare ``worker``.

        Raises:
            ClusterError: If its machine has other versions, or another model.
            WorkerLostError: If it ends.
        """
        self._require_same(worker, versions(), worker.call("versions"))
        if not worker.call("prepare", self._options, self._spec, self._card):
            worker.call("keep", self._card, self._files())
        if self._card is None:
            found = worker.call("model_id")
            self._require_same(worker, {"embedder": self._model_id}, {"embedder": found})

    def _require_same(
        self, worker: Worker, here: Mapping[str, str], there: Mapping[str, str]
    ) -> None:
        for name, wanted in here.items():
            if (found := there.get(name, "none")) != wanted:
                detail = (
                    f"machine {worker.machine} has {name} {found}, but this one {wanted}; "
                    "install the same versions on all machines"
                )
                raise self._cluster.error(detail)

    def _files(self) -> object:
        """Return the export as the cluster holds it, for any number of machines to fetch."""
        with self._sending:
            if self._sent is None and self._export is not None:
                files = {path.name: path.read_bytes() for path in self._export.iterdir()}
                self._sent = self._cluster.ray.put(files)
            return self._sent


def _remote(embedder: Embedder, workers: Workers) -> RemoteEmbedder:
    if isinstance(embedder, TokenEmbedder):
        return RemoteTokenEmbedder(embedder, workers)
    return RemoteEmbedder(embedder, workers)


def _tell_by(workers: Workers, tell: ProgressListener, progress: Progress) -> None:
    tell(replace(progress, by=str(workers)) if progress.stage in _SHARED else progress)


def _ignore(_: Progress) -> None:
    pass
