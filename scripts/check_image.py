"""Tries the container image without a container engine: `make image-check`.

Takes the steps of the Dockerfile's build stage in a fresh folder that holds nothing but what
the Dockerfile copies, then does what the image does: indexes `seeds/` without a network and
serves the index, as another user, with everything read-only but what the image declares
writable. Where the system permits no such confinement, that is said and left out.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from dockerfile import Instruction, environment, only, read_dockerfile

_ROOT = Path(__file__).resolve().parents[1]
_PREFIX = "/opt/briefqa"
_PORT = 8399
_KEY = "a key for this check alone"
_QUESTION = "How large is the UK's AI investment?"
_ANSWER = "£2 billion"
_NOT_THERE = ("onnx", "sentence_transformers", "torch", "transformers")
_UID = "10001"
_PATIENCE_S = 60
# Every mount is bound read-only, then the places given as arguments are opened again.
_CONFINE = """
mount --make-rprivate /
for place in "$WRITABLE_INDEX" "$WRITABLE_TMP"; do mount --bind "$place" "$place"; done
for mount in $(awk '{ print $5 }' /proc/self/mountinfo | sort -u); do
  case $mount in /proc*|/sys*|/dev*|"$WRITABLE_INDEX"|"$WRITABLE_TMP") ;;
  *) mount -o remount,bind,ro "$mount" 2>/dev/null || true ;; esac
done
mount -o "remount,bind,$INDEX_MODE" "$WRITABLE_INDEX"
! touch "$PREFIX/written" 2>/dev/null || { echo "the tree can be written" >&2; exit 1; }
exec setpriv --reuid $UID_TAKEN --regid $UID_TAKEN --clear-groups --no-new-privs \
  --bounding-set=-all "$@"
"""


class Trial:
    """A folder with the tree of the image in it, and the way to run commands there."""

    def __init__(self, scratch: Path) -> None:
        self.build, self.runtime = read_dockerfile(_ROOT / "Dockerfile")
        self.context, self.prefix = scratch / "build", scratch / "opt" / "briefqa"
        self.index, self.tmp, self.home = scratch / "index", scratch / "tmp", scratch / "etc"
        self.context.mkdir(parents=True)
        self.home.mkdir()
        for folder in (self.index, self.tmp):
            folder.mkdir()
            folder.chmod(0o777)
        self.is_confined = _can_confine()

    def step(self, instruction: Instruction) -> None:
        """Do what one instruction of the build stage does."""
        words = instruction.words
        if instruction.name == "COPY":
            target = self.context / words[-1]
            for source in words[:-1]:
                _copy(_ROOT / source, target)
        elif instruction.name == "RUN" and "scripts/image.py" in words:
            command = [sys.executable, *words[1:-1], words[-1].replace(_PREFIX, str(self.prefix))]
            started = time.perf_counter()
            subprocess.run(command, cwd=self.context, check=True)
            took = time.perf_counter() - started
            print(f"{words[2]:<14} {took:6.1f} s   {_megabytes(self.prefix):6,.0f} MB", flush=True)

    @contextmanager
    def running(
        self,
        arguments: Sequence[str],
        *,
        index_mode: str = "rw",
        has_network: bool = True,
        variables: Mapping[str, str] | None = None,
    ) -> Iterator[subprocess.Popen[str]]:
        """Run the image's entrypoint with ``arguments``; ended by SIGTERM if it has not ended."""
        (program,) = only(self.runtime, "ENTRYPOINT").words
        settings = {
            **environment(self.runtime),
            "PATH": f"{self.prefix}/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "BRIEFQA_INDEX": str(self.index),
            "BRIEFQA_SERVER__PORT": str(_PORT),
            "TMPDIR": str(self.tmp),
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
            **(variables or {}),
        }
        command = [str(self.prefix / "bin" / program), *arguments]
        if self.is_confined:
            kinds = ["--mount"] if has_network else ["--mount", "--net"]
            command = ["unshare", *kinds, "/bin/sh", "-euc", _CONFINE, "sh", *command]
            settings |= {
                "WRITABLE_INDEX": str(self.index), "WRITABLE_TMP": str(self.tmp),
                "PREFIX": str(self.prefix), "INDEX_MODE": index_mode, "UID_TAKEN": _UID,
            }  # fmt: skip
        with subprocess.Popen(
            command, cwd=self.home, env=settings, text=True, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)

    def healthy(self) -> bool:
        """Run the image's health check."""
        words = json.loads(only(self.runtime, "HEALTHCHECK").value.partition("CMD ")[2])
        words[0] = str(self.prefix / "bin" / words[0])
        settings = {"BRIEFQA_SERVER__PORT": str(_PORT)}
        return not subprocess.run(words, env=settings, check=False, capture_output=True).returncode


def main() -> None:
    """Build, index, serve and ask; fail with the first thing that is wrong."""
    with tempfile.TemporaryDirectory(prefix="briefqa-image-") as name:
        scratch = Path(name)
        scratch.chmod(0o755)
        trial = Trial(scratch)
        if not trial.is_confined:
            print("not confined: needs root, unshare and setpriv; the tree stays writable")
        for instruction in trial.build:
            trial.step(instruction)
        _check_whole(trial)
        _check_absent(trial.prefix)
        _index(trial)
        _serve(trial)
    print("the image's steps work")


def _index(trial: Trial) -> None:
    for expected in ("5 added", "Nothing had changed"):
        started = time.perf_counter()
        with trial.running(["index", str(_ROOT / "seeds")], has_network=False) as process:
            said, _ = process.communicate(timeout=120)
        _require(not process.returncode and expected in " ".join(said.split()), said)
        print(f"{'index':<14} {time.perf_counter() - started:6.1f} s   {expected}", flush=True)


def _serve(trial: Trial) -> None:
    started = time.perf_counter()
    keys = {"BRIEFQA_SERVER__KEYS__CHECK": _KEY}
    command = only(trial.runtime, "CMD").words
    with trial.running(command, index_mode="ro", variables=keys) as process:
        while not trial.healthy():
            if process.poll() is not None:
                _require(is_so=False, otherwise=process.communicate()[0])
            _require(
                time.perf_counter() - started < _PATIENCE_S, "the service did not become healthy"
            )
            time.sleep(0.1)
        print(f"{'healthy':<14} {time.perf_counter() - started:6.1f} s", flush=True)
        with urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/", timeout=30) as page:
            _require("</html>" in page.read().decode(), "the page is not served")
        _require(
            _asked(None)[0] == HTTPStatus.UNAUTHORIZED, "a question without a key was not refused"
        )
        status, answer = _asked(_KEY)
        _require(status == HTTPStatus.OK and _ANSWER in answer, answer)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    _require(process.returncode == 0, f"SIGTERM ended it with {process.returncode}")


def _asked(key: str | None) -> tuple[int, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{_PORT}/v1/ask",
        json.dumps({"question": _QUESTION}).encode(),
        {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - as above
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def _check_whole(trial: Trial) -> None:
    """See that the wheel has every file of the package: the page is files, too."""
    (installed,) = trial.prefix.glob("lib/python3.*/site-packages/briefqa")
    source = trial.context / "src" / "briefqa"
    files = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    missing = sorted(str(path) for path in files if not (installed / path).is_file())
    _require(is_so=bool(files) and not missing, otherwise=f"not in the wheel: {missing}")


def _check_absent(prefix: Path) -> None:
    program = f"import importlib.util as u; print(*filter(u.find_spec, {_NOT_THERE!r}))"
    command: Sequence[str | Path] = [prefix / "bin" / "python", "-c", program]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    _require(not found, f"still installed: {found}")


def _can_confine() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None or os.geteuid() or not shutil.which("setpriv"):
        return False
    tried = [unshare, "--mount", "--net", "true"]
    return not subprocess.run(tried, check=False, capture_output=True).returncode


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        folder = target if target.suffix == "" else target.parent
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder)


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def _require(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 - as assert takes it
    if not is_so:
        sys.exit(f"check of the image failed: {otherwise}")


if __name__ == "__main__":
    main()
