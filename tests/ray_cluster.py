"""A Ray cluster of two machines, both of them on this one, and an index built on it."""

import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from briefqa.indexing import read_current

_STORE_BYTES = 250 * 2**20
"""The real model takes 90 MB of it."""


@dataclass(frozen=True, slots=True)
class TestCluster:
    """A cluster, and where its workers write down what they embed."""

    __test__ = False

    ray: Any  # Ray's own class for tests
    log: Path
    plugins: Path
    cache: Path
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where its head is."""
        return str(self.ray.address)

    def batches(self) -> list[dict[str, Any]]:
        """Return what was embedded since the log was last cleared, batch by batch."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    @contextmanager
    def machine(self, **environment: str) -> Iterator[Any]:
        """Add a machine that has other variables in its environment, until the block ends."""
        with _variables({**self.environment, **environment}):
            added = self.ray.add_node(num_cpus=1, object_store_memory=_STORE_BYTES)
        try:
            yield added
        finally:
            if added in self.ray.list_all_nodes():
                self.ray.remove_node(added, allow_graceful=False)


@contextmanager
def ray_cluster(place: Path, *, machines: int = 2, batch_s: float = 0.15) -> Iterator[TestCluster]:
    """Start a cluster that knows the slow embedder, and stop it when the block ends."""
    # Tests of the log run in this process too, and Ray adds a field to each of its records.
    made_by = logging.getLogRecordFactory()
    from ray import cluster_utils  # noqa: PLC0415 - an extra

    logging.setLogRecordFactory(made_by)
    plugins, log, cache = place / "plugins", place / "batches.jsonl", place / "cache"
    write_plugin(plugins)
    added = {
        "PYTHONPATH": os.pathsep.join([str(plugins), os.environ.get("PYTHONPATH", "")]),
        "SLOW_EMBEDDER_S": str(batch_s),
        "SLOW_EMBEDDER_LOG": str(log),
        "XDG_CACHE_HOME": str(cache),
        "RAY_USAGE_STATS_ENABLED": "0",
        # On two cores that run other tests as well.
        "RAY_gcs_server_port_wait_time_s": "100",
    }
    with _variables(added):
        try:
            cluster = _started(cluster_utils.Cluster, machines)
        except Exception:  # noqa: BLE001 - the library raises no other
            # On a busy machine it gives up after half a minute, and does not the next time.
            cluster = _started(cluster_utils.Cluster, machines)
    try:
        yield TestCluster(cluster, log, plugins, cache, added)
    finally:
        cluster.shutdown()


def _started(make: Any, machines: int) -> Any:  # noqa: ANN401 - Ray's own class for tests
    cluster = make()
    try:
        for _ in range(machines):
            cluster.add_node(num_cpus=1, object_store_memory=_STORE_BYTES, include_dashboard=False)
    except BaseException:
        cluster.shutdown()
        raise
    return cluster


def write_plugin(folder: Path) -> None:
    """Make the slow embedder a plug-in of whoever has ``folder`` in its path."""
    metadata = folder / "slow_embedder-1.dist-info"
    metadata.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("slow_embedder.py"), folder)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-embedder\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[briefqa.embedders]\nslow = slow_embedder\n")


@contextmanager
def _variables(added: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(added)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def start_index(
    sources: Path, index: Path, cluster: TestCluster, *options: str
) -> subprocess.Popen[str]:
    """Start ``briefqa index --ray`` in a process of its own."""
    path = os.pathsep.join([str(cluster.plugins), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [
            sys.executable, "-m", "briefqa", "index", sources, "--index", index,
            "--ray", cluster.address, *options,
        ],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def contents(index: Path) -> dict[str, object]:
    """Return all that an index says, to the last byte, but how its words are filed."""
    folder = read_current(index).serving.folder(index)
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as catalogue:
        tables = [
            name
            for (name,) in catalogue.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        rows = {
            table: sorted(map(repr, catalogue.execute(f'SELECT * FROM "{table}"')))  # noqa: S608
            for table in tables
        }
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and {path.name, path.parent.name} & {"vectors", "tokens", "texts.bin"}
    }
    return {"generation": folder.name, "catalogue": rows, **files}
