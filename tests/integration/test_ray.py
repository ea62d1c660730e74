"""An index built on a Ray cluster is the one that this machine builds, whatever ends meanwhile."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

# Not imported by this process before it has to be: Ray changes how it logs.
if find_spec("ray") is None:
    pytest.skip("ray is not installed", allow_module_level=True)

from tests.integration.model_index import ModelIndex
from tests.ray_cluster import TestCluster, contents, ray_cluster, start_index

from briefqa.assembly.building import build_index
from briefqa.assembly.ray.worker import SENT_MODELS
from briefqa.assembly.service import open_index
from briefqa.backends.ray import cluster as connecting
from briefqa.backends.ray.cluster import connected
from briefqa.backends.ray.workers import Worker
from briefqa.cli.app import run
from briefqa.errors import BackendError, ClusterError
from briefqa.indexing.journal import JOURNAL
from briefqa.protocols import Progress
from briefqa.wire import answer_to_wire

_RECORDS = 640
_BATCHES = _RECORDS // 32
# A fresh interpreter, a model of words and some hundred small records.
_PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    """Two machines with a core each."""
    with ray_cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture
def machines(cluster: TestCluster, monkeypatch: pytest.MonkeyPatch) -> TestCluster:
    """The same, with nothing in its log; this process knows the slow embedder too."""
    cluster.log.unlink(missing_ok=True)
    monkeypatch.syspath_prepend(str(cluster.plugins))
    return cluster


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records enough for twenty batches, files of other kinds, and some that cannot be read."""
    folder = tmp_path_factory.mktemp("sources")
    records = [
        {"_id": f"r{n}", "text": f"Record {n} says that plant {n * 7} needs {n * 3} litres."}
        for n in range(_RECORDS)
    ]
    (folder / "records.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
    for n in range(24):
        (folder / f"brief-{n}.md").write_text(f"# Brief {n}\n\nHarbour {n} was dredged in 19{n}.\n")
    (folder / "page.html").write_text("<h1>Ferries</h1><p>The ferry began to sail in 1931.</p>")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of the kind")
    (folder / "zip.docx").write_bytes(b"PK\x03\x04 cut off")
    return folder


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, sources: Path, cluster: TestCluster) -> Path:
    """The index that this machine builds by itself."""
    index = tmp_path_factory.mktemp("local") / "index"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(cluster.plugins))
        build_index(sources, index, embedder="slow")
    return index


def test_the_index_is_the_same_to_the_last_byte_and_both_machines_made_it(
    machines: TestCluster,
    sources: Path,
    local: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where it was built must show nowhere: in ids, vectors, texts, receipts or what failed."""
    done: dict[str, set[str]] = {"read": set(), "embed_tokens": set()}
    call = Worker.call

    def noting(worker: Worker, method: str, *arguments: object) -> object:
        done.setdefault(method, set()).add(worker.machine_id)
        return call(worker, method, *arguments)

    monkeypatch.setattr(Worker, "call", noting)
    told: list[Progress] = []
    here = build_index(sources, tmp_path / "here", embedder="slow")

    report = build_index(
        sources, tmp_path / "there", embedder="slow", ray=machines.address, on_progress=told.append
    )

    assert contents(tmp_path / "there") == contents(local)
    assert [str(each) for each in report.failed] == [str(each) for each in here.failed]
    assert len(report.failed) == 2
    assert report.notices == here.notices
    assert len(done["read"]) == len(done["embed_tokens"]) == 2
    assert {each.by for each in told if each.stage == "embedding"} == {"2 workers on 2 machines"}
    assert Progress("starting", 2, 2) in told
    answers = []
    for index in (local, tmp_path / "there"):
        with open_index(index) as service:
            answer = answer_to_wire(service.ask("When did the ferry begin to sail?"))
        answers.append({name: value for name, value in answer.items() if name != "took_ms"})
    assert answers[0] == answers[1]
    assert answers[0]["citations"]


def test_another_worker_takes_over_what_a_killed_one_had_in_hand(
    machines: TestCluster, sources: Path, local: Path, tmp_path: Path
) -> None:
    """The system ends what takes too much memory, on any machine and at any moment."""
    hold = machines.log.with_name(f"{machines.log.name}.hold")

    def kill_the_first() -> None:
        hold.touch()
        try:
            os.kill(machines.batches()[0]["process"], signal.SIGKILL)
            _wait_for(lambda: len(_processes(machines)) == 3)
        finally:
            hold.unlink()

    with _once(lambda: len(machines.batches()) >= 4, kill_the_first):
        report = build_index(sources, tmp_path / "there", embedder="slow", ray=machines.address)

    assert report.embedded >= _RECORDS
    assert len(_processes(machines)) == 3, "none came in its place"
    assert contents(tmp_path / "there") == contents(local)


def test_after_a_killed_driver_only_what_is_missing_is_embedded(
    machines: TestCluster, sources: Path, local: Path, tmp_path: Path
) -> None:
    """A run of days must not begin anew, and its workers must not stay."""
    index = tmp_path / "there"
    with start_index(sources, index, machines, "--embedder", "slow") as first:
        _wait_for(lambda: len(machines.batches()) >= 8)
        first.kill()
    time.sleep(0.5)  # What is under way is written down; nobody will fetch it.
    before = machines.batches()
    machines.log.unlink()

    with start_index(sources, index, machines, "--embedder", "slow", "--json") as second:
        out, err = second.communicate(timeout=_PATIENCE_S)

    assert second.returncode == 0, err
    again = {name for each in machines.batches() for name in each["texts"]}
    twice = again & {name for each in before for name in each["texts"]}
    assert len(twice) <= 6 * 32, "more than could be in flight was embedded again"
    assert len(again) < _RECORDS
    assert json.loads(out)["documents"] == _RECORDS + 25
    assert contents(index) == contents(local)
    assert not (index / JOURNAL).exists()


def test_data_goes_to_stdout_and_progress_to_stderr_and_nothing_else(
    machines: TestCluster, sources: Path, tmp_path: Path
) -> None:
    """A program that reads the report must not find log lines of a library in it."""
    with start_index(
        sources, tmp_path / "there", machines, "--embedder", "slow", "--json"
    ) as running:
        out, err = running.communicate(timeout=_PATIENCE_S)

    assert json.loads(out)["published"] is True
    stages = ("preparing", "starting", "reading", "embedding", "writing")
    assert [line for line in err.splitlines() if not line.startswith(stages)] == []
    assert "starting: 2 of 2 workers" in err
    assert "texts by 2 workers on 2 machines" in err


def test_a_machine_with_another_version_is_named(
    machines: TestCluster, sources: Path, tmp_path: Path
) -> None:
    """It might read or cut in another way, and the index would depend on who took which file."""
    other = tmp_path / "other" / "briefqa-0.0.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: briefqa\nVersion: 0.0.9\n")
    path = os.pathsep.join([str(other.parent), os.environ.get("PYTHONPATH", "")])

    with machines.machine(PYTHONPATH=path), pytest.raises(ClusterError) as caught:
        build_index(sources, tmp_path / "there", embedder="hash", ray=machines.address)

    assert caught.value.address == machines.address
    assert "has briefqa 0.0.9, but this one" in str(caught.value)
    assert os.uname().nodename in str(caught.value)


def test_a_cluster_that_is_gone_ends_the_run_and_keeps_what_was_embedded(
    sources: Path, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray itself would end the process after a minute, and say nothing of what to do."""
    monkeypatch.setattr(connecting, "_BETWEEN_CHECKS_S", 0.2)
    monkeypatch.setattr(connecting, "_CHECKS", 3)
    with ray_cluster(tmp_path, machines=1) as doomed:
        monkeypatch.syspath_prepend(str(doomed.plugins))

        def stop() -> None:
            doomed.ray.head_node.kill_all_processes(check_alive=False, allow_graceful=False)

        with (
            _once(lambda: len(doomed.batches()) >= 4, stop),
            pytest.raises(ClusterError, match="repeat the command") as caught,
        ):
            build_index(sources, tmp_path / "index", embedder="slow", ray=doomed.address)

    assert caught.value.exit_code == 5
    assert (tmp_path / "index" / JOURNAL).stat().st_size
    report = build_index(sources, tmp_path / "index", embedder="slow")
    assert report.embedded < _RECORDS
    assert contents(tmp_path / "index") == contents(local)


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("127.0.0.1:1", 5, "nothing answers there; start one with `ray start --head`"),
        ("ray://127.0.0.1:1", 5, "nothing answers there"),
        ("nonsense", 2, "is no address of a Ray cluster; give HOST:PORT"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str, code: int, words: str
) -> None:
    """Ray waits for two minutes, and tells of its own parts."""
    (tmp_path / "brief.txt").write_text("The harbour is deep.")
    index = str(tmp_path / "index")
    begun = time.monotonic()

    found = run(["index", str(tmp_path), "--index", index, "--embedder", "hash", "--ray", address])

    assert found == code
    assert words in capsys.readouterr().err
    assert time.monotonic() - begun < 15


def test_nothing_is_told_to_the_makers_of_ray(
    machines: TestCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reports how it is used unless it is told not to; this program never does."""
    from ray._common.usage import usage_lib  # noqa: PLC0415 - an extra

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    assert usage_lib.usage_stats_enabled()

    with connected(machines.address):
        is_told = usage_lib.usage_stats_enabled()

    assert not is_told


def test_without_ray_it_is_said_how_to_install_it(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an extra."""
    monkeypatch.setitem(__import__("sys").modules, "ray", None)

    with pytest.raises(BackendError, match=r"pip install 'briefqa\[ray\]'"):
        build_index(sources, tmp_path, embedder="hash", ray="auto")


@pytest.mark.model
def test_the_real_model_is_sent_and_gives_the_same_bytes(
    machines: TestCluster, model_index: ModelIndex, tmp_path: Path
) -> None:
    """Machines need not export it, so that no other version of a library has a say in it."""
    index = tmp_path / "there"
    model_index.share_model_with(index)

    build_index(model_index.sources, index, ray=machines.address)

    assert contents(index) == contents(model_index.folder)
    assert len(list((machines.cache / "briefqa" / SENT_MODELS).iterdir())) == 1


def test_a_machine_that_is_gone_costs_time_alone(
    machines: TestCluster, sources: Path, local: Path, tmp_path: Path
) -> None:
    """Machines of a cluster are rented by the minute, and taken away."""
    with machines.machine() as third:
        told: list[str] = []
        gone = threading.Event()

        def remove() -> None:
            third.kill_all_processes(check_alive=False, allow_graceful=False)
            gone.set()

        with _once(lambda: len(machines.batches()) >= 4, remove):
            build_index(
                sources,
                tmp_path / "there",
                embedder="slow",
                ray=machines.address,
                on_progress=lambda progress: told.append(progress.by),
            )

    assert gone.is_set()
    assert "3 workers on 3 machines" in told
    assert contents(tmp_path / "there") == contents(local)


def _processes(machines: TestCluster) -> set[int]:
    return {each["process"] for each in machines.batches()}


def _wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.02)


class _once:  # noqa: N801 - reads as a word of the test
    """Does something as soon as something is so, while the block goes on."""

    def __init__(self, is_so: Callable[[], bool], do: Callable[[], None]) -> None:
        self._is_over = threading.Event()

        def watch() -> None:
            while not self._is_over.wait(0.02):
                if is_so():
                    do()
                    return

        self._thread = threading.Thread(target=watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
