"""How each program is told to do the same work: commands, environments, folders."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compared.processes import Run, run

_BENCHMARKS = Path(__file__).parents[1]
# Byte code is kept, as on a user's machine; and a kernel of BLAS that was chosen for an older
# library would slow the one that numpy brings.
_LEFT_OUT = {"PYTHONDONTWRITEBYTECODE", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
OURS = "briefqa"


@dataclass(frozen=True, slots=True)
class Contender:
    """A program with its interpreter, the model, and a folder for its files and its index."""

    name: str
    python: Path
    model: Path
    place: Path

    @property
    def files(self) -> Path:
        """The documents, a copy of its own."""
        return self.place / "files"

    @property
    def index(self) -> Path:
        """The index of them."""
        return self.place / "index"

    @property
    def environment(self) -> dict[str, str]:
        """What its processes see."""
        kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
        # A checkout of ours may be there by its path; a peer must not see it.
        ours = kept.get("PYTHONPATH") if self.name == OURS else None
        paths = os.pathsep.join([str(_BENCHMARKS), *([ours] if ours else [])])
        return {**kept, "PYTHONPATH": paths, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

    def build(self) -> Run:
        """Index all files anew."""
        shutil.rmtree(self.index, ignore_errors=True)
        if self.name == OURS:
            # Exporting the model is the work of the very first index alone.
            if (self.place / "models").is_dir():
                shutil.copytree(self.place / "models", self.index / "models")
            return self._run(
                ["-m", "briefqa", "index", str(self.files), "--index", str(self.index)]
            )
        return self._work("build", "--files", str(self.files))

    def update(self, changed: Sequence[str]) -> Run:
        """Bring the index in step with the files, of which those named have changed."""
        if self.name == OURS:
            return self._run(
                ["-m", "briefqa", "index", str(self.files), "--index", str(self.index)]
            )
        return self._work("update", "--files", str(self.files), "--changed", *changed)

    def ask(self, question: str) -> Run:
        """Answer one question with the ids of ten passages, from a cold start."""
        if self.name == OURS:
            options = ["--index", str(self.index), "--top-k", "10", "--json"]
            return self._run(["-m", "briefqa", "search", question, *options])
        return self._work("ask", "--question", question)

    def questions(self, questions: Path, timed: int) -> Run:
        """Answer all questions of a file in one process."""
        return self._work("questions", "--questions", str(questions), "--timed", str(timed))

    def _work(self, work: str, *options: str) -> Run:
        worker = str(_BENCHMARKS / "compared" / "worker.py")
        fixed = ["--index", str(self.index), "--model", str(self.model)]
        return self._run([worker, self.name, work, *fixed, *options])

    def _run(self, arguments: Sequence[str]) -> Run:
        self.place.mkdir(parents=True, exist_ok=True)
        log = self.place / "messages.txt"
        return run([str(self.python), *arguments], self.environment, log=log)


def ours(model: Path, place: Path) -> Contender:
    """Return briefqa, as it runs in this interpreter."""
    return Contender(OURS, Path(sys.executable), model, place)
