"""Starts briefqa as its users do: in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What would hide an attempt to reach a model hub or a maker, and what would change a setting.
_LEFT_OUT = (
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "HF_DATASETS_OFFLINE",
    "ORT_DISABLE_TELEMETRY",
)
_SETTINGS = "BRIEFQA_"


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment, but as a user has it, and with ``changes``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _LEFT_OUT and not name.startswith(_SETTINGS)
    }
    return kept | changes


def run_python(
    *arguments: str | Path, prefix: Sequence[str] = (), **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with ``arguments`` from the root of the repository; it may fail."""
    return subprocess.run(
        [*prefix, sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**changes),
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
