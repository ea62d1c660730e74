"""The terminal as people and scripts use it: a real process for each command."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TIMEOUT_S = 100

Json = dict[str, Any]  # Any: parsed JSON


@dataclass(frozen=True)
class Terminal:
    """Runs the command in one folder."""

    folder: Path

    def __call__(
        self, *arguments: str, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``briefqa`` with the arguments and, on top of a clean environment, variables."""
        return subprocess.run(
            [sys.executable, "-m", "briefqa", *arguments],
            check=False,
            cwd=self.folder,
            env=environment(**variables),
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_TIMEOUT_S,
        )

    def json(self, *arguments: str, code: int = 0, stdin: str = "") -> Json:
        """Run with ``--json``; expect that code and one JSON object on one line of stdout."""
        done = self(*arguments, "--json", stdin=stdin)
        assert done.returncode == code, done.stderr
        assert done.stdout.count("\n") == 1
        found: Json = json.loads(done.stdout)
        return found


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without what would change the output, and variables."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BRIEFQA_") and name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}
    }
    return kept | {"PYTHONIOENCODING": "utf-8", "TERM": "xterm", "HF_HUB_OFFLINE": "1"} | variables
