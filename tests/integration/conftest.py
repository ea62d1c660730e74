"""An index made with the real model, once, and shared by all tests that ask it."""

import json
import shutil
import subprocess

import pytest
from tests.integration.model_index import ModelIndex
from tests.integration.processes import ROOT, run_python


@pytest.fixture(scope="session")
def offline() -> tuple[str, ...]:
    """What to put before a command to cut it off from every network; empty if nothing can."""
    unshare = shutil.which("unshare")
    for options in (["--map-root-user", "--net"], ["--net"]):
        prefix = [unshare or "", *options]
        if unshare and not subprocess.run([*prefix, "true"], check=False).returncode:
            return tuple(prefix)
    return ()


@pytest.fixture(scope="session")
def model_index(tmp_path_factory: pytest.TempPathFactory, offline: tuple[str, ...]) -> ModelIndex:
    """An index of the project's seeds: model exported, all of it without a network if possible."""
    place = tmp_path_factory.mktemp("model-index")
    sources, folder, log = place / "seeds", place / "index", place / "attempts.txt"
    shutil.copytree(ROOT / "seeds", sources)
    module = "tests.integration.network_watch"

    done = run_python(
        "-m", module, log, "index", sources, "--index", folder, "--json", prefix=offline
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["documents"] == len(list(sources.glob("*.md")))
    return ModelIndex(sources, folder, tuple(log.read_text(encoding="utf-8").splitlines()))
