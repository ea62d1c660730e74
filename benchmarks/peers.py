"""Measures briefqa beside programs that do the same work: txtai, LlamaIndex, LangChain, Chroma.

All index the same text files with the same weights, and are asked the same questions. Each peer
has a virtual environment of its own, made on the first run, and is used as its documentation
shows first. briefqa and a peer are measured in turn, so that a drift of the machine's speed meets
both; a ratio compares only the two of one pair. What has been measured is in the JSON file: run
again after an interruption, only the rest is measured.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from compared.contenders import OURS, Contender, ours
from compared.corpus import (
    JudgedQuestion,
    change_some,
    judged_questions,
    ndcg_at_10,
    write_files,
)
from compared.environments import PEERS, model_folder, python_of, version_of
from compared.peers_table import show
from compared.servers import can_have_workers, measure

PARTS = ("index", "cold", "warm", "server", "update")
_ROUNDS = {"index": 1, "cold": 5, "warm": 1, "server": 3, "update": 2}
_TIMED = 100

# Any: what a measurement gives goes to JSON as it is.
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """What is compared, over what."""

    ours: Contender
    peers: dict[str, Contender]
    questions: list[JudgedQuestion]
    seconds: float

    @property
    def questions_file(self) -> Path:
        """The questions, for another process to read."""
        return self.ours.place.parent / "questions.json"


def prepare(
    contender: Contender, questions: Sequence[JudgedQuestion], dataset: Path, files: int
) -> None:
    """Give a contender its files, where that is still to be done, and have it run once.

    That compiles its modules, and exports our model, so that no figure has either in it.
    """
    if contender.files.is_dir():
        return
    print(f"trying {contender.name}", file=sys.stderr, flush=True)
    shutil.rmtree(contender.place, ignore_errors=True)
    few = replace(contender, place=contender.place / "few")
    write_files(dataset, (), few.files, 20)
    few.build()
    few.ask(questions[0].text)
    if contender.name == OURS:
        shutil.move(few.index / "models", contender.place / "models")
    partly = contender.place / "partly"
    write_files(dataset, questions, partly, files)
    partly.rename(contender.files)


def prepared(options: argparse.Namespace, work: Path) -> Bench:
    """Return what can be compared here; a peer that does not run is told and left out."""
    questions = judged_questions(options.dataset)[: options.questions]
    mine = ours(model_folder(), work / OURS)
    bench = Bench(mine, {}, questions, options.seconds)
    work.mkdir(parents=True, exist_ok=True)
    texts = [question.text for question in questions]
    bench.questions_file.write_text(json.dumps(texts), encoding="utf-8")
    prepare(mine, questions, options.dataset, options.files)
    for name in options.peers:
        try:
            python = python_of(name, options.environments.resolve())
            peer = Contender(name, python, mine.model, work / name)
            prepare(peer, questions, options.dataset, options.files)
        except (RuntimeError, subprocess.CalledProcessError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr, flush=True)
            continue
        bench.peers[name] = peer
    return bench


def index(bench: Bench, contender: Contender) -> Figures:  # noqa: ARG001 - one form for all parts
    """Index all files anew."""
    done = contender.build()
    size = sum(path.stat().st_size for path in contender.index.rglob("*") if path.is_file())
    models = sum(p.stat().st_size for p in (contender.index / "models").rglob("*") if p.is_file())
    return {
        "seconds": done.seconds,
        "memory_mb": done.megabytes,
        "index_mb": (size - models) / 1e6,
    }


def cold(bench: Bench, contender: Contender) -> Figures:
    """Ask one question in a new process."""
    done = contender.ask(bench.questions[0].text)
    return {"seconds": done.seconds}


def warm(bench: Bench, contender: Contender) -> Figures:
    """Ask every question in one process, and judge what came back."""
    answered = json.loads(contender.questions(bench.questions_file, _TIMED).output)
    pairs = zip(answered["ranked"], bench.questions, strict=True)
    scores = [ndcg_at_10(ranked, question.grades) for ranked, question in pairs]
    return {
        "median_ms": statistics.median(answered["ms"]),
        "ndcg_at_10": statistics.fmean(scores),
        "ndcg_by_question": [round(score, 4) for score in scores],
    }


def update(bench: Bench, contender: Contender) -> Figures:  # noqa: ARG001 - as above
    """Change one file in a hundred, and bring the index in step."""
    changed = change_some(contender.files, f"Seen once more at {time.time()}.")
    return {"seconds": contender.update(changed).seconds, "files": len(changed)}


def server(bench: Bench, contender: Contender) -> Figures:
    """Ask over HTTP, eight clients at once, one server process and two."""
    texts = [question.text for question in bench.questions]
    found: Figures = {}
    for workers in (1, 2):
        if workers == 1 or contender.name != OURS or can_have_workers(contender):
            load = measure(contender, texts, workers=workers, seconds=bench.seconds)
            found[f"{workers}"] = asdict(load)
    return found


MEASURES: dict[str, Callable[[Bench, Contender], Figures]] = {
    "index": index, "cold": cold, "warm": warm, "server": server, "update": update,
}  # fmt: skip


def measure_all(
    bench: Bench, parts: Sequence[str], rounds: int, results: Figures, keep: Callable[[], None]
) -> int:
    """Measure what ``results`` lacks, ours and a peer in turn; ``keep`` after each pair.

    Returns:
        How many pairs failed; they are tried again by the next run.
    """
    failed = 0
    for part in parts:
        pairs: list[Figures] = results.setdefault(part, [])
        for number in range(rounds * _ROUNDS[part]):
            for name, peer in bench.peers.items():
                if part == "server" and name != "txtai":
                    continue  # The others bring no server of their own.
                if any(each["round"] == number and each["peer"] == name for each in pairs):
                    continue
                print(f"{part}, round {number + 1}, beside {name}", file=sys.stderr, flush=True)
                try:
                    pair = {each.name: _measured(part, bench, each) for each in (bench.ours, peer)}
                except RuntimeError as error:
                    print(f"failed: {error}", file=sys.stderr, flush=True)
                    failed += 1
                    continue
                pairs.append({"round": number, "peer": name, **pair})
                keep()
    return failed


def _measured(part: str, bench: Bench, contender: Contender) -> Figures:
    if part != "index" and not contender.index.is_dir():
        contender.build()
    return MEASURES[part](bench, contender)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dataset", type=Path, help="folder with corpus, queries and qrels")
    parser.add_argument(
        "--environments", type=Path, required=True, help="folder for the peers' environments"
    )
    parser.add_argument("--work", type=Path, help="folder for indexes; by default beside those")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), help="with whom")
    parser.add_argument("--files", type=int, default=2_000, help="text files that are indexed")
    parser.add_argument("--questions", type=int, default=300, help="questions that are asked")
    parser.add_argument("--rounds", type=int, default=1, help="times as many as is usual")
    parser.add_argument("--seconds", type=float, default=6, help="length of each load on a server")
    parser.add_argument("--json", type=Path, help="file of the figures, and where to go on")
    parser.add_argument("--again", action="store_true", help="forget what was measured before")
    parser.add_argument("--svg", type=Path, help="write a plot to this file")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    options = _options()
    said = {
        "dataset": options.dataset.name,
        "files": options.files,
        "questions": options.questions,
        "versions": {name: version_of(name) for name in PEERS},
    }
    work = (options.work or options.environments / "work").resolve()
    work /= f"{options.dataset.name}-{options.files}-{options.questions}"
    if options.again:
        shutil.rmtree(work, ignore_errors=True)
    file = options.json or work / "figures.json"
    kept: Figures = {"settings": said, "results": {}}
    if file.is_file() and not options.again:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["settings"] != said:
            sys.exit(f"{file} is about {kept['settings']}, not {said}; give --again or another")
    bench = prepared(options, work)

    def keep() -> None:
        file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")

    failed = measure_all(bench, options.parts, options.rounds, kept["results"], keep)
    show(kept, options.svg)
    if failed:
        sys.exit(f"{failed} failed; run again to try them again")


if __name__ == "__main__":
    main()
