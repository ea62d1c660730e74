"""Several processes behind one address are one service to whoever uses it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from briefqa import build_index

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="looks up child processes in /proc"
)

_WORKERS = 2
_QUESTION = {"question": "When was the harbour dredged?"}


@dataclass(frozen=True)
class _Served:
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def workers(self) -> set[int]:
        """Return the processes that answer."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return {int(each) for each in found.split()}

    def ask(self) -> httpx2.Response:
        """Ask over a connection of its own, which any of the processes may take."""
        return httpx2.post(f"{self.url}/v1/ask", json=_QUESTION, timeout=30)


@contextmanager
def _serving(index: Path, log: Path, **environment: str) -> Iterator[_Served]:
    command = [sys.executable, "-m", "briefqa", "serve", "--index", str(index), "--port", "0"]
    command += ["--workers", str(_WORKERS)]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stderr=errors, env={**os.environ, **environment})
    with process:
        try:
            url = ""
            while not url:
                assert process.poll() is None, log.read_text(encoding="utf-8")
                said = log.read_text(encoding="utf-8")
                url = next((word for word in said.split() if word.startswith("http://")), "")
                time.sleep(0.05)
            yield _Served(url, process, log)
        finally:
            process.kill()


def _soon(is_so: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 30
    while not is_so():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def _is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one document."""
    folder = tmp_path_factory.mktemp("briefs")
    (folder / "note.txt").write_text("The harbour was dredged in 1931.\n", encoding="utf-8")
    build_index(folder, folder.parent / f"{folder.name}-index", embedder="hash")
    return folder.parent / f"{folder.name}-index"


@pytest.fixture(scope="module")
def served(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Served]:
    """A service of several processes."""
    with _serving(index, tmp_path_factory.mktemp("log") / "log") as served:
        yield served


def test_all_of_them_answer_alike_and_are_counted_together(served: _Served) -> None:
    """Whoever asks meets one service, and so does whoever watches it."""
    assert len(served.workers()) == _WORKERS
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: served.ask(), range(40)))

    answers = {json.dumps({**reply.json(), "took_ms": None}) for reply in replies}
    assert len(answers) == 1
    for _ in range(4):
        samples = {
            (sample.name, sample.labels.get("route")): sample.value
            for family in text_string_to_metric_families(httpx2.get(f"{served.url}/metrics").text)
            for sample in family.samples
            if sample.labels.get("status", "2xx") == "2xx"
        }
        assert samples["briefqa_requests_total", "/v1/ask"] == len(replies)
        assert samples["briefqa_request_seconds_count", "/v1/ask"] == len(replies)
        assert samples["briefqa_answers_under_way", None] == 0
        assert samples["briefqa_index_documents", None] == 1


def test_one_that_is_killed_is_replaced(served: _Served) -> None:
    """A process that runs out of memory takes its own requests with it, and nothing more."""
    before = served.workers()
    lost = min(before)
    os.kill(lost, signal.SIGKILL)

    assert _soon(lambda: len(served.workers() - {lost}) == _WORKERS)
    assert served.process.poll() is None
    with ThreadPoolExecutor(8) as pool:
        assert {reply.status_code for reply in pool.map(lambda _: served.ask(), range(20))} == {200}
    assert '"a worker ended"' in served.log.read_text(encoding="utf-8")


def test_rate_is_counted_for_all_of_them_together(index: Path, tmp_path: Path) -> None:
    """A limit that holds for each process would let through as much more as there are."""
    per_minute = "7"
    with (
        _serving(index, tmp_path / "log", BRIEFQA_SERVER__REQUESTS_PER_MINUTE=per_minute) as served,
        ThreadPoolExecutor(8) as pool,
    ):
        statuses = [reply.status_code for reply in pool.map(lambda _: served.ask(), range(20))]

    assert statuses.count(200) == int(per_minute)
    assert statuses.count(429) == len(statuses) - int(per_minute)


def test_next_generation_is_taken_up_by_all_of_them(tmp_path: Path) -> None:
    """What was indexed just now is found, whoever answers."""
    briefs, index = tmp_path / "briefs", tmp_path / "index"
    briefs.mkdir()
    (briefs / "note.txt").write_text("The harbour was dredged in 1931.\n", encoding="utf-8")
    build_index(briefs, index, embedder="hash")
    with _serving(index, tmp_path / "log") as served:
        assert "1931" in served.ask().text
        (briefs / "note.txt").write_text("The harbour was dredged in 1947.\n", encoding="utf-8")
        build_index(briefs, index, embedder="hash")
        with ThreadPoolExecutor(8) as pool:
            replies = [reply.text for reply in pool.map(lambda _: served.ask(), range(20))]

    assert all("1947" in reply and "1931" not in reply for reply in replies)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_signal_ends_all_of_them_in_order(
    index: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Stopping is no error, and leaves no process and no traceback."""
    with _serving(index, tmp_path / "log") as served:
        workers = served.workers()
        served.process.send_signal(number)

        assert served.process.wait(timeout=20) == code

    assert all(_is_gone(pid) for pid in workers)
    assert "Traceback" not in served.log.read_text(encoding="utf-8")


def test_stopping_does_not_wait_for_who_asks_how_often_it_may(index: Path, tmp_path: Path) -> None:
    """What counts for all of them answers none any more, and none may stand still for that."""
    with _serving(index, tmp_path / "log", BRIEFQA_SERVER__REQUESTS_PER_MINUTE="1000000") as served:
        is_over = threading.Event()

        def go_on_asking() -> None:
            while not is_over.is_set():
                with suppress(httpx2.HTTPError):
                    served.ask()

        with ThreadPoolExecutor(8) as pool:
            for _ in range(8):
                pool.submit(go_on_asking)
            time.sleep(0.5)
            served.process.terminate()
            try:
                # Longer than an answer takes, and less than the grace.
                assert served.process.wait(timeout=8) == 0
            finally:
                is_over.set()


def test_none_is_left_when_the_one_that_started_them_is_killed(index: Path, tmp_path: Path) -> None:
    """A port that nobody knows to be taken would keep the next service from starting."""
    with _serving(index, tmp_path / "log") as served:
        workers = served.workers()
        served.process.kill()

        assert _soon(lambda: all(_is_gone(pid) for pid in workers))


def test_what_keeps_the_first_from_answering_is_told_once(tmp_path: Path) -> None:
    """One mistake is one line, not as many as there are processes, again and again."""
    command = [sys.executable, "-m", "briefqa", "serve", "--index", str(tmp_path / "none")]

    done = subprocess.run(
        [*command, "--port", "0", "--workers", str(_WORKERS)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    assert str(tmp_path / "none") in done.stderr
