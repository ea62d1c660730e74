"""Runs a program to its end, and says how long it took and how much memory all of it held."""

import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Reading a gigabyte's page table takes milliseconds, in which the process stands still.
_BETWEEN_LOOKS_S = 0.25
# What takes longer hangs.
_PATIENCE_S = 1800


@dataclass(frozen=True, slots=True)
class Run:
    """A program that ended well: wall seconds, peak memory in MB, and what it printed."""

    seconds: float
    megabytes: float
    output: str


def tree(process: int) -> Iterator[int]:
    """Yield the process and all that descend from it."""
    yield process
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
        children = [child for each in threads for child in (each / "children").read_text().split()]
    except OSError:
        return  # It has ended.
    for child in children:
        yield from tree(int(child))


def resident_megabytes(process: int) -> float:
    """Return what the process and its descendants hold; a page that several share counts once."""
    total = 0
    for each in tree(process):
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue  # It has ended.
        held = next((line for line in text.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
        total += int(held.split()[1])
    return total * 1024 / 1e6


def run(command: Sequence[str], environment: Mapping[str, str], *, log: Path) -> Run:
    """Run ``command``; look at its memory four times a second.

    Raises:
        RuntimeError: If it fails or hangs; its messages are in ``log``.
    """
    peak = 0.0
    with log.open("w", encoding="utf-8") as messages:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=messages, text=True
        )
        has_ended = threading.Event()

        def look() -> None:
            nonlocal peak
            while not has_ended.wait(_BETWEEN_LOOKS_S):
                peak = max(peak, resident_megabytes(process.pid))

        looking = threading.Thread(target=look)
        looking.start()
        try:
            output, _ = process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            output = ""
            process.kill()
            process.wait()
        finally:
            seconds = time.perf_counter() - started
            has_ended.set()
            looking.join()
            process.kill()
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace").rstrip().rpartition("\n")[2]
        msg = f"{' '.join(command[:6])} … gave {process.returncode}: {said[:200]}; see {log}"
        raise RuntimeError(msg)
    return Run(seconds, peak, output)
