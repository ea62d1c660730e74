"""Workers on all cores of a cluster, and others in the place of those that end."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Condition, Thread, current_thread
from typing import Any, Self

from briefqa.backends.ray.cluster import Cluster
from briefqa.errors import BriefqaError

_START_S = 60.0
"""How long the first worker may take; a cluster whose cores are all busy has none to give."""

_OTHERS_S = 10.0
"""How much longer the others are waited for; those that come later join in."""

_END_S = 5.0
_MOST_FAILED_STARTS = 3
_BETWEEN_LOOKS_S = 1.0


class WorkerLostError(Exception):
    """The worker ended, or its machine did, before it had done what it was asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """One worker, on one core of a machine, which does one thing at a time.

    ``machine`` is the name of that, and ``machine_id`` what Ray tells it by.
    """

    cluster: Cluster
    actor: Any  # Ray makes its class as the program runs
    machine: str = "one of its machines"
    machine_id: str = ""

    def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - what the method gives
        """Return what ``method`` of the worker's object gives.

        Raises:
            WorkerLostError: If the worker ends before.
            ClusterError: If the method fails, or the cluster is lost.
        """
        ray, exceptions = self.cluster.ray, self.cluster.ray.exceptions
        try:
            reference = getattr(self.actor, method).remote(*arguments)
            while not ray.wait([reference], timeout=_BETWEEN_LOOKS_S)[0]:
                if self.cluster.is_lost.is_set():
                    raise self.cluster.error(_LOST)
            return ray.get(reference)
        except ConnectionError as error:  # The server for clients is gone.
            raise self.cluster.error(_LOST) from error
        except exceptions.RayError as error:
            if self.cluster.is_lost.is_set():
                raise self.cluster.error(_LOST) from error
            # The second is the first, where what was raised there cannot be made anew here.
            if isinstance(error, (exceptions.RayTaskError, exceptions.RaySystemError)):
                detail = f"a worker on {self.machine} failed: {_reason(error)}"
                raise self.cluster.error(detail) from error
            raise WorkerLostError(_reason(error)) from error

    def end(self) -> Thread:
        """End it, whatever it is doing; the thread given does so."""

        def kill() -> None:
            # Without its head a cluster ends by itself, and this call would not.
            if self.cluster.has_head():
                with suppress(Exception):
                    self.cluster.ray.kill(self.actor)

        thread = Thread(target=kill, name="briefqa-ending", daemon=True)
        thread.start()
        return thread


_LOST = (
    "its head does not answer any more; start the cluster again and repeat the command, "
    "which goes on where it was"
)


class Workers:
    """A worker for each core of a cluster; use it as a context manager, from any thread.

    One that ends is replaced by another, on whichever machine has a core to give.

    Args:
        cluster: Where they work.
        kind: The class of what each of them has an object of; it is made without arguments,
            importable on every machine, and its method ``machine`` gives the machine's name
            and what Ray tells it by.
        welcome: Prepares a new worker; an error that it raises is raised wherever one is
            waited for, unless it is that the worker was lost.
    """

    def __init__(self, cluster: Cluster, kind: type, welcome: Callable[[Worker], None]) -> None:
        self.cluster = cluster
        self.most = cluster.cores
        self._class = cluster.ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(
            kind
        )
        self._welcome = welcome
        # All that follows is guarded by this.
        self._changed = Condition()
        self._all: dict[Any, Worker | None] = {}
        self._idle: deque[Worker] = deque()
        self._starting: set[Thread] = set()
        self._failed_starts = 0
        self._failure: BriefqaError | None = None
        self._is_closed = False

    def __enter__(self) -> Self:
        for _ in range(self.most):
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._is_closed = True
            ending = [Worker(self.cluster, actor).end() for actor in self._all]
            self._changed.notify_all()
            threads = [*ending, *self._starting]
        until = time.monotonic() + _END_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def __str__(self) -> str:
        """Say how many are at work, and where."""
        with self._changed:
            ready = [each.machine_id for each in self._all.values() if each is not None]
        return f"{_counted(len(ready), 'worker')} on {_counted(len(set(ready)), 'machine')}"

    def wait(self, tell: Callable[[int, int], None]) -> None:
        """Wait for all to be ready, or for most of them; ``tell`` is told how many are, of all.

        Raises:
            ClusterError: If none is ready within a minute, or one will not do.
        """
        begun = time.monotonic()
        while True:
            with self._changed:
                self._require()
                ready = len(self._idle)
            tell(ready, self.most)
            waited = time.monotonic() - begun
            if ready == self.most or (ready and waited > _OTHERS_S):
                return
            if not ready and waited > _START_S:
                raise self.cluster.error(_NONE_FREE)
            with self._changed:
                self._changed.wait(_BETWEEN_LOOKS_S)

    @contextmanager
    def borrowed(self) -> Iterator[Worker]:
        """Give a worker that nobody else uses until the block ends; wait for one if need be.

        If the block raises, another takes its place, for it may still be busy.

        Raises:
            ClusterError: If there is none, and none comes within a minute.
        """
        worker = self._taken()
        try:
            yield worker
        except BaseException:
            self._replace(worker)
            raise
        with self._changed:
            self._idle.append(worker)
            self._changed.notify_all()

    def _taken(self) -> Worker:
        with self._changed:
            until = time.monotonic() + _START_S
            while not self._idle:
                self._require()
                if any(self._all.values()):
                    until = time.monotonic() + _START_S  # Somebody will bring one back.
                elif time.monotonic() > until:
                    raise self.cluster.error(_NONE_LEFT)
                self._changed.wait(_BETWEEN_LOOKS_S)
            self._require()
            return self._idle.popleft()

    def _require(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._is_closed:
            raise self.cluster.error(_SENT_AWAY)
        if self.cluster.is_lost.is_set():
            raise self.cluster.error(_LOST)

    def _start(self) -> None:
        with self._changed:
            if self._is_closed or self._failure is not None:
                return
            # In a thread, for a head that is gone would be waited for.
            thread = Thread(target=self._prepare, name="briefqa-starting", daemon=True)
            self._starting.add(thread)
            thread.start()

    def _prepare(self) -> None:
        while not self.cluster.has_head():
            if self.cluster.is_lost.wait(_BETWEEN_LOOKS_S) or self._is_closed:
                return
        try:
            self._make_one()
        except BriefqaError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - raised where a worker is waited for
            self._fail(self.cluster.error(f"no worker can be started: {_reason(error)}"))
        finally:
            with self._changed:
                self._starting.discard(current_thread())
                self._changed.notify_all()

    def _make_one(self) -> None:
        actor = self._class.remote()
        worker = Worker(self.cluster, actor)
        with self._changed:
            self._all[actor] = None
            if self._is_closed:
                worker.end()
        try:
            worker = Worker(self.cluster, actor, *worker.call("machine"))
            self._welcome(worker)
        except WorkerLostError as error:
            with self._changed:
                self._failed_starts += 1
                # While others are at work, a machine may just have gone.
                if self._failed_starts >= _MOST_FAILED_STARTS and not any(self._all.values()):
                    self._fail(self.cluster.error(f"workers end as they start: {error}; {_SAME}"))
                self._changed.wait_for(lambda: self._is_closed, _BETWEEN_LOOKS_S)
            self._replace(worker)
            return
        with self._changed:
            self._failed_starts = 0
            self._all[actor] = worker
            self._idle.append(worker)

    def _fail(self, error: BriefqaError) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()

    def _replace(self, worker: Worker) -> None:
        with self._changed:
            self._all.pop(worker.actor, None)
        worker.end()
        self._start()


_SAME = "every machine needs the same version of briefqa, Python and Ray as this one"
_SENT_AWAY = "its workers were sent away"
_NONE_FREE = "no worker started within a minute; all cores are busy, or its machines are gone"
_NONE_LEFT = (
    "all workers are gone, and none started within a minute; add machines and repeat the "
    "command, which goes on where it was"
)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _reason(error: Exception) -> str:
    """Return the last line that an error of Ray's tells, which says why, and not where."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
