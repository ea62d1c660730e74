"""A connection to a Ray cluster that is running."""

import contextlib
import logging
import os
import signal
import socket
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TypeAlias
from urllib.parse import urlsplit

from briefqa.errors import BackendError, ClusterError, SettingsError

ANY_CLUSTER = "auto"
"""In place of an address: the cluster that this machine belongs to."""

_INSTALL = "install it: python -m pip install 'briefqa[ray]'"
_CONNECT = (
    "start one with `ray start --head`, add machines with `ray start --address HOST:PORT`, "
    "and run this on one of them, or give ray://HOST:10001 to reach it from outside"
)
_ANSWER_S = 10.0
_JOIN_S = 60.0
_BETWEEN_CHECKS_S = 2.0
_CHECKS = 10
"""How often in a row the head may not answer: Ray ends this process after a minute of that."""

Place: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that this process is connected to.

    ``address`` is what a user gave, ``head`` where the process listens that knows all
    machines, and ``cores`` how many cores they offer in all. ``is_lost`` is set once the
    head has not answered for 20 seconds.
    """

    address: str
    ray: ModuleType
    head: Place
    cores: int
    is_lost: threading.Event

    def has_head(self) -> bool:
        """Say whether the head answers: calls that need it wait for it, out of anyone's reach."""
        return _answers(self.head, _BETWEEN_CHECKS_S)

    def error(self, detail: str) -> ClusterError:
        """Return an error of this cluster."""
        return ClusterError(self.address, detail)


@contextlib.contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to the cluster at ``address`` until the block ends.

    A connection that this process has already is used, and left.

    Args:
        address: ``HOST:PORT`` of its head, ``ray://HOST:PORT`` of its server for clients, or
            ``auto`` for the one that this machine belongs to.

    Raises:
        SettingsError: If ``address`` is none.
        BackendError: If Ray is not installed.
        ClusterError: If the cluster does not answer, offers no core or will not have this machine.
    """
    ray = _library()
    is_ours = not ray.is_initialized()
    if is_ours:
        _join(ray, address)
    try:
        cores = int(ray.cluster_resources().get("CPU", 0))
        if not cores:
            raise ClusterError(address, "it offers no core; start machines with --num-cpus")
        head = _place_of(address) or _place(ray.get_runtime_context().gcs_address)
        cluster = Cluster(address, ray, head, cores, threading.Event())
        with _watched(cluster):
            yield cluster
    finally:
        if is_ours:
            ray.shutdown()


def _library() -> ModuleType:
    # Read when the library is imported: it would tell its makers how it is used.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # A call that comes too late would start a cluster of its own.
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"
    # The library adds a field of its own to each record of the log, for its own use.
    made_by = logging.getLogRecordFactory()
    try:
        import ray  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        msg = f"ray is not installed; {_INSTALL}"
        raise BackendError(msg) from error
    logging.setLogRecordFactory(made_by)
    # What goes wrong is raised, and said once.
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    library: ModuleType = ray
    return library


def _join(ray: ModuleType, address: str) -> None:
    place = _place_of(address)
    if place is not None and not _answers(place, _ANSWER_S):
        raise ClusterError(address, f"nothing answers there; {_CONNECT}")
    failures: list[Exception] = []

    def join() -> None:
        try:
            ray.init(address=address, log_to_driver=False, configure_logging=False)
        except Exception as error:  # noqa: BLE001 - raised below, whatever the library makes of it
            failures.append(error)

    # In a thread, for the library itself waits for minutes, and takes over signals elsewhere.
    joining = threading.Thread(target=join, name="briefqa-joining", daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joining.start()
        joining.join(_JOIN_S)
    if threading.current_thread() is threading.main_thread():
        # What the library has put in its place prints where each thread was.
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
    if joining.is_alive():
        raise ClusterError(address, f"no cluster answers there within a minute; {_CONNECT}")
    if failures:
        detail = str(failures[0]).strip().partition("\n")[0].rstrip(".")
        raise ClusterError(address, f"cannot be joined ({detail}); {_CONNECT}") from failures[0]


def _place_of(address: str) -> Place | None:
    """Return where an address leads; None for one that names no host."""
    if address == ANY_CLUSTER:
        return None
    try:
        return _place(address.removeprefix("ray://"))
    except ValueError as error:
        msg = (
            f"{address!r} is no address of a Ray cluster; give HOST:PORT, ray://HOST:PORT or "
            f"{ANY_CLUSTER}"
        )
        raise SettingsError(msg) from error


def _place(address: str) -> Place:
    parts = urlsplit(f"//{address}")
    if not parts.hostname or parts.port is None:
        raise ValueError(address)
    return parts.hostname, parts.port


def _answers(place: Place, timeout_s: float) -> bool:
    try:
        socket.create_connection(place, timeout_s).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _watched(cluster: Cluster) -> Iterator[None]:
    """Notice that the head is gone, before Ray ends this process for it."""
    is_over = threading.Event()

    def watch() -> None:
        missed = 0
        while missed < _CHECKS and not is_over.wait(_BETWEEN_CHECKS_S):
            missed = 0 if cluster.has_head() else missed + 1
        if missed == _CHECKS:
            cluster.is_lost.set()

    watching = threading.Thread(target=watch, name="briefqa-watching", daemon=True)
    watching.start()
    try:
        yield
    finally:
        is_over.set()
        watching.join()
