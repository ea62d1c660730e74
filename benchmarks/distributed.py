"""Builds an index on this machine and on a Ray cluster, and asks both the same questions.

Prints how long each took, by stage, whether vectors and tokens are the same to the last byte,
and what differs between the answers. Without an address a cluster of two machines is started
here, each with half of the cores: what it takes longer is what sending costs.

    python benchmarks/distributed.py SET [--ray ADDRESS] [--questions 100]
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from milvus import compared

from briefqa.assembly.building import build_index
from briefqa.assembly.embedders import DEFAULT_EMBEDDER, embedder_for_indexing
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.service import open_index
from briefqa.evaluation.loading import load_dataset
from briefqa.indexing import read_current
from briefqa.machine import available_cores
from briefqa.protocols import Progress

_MACHINES = 2
_STORE_BYTES = 300 * 2**20


class Stages:
    """How long each stage took, in seconds, and who was at it."""

    def __init__(self) -> None:
        """Begin."""
        self.seconds: dict[str, float] = {}
        self.by = ""
        self._since = time.perf_counter()

    def __call__(self, progress: Progress) -> None:
        """Take note of what is told."""
        now = time.perf_counter()
        self.seconds[progress.stage] = self.seconds.get(progress.stage, 0.0) + now - self._since
        self._since = now
        self.by = progress.by or self.by


def main() -> int:
    """Build twice, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, help="a question set with its documents")
    parser.add_argument("--ray", metavar="ADDRESS", help="a cluster; by default one is started")
    parser.add_argument("--questions", type=int, default=100)
    arguments = parser.parse_args()
    dataset = load_dataset(arguments.dataset)
    if dataset.corpus is None:
        parser.error(f"{arguments.dataset} holds no documents")
    queries = [query for query in dataset.queries if query.relevant][: arguments.questions]
    with tempfile.TemporaryDirectory() as scratch, _cluster(arguments.ray) as address:
        sources, here, there = (Path(scratch, name) for name in ("sources", "here", "there"))
        sources.mkdir()
        shutil.copy(dataset.corpus, sources)
        embedder_for_indexing(DEFAULT_EMBEDDER, here / MODELS_FOLDER)
        shutil.copytree(here / MODELS_FOLDER, there / MODELS_FOLDER)
        rows: dict[str, object] = {}
        for name, index, ray in (("this machine", here, None), ("cluster", there, address)):
            stages = Stages()
            report = build_index(
                sources, index, embedder=DEFAULT_EMBEDDER, ray=ray, on_progress=stages
            )
            rows[f"{name}: chunks"] = report.chunks
            for stage, seconds in stages.seconds.items():
                rows[f"{name}: {stage}, s"] = round(seconds, 1)
        rows["built by"] = stages.by
        rows["same vectors and tokens"] = _bytes_of(here) == _bytes_of(there)
        with open_index(here) as local, open_index(there) as other:
            rows |= compared(queries, local, other, "cluster")
    for name, value in rows.items():
        sys.stdout.write(f"{name:32}{value}\n")
    return 0


@contextlib.contextmanager
def _cluster(address: str | None) -> Iterator[str]:
    if address is not None:
        yield address
        return
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray import cluster_utils  # noqa: PLC0415 - slow to import

    started = cluster_utils.Cluster()
    try:
        for _ in range(_MACHINES):
            started.add_node(
                num_cpus=max(1, available_cores() // _MACHINES),
                object_store_memory=_STORE_BYTES,
                include_dashboard=False,
            )
        yield str(started.address)
    finally:
        started.shutdown()


def _bytes_of(index: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of vectors and tokens that serves."""
    folder = read_current(index).serving.folder(index)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.parent.name in {"vectors", "tokens"}
    }


if __name__ == "__main__":
    raise SystemExit(main())
