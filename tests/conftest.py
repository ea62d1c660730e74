"""What every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Times vary with the machine; a test that hangs is ended by pytest-timeout instead.
settings.register_profile("briefqa", deadline=None)
settings.load_profile("briefqa")


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
