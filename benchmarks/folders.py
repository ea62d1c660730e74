"""Measures large folders: what one change costs, how memory grows, and what giant files do.

Each figure comes from a `briefqa index` in a process of its own. Peak memory is
the largest resident set of that process, and of the one in which files are read.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_VOCABULARY = """
    the a of to in and for on by with from as its this that these which under over after
    policy report minister council budget market energy power water harbour bridge railway
    school hospital research data computing model standard treaty trade tariff export import
    growth price wage tax grant loan plan review audit evidence risk safety privacy rights
    region city coast river north south east west year month decade early late public private
    national local global new old large small high low rising falling open closed shared
    builds holds needs gives takes shows finds funds limits allows requires reduces supports
"""
_WORDS = _VOCABULARY.split()
_MEASURED = """
import resource, subprocess, sys
command = [sys.executable, "-m", "briefqa", *sys.argv[1:]]
code = subprocess.run(command, stdout=sys.stderr).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, code, used.ru_utime + used.ru_stime)
"""


def _words(draw: random.Random, count: int) -> str:
    """Return sentences of made-up words, about ``count`` words in all."""
    sentences = (" ".join(draw.choices(_WORDS, k=12)).capitalize() for _ in range(count // 12 or 1))
    return ". ".join(sentences) + "."


def write_files(folder: Path, count: int, *, words: int) -> None:
    """Write ``count`` files of made-up sentences, of about ``words`` words each."""
    draw = random.Random(0)  # noqa: S311 - no secret
    for number in range(count):
        path = folder / f"{number % 100:02}" / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        paragraphs = "\n\n".join(_words(draw, min(words, 90)) for _ in range(words // 90 or 1))
        path.write_text(f"# Brief {number}\n\n{paragraphs}\n", encoding="utf-8")


class Build:
    """One run of ``briefqa index``: seconds, those of a core, peak memory in MB, its report.

    ``models`` holds the exported model: exporting it is the work of the first index alone.
    """

    def __init__(
        self, folder: Path, index: Path, embedder: str, models: Path | None = None
    ) -> None:
        if models is not None and not index.exists():
            shutil.copytree(models, index / "models")
        started = time.perf_counter()
        done = subprocess.run(
            [
                *(sys.executable, "-c", _MEASURED, "index", str(folder)),
                *("--index", str(index), "--embedder", embedder, "--json", "--allow-empty"),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        self.seconds = time.perf_counter() - started
        peak, code, core_seconds = done.stdout.split()
        self.code, self.core_seconds = int(code), float(core_seconds)
        self.megabytes = int(peak) / (1e6 if sys.platform == "darwin" else 1e3)
        found = re.search(r'^\{"generation.*$', done.stderr, re.MULTILINE)
        self.report = json.loads(found[0]) if found else {}


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def exported(embedder: str) -> Iterator[Path | None]:
    """Give the folder of the exported model, if ``embedder`` is one that is exported."""
    with scratch() as place:
        write_files(place / "briefs", 1, words=60)
        Build(place / "briefs", place / "index", embedder)
        models = place / "index" / "models"
        yield models if models.is_dir() else None


def measure_change(files: int, embedder: str) -> dict[str, float]:
    """Build an index of ``files``, change one file in a hundred, and index again."""
    with scratch() as place, exported(embedder) as models:
        write_files(place / "briefs", files, words=450)
        first = Build(place / "briefs", place / "index", embedder, models)
        for path in sorted((place / "briefs").rglob("*.md"))[::100]:
            path.write_text(path.read_text(encoding="utf-8") + "\nOne more line.\n")
        again = Build(place / "briefs", place / "index", embedder)
    allowed = 0.03 * first.seconds + 2
    print(f"one change in a hundred, {files:,} files, {first.report['chunks']:,} chunks")
    print(f"  first build     {first.seconds:8.1f} s   {first.megabytes:6.0f} MB")
    print(f"  with changes    {again.seconds:8.1f} s   {again.megabytes:6.0f} MB")
    print(f"  3 % plus two    {allowed:8.1f} s   {len(again.report['changed'])} files changed\n")
    return {"first_s": first.seconds, "again_s": again.seconds, "allowed_s": allowed}


def measure_memory(counts: tuple[int, int], embedder: str) -> list[dict[str, float]]:
    """Build indexes of few and of many small files, and compare what memory they took."""
    sizes: list[dict[str, float]] = []
    print("memory over many small files, beyond the vectors themselves")
    for count in counts:
        with scratch() as place, exported(embedder) as models:
            write_files(place / "briefs", count, words=60)
            build = Build(place / "briefs", place / "index", embedder, models)
        vectors = build.report["chunks"] * 384 * 4 / 1e6
        beyond = build.megabytes - vectors
        sizes.append({"files": count, "seconds": build.seconds, "beyond_vectors_mb": beyond})
        print(
            f"  {count:6,} files {build.seconds:8.1f} s   {build.megabytes:6.0f} MB, "
            f"{beyond:6.0f} MB without {vectors:.0f} MB of vectors"
        )
    few, many = (each["beyond_vectors_mb"] for each in sizes)
    print(f"  growth {100 * (many / few - 1):+.0f} %\n")
    return sizes


def measure_giants(megabytes: int, pages: int) -> dict[str, float]:
    """Index a giant text file, a giant file of records and a giant PDF beside an ordinary file."""
    figures: dict[str, float] = {}
    print("giant files, each beside an ordinary one")
    writers: dict[str, Callable[[Path], None]] = {
        f"{megabytes:,} MB of text": lambda path: _giant_text(path / "giant.txt", megabytes),
        f"{megabytes // 10:,} MB of records": lambda path: _giant_records(
            path / "giant.jsonl", megabytes // 10
        ),
        f"PDF of {pages:,} pages": lambda path: _giant_pdf(path / "giant.pdf", pages),
    }
    for name, write in writers.items():
        with scratch() as place:
            (place / "briefs").mkdir()
            (place / "briefs" / "small.md").write_text("# Small\n\nA small brief.\n")
            write(place / "briefs")
            build = Build(place / "briefs", place / "index", "hash")
        reasons = [each["reason"] for each in build.report["failed"]]
        print(
            f"  {name:22} {build.seconds:8.1f} s   {build.megabytes:6.0f} MB   "
            f"{build.report['documents']:,} documents, failed: {', '.join(reasons) or 'none'}"
        )
        figures[name] = build.megabytes
    print()
    return figures


def _giant_text(path: Path, megabytes: int) -> None:
    part = (_words(random.Random(0), 1_000) + "\n\n").encode()  # noqa: S311 - no secret
    with path.open("wb") as stream:
        for _ in range(megabytes * 1_000_000 // len(part)):
            stream.write(part)


def _giant_records(path: Path, megabytes: int) -> None:
    draw = random.Random(0)  # noqa: S311 - no secret
    with path.open("w", encoding="utf-8") as stream:
        number = 0
        while stream.tell() < megabytes * 1_000_000:
            stream.write(json.dumps({"_id": f"r{number}", "text": _words(draw, 1_500)}) + "\n")
            number += 1


def _giant_pdf(path: Path, pages: int) -> None:
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415 - only this needs it
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    draw = random.Random(0)  # noqa: S311 - no secret
    canvas = Canvas(str(path), pagesize=A4)
    for _ in range(pages):
        text = canvas.beginText(70, 770)
        for _ in range(45):
            text.textLine(" ".join(draw.choices(_WORDS, k=9)))
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()


def main() -> None:
    """Print the tables that were asked for; all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=["change", "memory", "giants", []])
    parser.add_argument("--files", type=int, default=2_000, help="files of the change")
    parser.add_argument(
        "--embedder", default="sentence-transformers", help="model of memory and change"
    )
    parser.add_argument("--few", type=int, default=1_000, help="files of the small folder")
    parser.add_argument("--many", type=int, default=20_000, help="files of the large folder")
    parser.add_argument("--megabytes", type=int, default=1_000, help="size of the giant text")
    parser.add_argument("--pages", type=int, default=10_000, help="pages of the giant PDF")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    parts = options.parts or ["memory", "giants", "change"]
    figures: dict[str, object] = {}
    if "memory" in parts:
        figures["sizes"] = measure_memory((options.few, options.many), options.embedder)
    if "giants" in parts:
        figures["giants_mb"] = measure_giants(options.megabytes, options.pages)
    if "change" in parts:
        figures["change"] = measure_change(options.files, options.embedder)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
