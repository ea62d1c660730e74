"""The repository as its own tests see it."""

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def modules(repository: Path) -> list[Path]:
    """Every Python file of the package."""
    return sorted((repository / "src").rglob("*.py"))


@pytest.fixture(scope="session")
def project_files(repository: Path) -> list[Path]:
    """Every file that git tracks or would track."""
    git = shutil.which("git")
    if git is None or not (repository / ".git").exists():
        pytest.skip("needs git and a git checkout to tell the project's files from others")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        check=True,
        capture_output=True,
    )
    paths = [repository / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]
