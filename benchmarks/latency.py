"""Measures questions to an index that is open: how long each stage of an answer takes.

The parts of retrieval are timed one by one, on the same questions, at the borders where
they meet: the vector store, the word index, the tokens, and reading what was found.
"""

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from questions import indexed, read_questions

from briefqa.assembly.embedders import embedder_for_questions
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.opening import open_texts
from briefqa.retrieval import embed_question, find_hits


class Timed:
    """Passes every call on to ``inner``, and adds what it took to a part's account."""

    def __init__(self, inner: object, part: str, spent: dict[str, float]) -> None:
        self._inner = inner
        self._part = part
        self._spent = spent

    def __len__(self) -> int:
        return len(self._inner)  # type: ignore[arg-type] # it is what it stands for

    # Any: it stands for whatever it wraps.
    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self._inner, name)
        return self._timed(found) if callable(found) else found

    def _timed(self, call: Callable[..., object]) -> Callable[..., object]:
        def timed(*arguments: object, **options: object) -> object:
            started = time.perf_counter()
            try:
                return call(*arguments, **options)
            finally:
                self._spent[self._part] += (time.perf_counter() - started) * 1000

        return timed


class TimedIndex(Timed):
    """An index whose stores are timed each for itself."""

    def __init__(self, generation: Any, spent: dict[str, float]) -> None:  # noqa: ANN401 - as above
        super().__init__(generation, "reading passages", spent)
        self.vectors = Timed(generation.vectors, "vectors", spent)
        self.words = Timed(generation.words, "words", spent)
        self.tokens = generation.tokens and Timed(generation.tokens, "tokens", spent)


def parts_of_retrieval(index: Path, questions: list[str], k: int) -> dict[str, list[float]]:
    """Return the milliseconds that each part took, by question, and the whole."""
    parts: dict[str, list[float]] = defaultdict(list)
    with open_texts(index) as generation:
        embedder = embedder_for_questions(generation.manifest.model_id, index / MODELS_FOLDER)
        for question in [questions[0], *questions]:
            spent: dict[str, float] = dict.fromkeys(
                ("embedding", "vectors", "words", "tokens", "reading passages"), 0.0
            )
            started = time.perf_counter()
            asked = embed_question(question, embedder, generation.words)
            spent["embedding"] = (time.perf_counter() - started) * 1000
            find_hits(asked, TimedIndex(generation, spent), k=k)
            whole = (time.perf_counter() - started) * 1000
            spent["the rest"] = whole - sum(spent.values())
            for part, ms in {**spent, "retrieval, whole": whole}.items():
                parts[part].append(ms)
    # The first question was asked twice: it pays for what is read once.
    return {part: took[1:] for part, took in parts.items()}


def show(title: str, stages: dict[str, list[float]]) -> None:
    """Print the percentiles of each stage."""
    print(f"\n{title:18}{'median':>9}{'p95':>9}{'max':>9}")
    for stage, took in stages.items():
        laps = sorted(took)
        p95 = laps[int(0.95 * (len(laps) - 1))]
        print(f"{stage:18}{statistics.median(laps):9.1f}{p95:9.1f}{laps[-1]:9.1f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("documents", type=Path, help="folder of documents, or one corpus file")
    parser.add_argument("questions", type=Path, help="JSONL file of questions")
    parser.add_argument("--most", type=int, default=300, help="questions asked")
    parser.add_argument("--top-k", type=int, default=5, help="passages shown")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    questions = [question.text for question in read_questions(options.questions)[: options.most]]
    with indexed(options.documents) as (service, index):
        service.ask(questions[0])
        took = [service.ask(question).took_ms for question in questions]
        answers = {stage: [laps[stage] for laps in took] for stage in took[0]}
        held = service.info
        parts = parts_of_retrieval(index, questions, options.top_k)
    print(f"{len(took)} questions to {held.documents} documents in {held.chunks} chunks, ms")
    show("retrieval", parts)
    show("answer", answers)
    if options.json:
        options.json.write_text(json.dumps({"retrieval": parts, "answer": answers}, indent=2))


if __name__ == "__main__":
    main()
