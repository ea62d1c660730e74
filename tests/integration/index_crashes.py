"""Kills a sync over and over, and prints what is left of the index each time.

Run as ``python index_crashes.py FOLDER INDEX calls|time|space``: in ``calls``
mode a sync is killed at its first call into the file system, then at its
second, and so on until one gets through; in ``time`` mode after random times;
in ``space`` mode it runs on a file system that is nearly full, for which the
program needs the right to mount one. Every sync starts from a copy of INDEX and
runs in a process of its own, which costs no time for imports because it is
forked. Each line printed is a JSON object.
"""

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.corpus import Corpus

from briefqa.errors import BriefqaError

_CALLS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
_TIMES = 12
_SPARE_KILOBYTES = range(0, 100, 4)


def _print(**trial: object) -> None:
    sys.stdout.write(f"{json.dumps(trial)}\n")
    sys.stdout.flush()


def _sync_and_die_at(corpus: Corpus, call: int) -> None:
    """Kill this process just before its ``call``-th file system call in the index."""
    count = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event in _CALLS and str(arguments[0]).startswith(str(corpus.index)):
            count += 1
            if count == call:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    corpus.sync()


def _forked(work: Callable[[], object], *, kill_after_s: float | None = None) -> bool:
    """Do ``work`` in a process of its own; return whether it got through."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            _print(unexpected=repr(error))
            raise
        finally:
            os._exit(0)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return not os.WIFSIGNALED(status)


def _describe(corpus: Corpus, trial: float) -> None:
    """Print what the index holds after a crash, and after the next sync."""
    with corpus.open() as generation:
        opened = {"generation": generation.info.generation, "degraded": generation.degraded}
    report = corpus.sync()
    with corpus.open() as generation:
        again = {"generation": generation.info.generation, "degraded": generation.degraded}
    left = sorted(corpus.generations() - {report.generation})
    _print(trial=trial, opened=opened, again=again, left=left)


def _sync_in_little_space(corpus: Corpus, spare: int) -> None:
    try:
        corpus.sync()
        message = None
    except BriefqaError as error:
        message = f"{type(error).__name__}: {error}"
    with corpus.open() as generation:
        opened = generation.info.generation
    names = sorted(corpus.generations())
    _print(spare=spare, message=message, opened=opened, names=names)


@contextmanager
def _mounted(place: Path, kilobytes: int) -> Iterator[None]:
    """Put an empty file system of this size at ``place``."""
    place.mkdir(exist_ok=True)
    options = f"size={kilobytes}k"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)  # noqa: S607
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)  # noqa: S607


def _used_kilobytes(place: Path) -> int:
    status = os.statvfs(place)
    return (status.f_blocks - status.f_bfree) * status.f_frsize // 1024


def main(folder: Path, index: Path, mode: str) -> None:
    """Run all trials of one mode."""
    copy = index.with_name("copy")
    corpus = Corpus(folder, copy)

    def fresh() -> None:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(index, copy)

    if mode == "calls":
        survived = False
        for call in itertools.count(1):
            if survived:
                break
            fresh()
            survived = _forked(partial(_sync_and_die_at, corpus, call))
            _forked(partial(_describe, corpus, call))
    elif mode == "time":
        fresh()
        started = time.perf_counter()
        _forked(corpus.sync)
        whole = time.perf_counter() - started
        for _ in range(_TIMES):
            moment = random.uniform(0, whole)  # noqa: S311 - no secret
            fresh()
            _forked(corpus.sync, kill_after_s=moment)
            _forked(partial(_describe, corpus, moment))
    else:
        place = index.with_name("full")
        corpus.index = place / "index"
        with _mounted(place, 10_000):
            shutil.copytree(index, corpus.index)
            needed = _used_kilobytes(place)
        for spare in _SPARE_KILOBYTES:
            with _mounted(place, needed + spare):
                shutil.copytree(index, corpus.index)
                _forked(partial(_sync_in_little_space, corpus, spare))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
