"""Readers that ask all the while as a writer publishes one generation after another."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.corpus import Corpus
from tests.faults.forks import Fork, forked
from tests.faults.trial import Sample, Trial

from briefqa.assembly.service import Service
from briefqa.datatypes import Answer, DocumentInfo, JsonValue, SearchResult, Span

SWAPS = 100
_READERS = 2
_DOCUMENTS = 4
_QUESTION = "The harbour fund holds how many million pounds?"


@dataclass(frozen=True, slots=True)
class _Quote:
    """What a result says that a document says."""

    document: DocumentInfo
    span: Span
    text: str


def swap_trials(name: str, place: Path, sample: Sample) -> Iterator[Trial]:
    """Publish many times while threads ask; each answer must come from one generation."""
    (place / "briefs").mkdir(parents=True)
    corpus = Corpus(place / "briefs", place / "index")
    swaps = len(sample.of(range(SWAPS)))
    versions: dict[str, int] = {str(forked(lambda: _publish(corpus, 0)).result): 0}
    # Forked while this process has one thread only.
    writer = Fork(lambda: [_publish(corpus, number) for number in range(1, swaps + 1)])
    over = threading.Event()
    with Service(corpus.index) as service, ThreadPoolExecutor(_READERS) as pool:
        reading = [pool.submit(_ask, service, over) for _ in range(_READERS)]
        ending = writer.ending()
        over.set()
        results = [result for reader in reading for result in reader.result()]
    published = ending.result if isinstance(ending.result, list) else []
    versions |= {str(generation): number for number, generation in enumerate(published, 1)}
    if len(published) != swaps:
        yield Trial(name, "-", "writer", ending.name, (f"the writer fails: {ending.message}",))
    for generation, number in versions.items():
        told = [result for result in results if result.index.generation == generation]
        problems = {problem for result in told for problem in _mixed(result, number)}
        ended = "asked" if told else "not asked"
        point = f"version {number}, {len(told)} results"
        yield Trial(name, "-", point, ended, tuple(sorted(problems)))
    unknown = [r for r in results if r.index.generation not in versions]
    if unknown:
        yield Trial(name, "-", "all", "asked", ("a generation was never published",))


def _text(number: int, document: int) -> str:
    return (
        f"The harbour fund {document} holds {number} million pounds. "
        f"Version {number} of brief {document} says so.\n"
    )


def _publish(corpus: Corpus, number: int) -> JsonValue:
    for document in range(_DOCUMENTS):
        corpus.write(f"{document}.txt", _text(number, document))
    return corpus.sync().generation


def _ask(service: Service, over: threading.Event) -> list[Answer | SearchResult]:
    results: list[Answer | SearchResult] = []
    while not over.is_set():
        results += [service.ask(_QUESTION), service.search(_QUESTION)]
    return results


def _mixed(result: Answer | SearchResult, number: int) -> Iterator[str]:
    """Say what of a result does not belong to the version that it names."""
    quotes = [_Quote(p.document, p.span, p.text) for p in result.passages]
    if isinstance(result, Answer):
        quotes += [_Quote(c.document, c.span, c.quote) for c in result.citations]
    if not quotes:
        yield "nothing was found"
    for quote in quotes:
        text = _text(number, int(quote.document.doc_id.removesuffix(".txt")))
        if quote.document.text_sha256 != hashlib.sha256(text.encode()).hexdigest():
            yield "a document of another generation"
        elif quote.span.of(text) != quote.text:
            yield "a quote that its document does not hold"
