"""Makes what the container image holds: briefqa without PyTorch, and its model as a graph.

The Dockerfile runs these steps one by one, so that each is cached on its own, and
`scripts/check_image.py` runs the same ones in a scratch folder:

    python scripts/image.py dependencies /opt/briefqa
    python scripts/image.py program /opt/briefqa
    python scripts/image.py model /opt/briefqa
    python scripts/image.py slim /opt/briefqa

It needs Python 3.11 or newer and pip. Where uv is installed, it chooses the CPU build of
PyTorch; without it, pip takes the build that it is configured to find.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from importlib.metadata import distributions
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
_CONSTRAINTS = ROOT / "constraints.txt"

EXTRAS = ("mcp", "models", "telemetry")
"""What the image can do beyond the program itself."""

NOT_SERVED = ("onnx", "sentence-transformers", "torch")
"""What exports a model, and is not needed to run one."""


def dependencies(prefix: Path) -> None:
    """Make an environment with everything that the program needs, but not the program."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    _install_torch(prefix)
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    wanted = list(project["dependencies"])
    for extra in EXTRAS:
        wanted += project["optional-dependencies"][extra]
    _pip(prefix, "install", *wanted)


def program(prefix: Path) -> None:
    """Build the wheel of the program, and install that."""
    _pip(prefix, "install", "--no-deps", str(ROOT))


def model(prefix: Path) -> None:
    """Export the default model to where the installed program looks for ready-made graphs."""
    ready = prefix / "share" / "briefqa" / "models"
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / "briefs").mkdir()
        (scratch / "briefs" / "brief.txt").write_text("A model is exported for one sentence.\n")
        subprocess.run(
            [prefix / "bin" / "briefqa", "index", "briefs", "--index", "index"],
            cwd=scratch, env={**os.environ, "HF_HUB_OFFLINE": "1"}, check=True,
        )  # fmt: skip
        shutil.rmtree(ready, ignore_errors=True)
        shutil.copytree(scratch / "index" / "models", ready, ignore=shutil.ignore_patterns(".lock"))


def slim(prefix: Path) -> None:
    """Take away what only an export needs."""
    needs = _needs_of_installed(prefix)
    kept = _with_their_needs("briefqa", needs)
    _pip(prefix, "uninstall", "--yes", *sorted(needs.keys() - kept))


def _needs_of_installed(prefix: Path) -> dict[str, set[str]]:
    """Return what each installed package needs, by name; of briefqa, with the extras."""
    (packages,) = prefix.glob("lib/python3.*/site-packages")
    needs: dict[str, set[str]] = {}
    for installed in distributions(path=[str(packages)]):
        name = canonicalize_name(installed.name)
        extras = ("", *EXTRAS) if name == "briefqa" else ("",)
        needs[name] = {
            canonicalize_name(requirement.name)
            for requirement in map(Requirement, installed.requires or [])
            if requirement.marker is None
            or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
        }
        # Extras of a dependency are few, and what they bring is kept by name.
        for requirement in map(Requirement, installed.requires or []):
            if requirement.extras and canonicalize_name(requirement.name) in needs[name]:
                needs[name] |= _brought_by(requirement, packages)
    return needs


def _brought_by(requirement: Requirement, packages: Path) -> set[str]:
    """Return what a package with extras needs beyond the package itself."""
    (installed,) = distributions(name=requirement.name, path=[str(packages)])
    return {
        canonicalize_name(each.name)
        for each in map(Requirement, installed.requires or [])
        if each.marker is not None
        and any(each.marker.evaluate({"extra": extra}) for extra in requirement.extras)
    }


def _with_their_needs(name: str, needs: Mapping[str, set[str]]) -> set[str]:
    """Return ``name`` and all that it needs, but for what no server needs."""
    kept: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in kept and each in needs and each not in NOT_SERVED:
            kept.add(each)
            waiting += needs[each]
    return kept


def _install_torch(prefix: Path) -> None:
    pin = next(
        line
        for line in _CONSTRAINTS.read_text(encoding="utf-8").splitlines()
        if line.startswith("torch==")
    )
    uv = shutil.which("uv")
    if uv is None:
        _pip(prefix, "install", pin)
        return
    python = str(prefix / "bin" / "python")
    subprocess.run(
        [uv, "pip", "install", "--python", python, "--torch-backend", "cpu", pin],
        env={**os.environ, "UV_CONSTRAINT": str(_CONSTRAINTS)}, check=True,
    )  # fmt: skip


def _pip(prefix: Path, command: str, *arguments: str) -> None:
    # Old pip reads the first name inside an isolated build, new pip the second.
    pins = dict.fromkeys(("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"), str(_CONSTRAINTS))
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", prefix / "bin" / "python"),
            *("--disable-pip-version-check", "--no-input", "--quiet", "--no-cache-dir"),
            *(command, *arguments),
        ],
        env={**os.environ, **pins}, check=True,
    )  # fmt: skip


STEPS: Mapping[str, Callable[[Path], None]] = {
    step.__name__: step for step in (dependencies, program, model, slim)
}


def main() -> None:
    """Run the step that was named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("prefix", type=Path, help="folder of the environment")
    given = parser.parse_args()
    STEPS[given.step](given.prefix.resolve())


if __name__ == "__main__":
    main()
