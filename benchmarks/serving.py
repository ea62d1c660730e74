"""Measures the HTTP service under load: first sentence, questions a second, memory.

A real ``briefqa serve`` runs in a process of its own, its clients here, each with one connection
that it keeps. Beside it, in a process of its own too, questions are embedded and searched with
nothing around that: what the machine gives at most. Both are measured in turn, round after
round, so that a drift of the machine's speed meets both. Prints tables, and writes JSON where
asked.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice, product
from pathlib import Path
from urllib.parse import urlsplit

from questions import indexed, never_twice, read_questions

from briefqa.machine import available_cores

_CLIENTS = (1, 8, 32)
_AT_ONCE = 8
# Rounds of questions between those of two clients: more than one asks in a measurement.
_APART = 20
_ALONE_NAME = "embedding and search alone"

# Embedding and search alone, in as many threads as there are cores: more get less done.
_ALONE = """
import sys, threading, time
from itertools import cycle, islice
from pathlib import Path
from briefqa.assembly.embedders import embedder_for_questions
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.opening import open_texts
from briefqa.retrieval import embed_question, find_hits
from briefqa.machine import available_cores
index, seconds, clients = Path(sys.argv[1]), float(sys.argv[2]), available_cores()
questions = sys.stdin.read().split("\\0")
with open_texts(index) as generation:
    embedder = embedder_for_questions(generation.manifest.model_id, index / MODELS_FOLDER)
    find_hits(embed_question(questions[0], embedder, generation.words), generation, k=5)
    ends = time.perf_counter() + seconds
    done = [0] * clients
    def ask(mine):
        for question in islice(cycle(questions), mine, None):
            find_hits(embed_question(question, embedder, generation.words), generation, k=5)
            if time.perf_counter() > ends:
                return
            done[mine] += 1
    threads = [threading.Thread(target=ask, args=(mine,)) for mine in range(clients)]
    started = time.perf_counter()
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(sum(done) / seconds)
"""


class Client:
    """One connection to the service; not for several threads."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port, timeout=120
        )

    def post(self, path: str, body: object) -> http.client.HTTPResponse:
        """Send a request and return the reply, unread."""
        data = json.dumps(body)
        self._connection.request("POST", path, data, {"Content-Type": "application/json"})
        reply = self._connection.getresponse()
        if reply.status != http.client.OK:
            msg = f"{path} gave {reply.status}: {reply.read()[:200]!r}"
            raise RuntimeError(msg)
        return reply

    def whole(self, path: str, question: str) -> None:
        """Ask, and read the reply to its end."""
        self.post(path, {"question": question}).read()

    def first_sentence_ms(self, question: str) -> float | None:
        """Ask for a stream; return when its first sentence came, None if there was none."""
        started = time.perf_counter()
        reply = self.post("/v1/ask", {"question": question, "stream": True})
        took = None
        while line := reply.readline():
            if took is None and line.rstrip() == b"event: sentence":
                took = (time.perf_counter() - started) * 1000
        return took


@contextmanager
def served(index: Path, *, workers: int = 1) -> Iterator[tuple[str, int]]:
    """Run ``briefqa serve`` on a free port; give its address and its process id."""
    command = [sys.executable, "-m", "briefqa", "serve", "--index", str(index), "--port", "0"]
    command += ["--workers", str(workers)]
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process,
        ThreadPoolExecutor(1) as reading,
    ):
        try:
            lines = iter(process.stderr or ())
            words = (word for line in lines for word in line.split())
            url = next(word for word in words if word.startswith("http://"))
            # Its log would fill the pipe, and then it would stand still.
            reading.submit(deque, lines, 0)
            yield url, process.pid
        finally:
            process.terminate()


def at_once(clients: int, work: Callable[[int], None]) -> None:
    """Do ``work`` in that many threads, each told which it is; raise what one of them raises."""
    failed: list[BaseException] = []

    def guarded(mine: int) -> None:
        try:
            work(mine)
        except BaseException as error:  # noqa: BLE001 - raised below
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(mine,)) for mine in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def questions_per_second(url: str, path: str, questions: Sequence[str], seconds: float) -> float:
    """Return how many questions the service answers in a second, eight clients asking."""
    done = [0] * _AT_ONCE
    ends = time.perf_counter() + seconds

    def ask(mine: int) -> None:
        client = Client(url)
        for question in islice(never_twice(questions, times=mine * _APART), mine, None):
            client.whole(path, question)
            if time.perf_counter() > ends:
                return
            done[mine] += 1

    at_once(_AT_ONCE, ask)
    return sum(done) / seconds


def alone_per_second(index: Path, questions: Sequence[str], seconds: float) -> float:
    """Return how many questions are embedded and searched in a second, with no service."""
    command = [sys.executable, "-c", _ALONE, str(index), str(seconds)]
    done = subprocess.run(
        command, input="\0".join(questions), check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def first_sentences(
    url: str, questions: Sequence[str], clients: int, seconds: float
) -> list[float]:
    """Return the milliseconds to the first sentence of each answer that had one, ascending."""
    took: list[float] = []
    ends = time.perf_counter() + seconds

    def ask(mine: int) -> None:
        client = Client(url)
        for question in islice(never_twice(questions, times=mine * _APART), mine, None):
            ms = client.first_sentence_ms(question)
            if ms is not None:
                took.append(ms)
            if time.perf_counter() > ends:
                return

    at_once(clients, ask)
    return sorted(took)


def resident_megabytes(process: int) -> float:
    """Return how much memory a process holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def memory(url: str, process: int, questions: Sequence[str], most: int) -> list[float]:
    """Ask in a row, whole and streamed; return the memory after each tenth, the first a warm-up."""
    client = Client(url)
    held: list[float] = []
    for number, question in enumerate(islice(cycle(questions), most + most // 10), 1):
        # Each its own words, so that nothing could be remembered from before.
        asked = f"{question} {number}"
        match number % 3:
            case 0:
                client.first_sentence_ms(asked)
            case 1:
                client.whole("/v1/search", asked)
            case _:
                client.whole("/v1/ask", asked)
        if number % (most // 10) == 0:
            held.append(resident_megabytes(process))
    return held


def measure_rates(
    index: Path, urls: Mapping[str, str], questions: Sequence[str], seconds: float, rounds: int
) -> dict[str, list[float]]:
    """Return questions a second, by what was asked of which service, round by round."""
    rates: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        rates[_ALONE_NAME].append(alone_per_second(index, questions, seconds))
        for which, url in urls.items():
            for name in ("search", "ask"):
                found = questions_per_second(url, f"/v1/{name}", questions, seconds)
                rates[f"{name}, {which}"].append(found)
    return rates


def show_rates(rates: dict[str, list[float]]) -> None:
    """Print the rates, and each as a share of what there is without a service."""
    alone = rates[_ALONE_NAME]
    print(f"\nquestions a second, {_AT_ONCE} at once{'median':>12}{'min':>9}{'max':>9}{'share':>9}")
    for name, found in rates.items():
        share = statistics.median(mine / best for mine, best in zip(found, alone, strict=True))
        row = f"{statistics.median(found):9.1f}{min(found):9.1f}{max(found):9.1f}{share:9.0%}"
        print(f"{name:37}{row}")


def _services() -> dict[str, int]:
    """Return how many processes answer, by a name for that."""
    cores = max(2, available_cores())
    return {"1 process": 1, f"{cores} processes": cores}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("documents", type=Path, help="folder of documents, or one corpus file")
    parser.add_argument("questions", type=Path, help="JSONL file of questions")
    parser.add_argument("--seconds", type=float, default=5, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="times that each rate is measured")
    parser.add_argument("--memory", type=int, default=0, help="questions asked in a row")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    questions = [question.text for question in read_questions(options.questions)]
    figures: dict[str, object] = {}
    with indexed(options.documents) as (service, index):
        held = service.info
        print(f"{len(questions)} questions to {held.documents} documents in {held.chunks} chunks")
        with ExitStack() as serving:
            urls = {
                name: serving.enter_context(served(index, workers=workers))[0]
                for name, workers in _services().items()
            }
            print(f"\n{'first sentence, ms':34}{'answers':>9}{'median':>9}{'p95':>9}{'max':>9}")
            for which, clients in product(urls, _CLIENTS):
                Client(urls[which]).whole("/v1/ask", questions[0])
                laps = first_sentences(urls[which], questions, clients, options.seconds)
                p95 = laps[int(0.95 * (len(laps) - 1))]
                row = f"{len(laps):9}{statistics.median(laps):9.1f}{p95:9.1f}{laps[-1]:9.1f}"
                name = f"{clients} at once, {which}"
                print(f"{name:34}{row}", flush=True)
                figures[f"first sentence, {name}"] = laps
            rates = measure_rates(index, urls, questions, options.seconds, options.rounds)
            show_rates(rates)
            figures["questions a second"] = rates
        if options.memory:
            with served(index) as (url, process):
                kept = memory(url, process, questions, options.memory)
            print(f"\nmemory in MB, after a warm-up, then after each tenth of {options.memory}")
            print(" ".join(f"{each:.1f}" for each in kept))
            print(f"growth after the warm-up: {kept[-1] - kept[0]:.1f} MB")
            figures["memory"] = kept
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
