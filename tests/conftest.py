"""What every test may use."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Times vary with the machine; a test that hangs is ended by pytest-timeout instead.
settings.register_profile("briefqa", deadline=None)
settings.load_profile("briefqa")


@pytest.fixture(autouse=True)
def nothing_stays_frozen() -> Iterator[None]:
    """Let garbage be looked for among what a command froze that ran in this process."""
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of data kept outside the repository; the test skips where there is none."""
    name = os.environ.get("BRIEFQA_SHARED")
    if not name:
        pytest.skip("BRIEFQA_SHARED is not set: this test needs data kept outside the repository")
    folder = Path(name)
    if not folder.is_dir():
        pytest.skip(f"BRIEFQA_SHARED is {name!r}, which is not a folder")
    return folder
