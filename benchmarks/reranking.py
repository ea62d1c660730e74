"""Measures what a reranker as large as the default model costs; of its worth it says nothing."""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from questions import indexed
from sentence_transformers import CrossEncoder

from briefqa.backends.onnx import OnnxReranker
from briefqa.backends.sentence_transformers.reranker import load
from briefqa.backends.sentence_transformers.weights import resolve
from briefqa.protocols import Reranker

_QUESTION = "How large is the UK's AI investment?"
_COUNTS = (5, 20, 50)
_RUNS = 9


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("documents", type=Path, help="folder of at least fifty passages")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    with indexed(options.documents) as (service, _):
        found = service.search(_QUESTION, top_k=max(_COUNTS)).passages
        texts = [passage.hit.chunk.embedded_text for passage in found]
    with tempfile.TemporaryDirectory() as scratch:
        model, export = Path(scratch, "model"), Path(scratch, "export")
        # The default model with a scoring layer of random weights: as fast as a trained one.
        CrossEncoder(str(resolve("").folder), local_files_only=True).save(str(model))
        export.mkdir()
        reference = load(str(model))
        started = time.perf_counter()
        reference.export(export)
        exported_s = time.perf_counter() - started
        rerankers: dict[str, Reranker] = {
            "onnxruntime": OnnxReranker.open(export),
            "torch": reference,
        }
        took = {
            name: {count: _milliseconds(reranker, texts[:count]) for count in _COUNTS}
            for name, reranker in rerankers.items()
        }
    lengths = [len(text) for text in texts]
    print(f"passages of {min(lengths)} to {max(lengths)} characters; export {exported_s:.1f} s\n")
    print("ms a question" + "".join(f"{count:>8}" for count in _COUNTS))
    for name, by_count in took.items():
        print(f"{name:13}" + "".join(f"{by_count[count]:8.0f}" for count in _COUNTS))
    if options.json:
        options.json.write_text(json.dumps({"export_s": exported_s, "ms": took}, indent=2))


def _milliseconds(reranker: Reranker, texts: list[str]) -> float:
    """Return the median over some runs, after one that is not counted."""
    laps: list[float] = []
    for _ in range(_RUNS + 1):
        started = time.perf_counter()
        reranker.score(_QUESTION, texts)
        laps.append((time.perf_counter() - started) * 1000)
    return statistics.median(laps[1:])


if __name__ == "__main__":
    main()
