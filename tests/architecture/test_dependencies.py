"""What is installed is what was tested."""

import tomllib
from importlib.metadata import distribution, requires
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

# Only a GPU build of PyTorch brings these, and it asks for exact versions itself.
_GPU_ONLY = ("nvidia-", "cuda-", "triton")


@pytest.fixture(scope="session")
def project(repository: Path) -> dict[str, Any]:  # Any: a parsed TOML file
    """The `[project]` table."""
    with (repository / "pyproject.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)["project"]
    return table


@pytest.fixture(scope="session")
def direct(project: dict[str, Any]) -> list[Requirement]:
    """What `pyproject.toml` asks for, development tools included."""
    return [
        Requirement(line)
        for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    ]


@pytest.fixture(scope="session")
def pins(repository: Path) -> dict[str, Version]:
    """The exact versions of `constraints.txt`, each line checked to be one."""
    found: dict[str, Version] = {}
    for line in (repository / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, separator, version = line.partition("==")
        assert separator, f"not an exact pin: {line!r}"
        assert Version(version).local is None, f"pins one machine's build: {line!r}"
        assert canonicalize_name(name) not in found, f"pinned twice: {line!r}"
        found[canonicalize_name(name)] = Version(version)
    return found


def test_direct_dependencies_are_pinned_within_their_bounds(
    direct: list[Requirement], pins: dict[str, Version]
) -> None:
    """A dependency without a pin installs untested, whatever is newest that day."""
    assert direct
    for requirement in direct:
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement.name} is not pinned"
        assert requirement.specifier.contains(pin), f"{requirement} does not allow {pin}"


def test_indirect_dependencies_are_pinned(
    direct: list[Requirement], pins: dict[str, Version]
) -> None:
    """The same holds for everything that the dependencies bring along."""
    waiting = [(canonicalize_name(r.name), frozenset(r.extras)) for r in direct]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name.startswith(_GPU_ONLY):
            continue
        seen.add((name, extras))
        for line in requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in extras | {""}
            ):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))

    assert {name for name, _ in seen} - set(pins) == set()


def test_entry_points_lead_to_modules(project: dict[str, Any]) -> None:
    """A command or a plug-in that is announced must be there."""
    groups = [project["scripts"], *project["entry-points"].values()]

    targets = {target.partition(":")[0] for group in groups for target in group.values()}

    assert targets
    assert {target for target in targets if find_spec(target) is None} == set()


def test_version_is_the_installed_one(project: dict[str, Any]) -> None:
    """`pip install -e .` ran since the version last changed."""
    assert distribution("briefqa").version == project["version"]
