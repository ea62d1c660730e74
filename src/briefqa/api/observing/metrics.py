"""Numbers for Prometheus, in a registry of our own.

Where ``PROMETHEUS_MULTIPROC_DIR`` names a folder, each process writes what it counts into that,
and each tells the sum.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from briefqa.api.observing.request import ObservedRequest, outcome_of, way_of
from briefqa.datatypes import Answer, IndexInfo, SearchResult

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"

# From a look at a list to what a language model on a CPU takes.
_SECONDS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    *(20.0, 30.0),
)


class IndexState(Protocol):
    """What is told of the index: that of a `Service`."""

    @property
    def info(self) -> IndexInfo:
        """Names the generation in use and counts what it holds."""
        ...

    @property
    def degraded(self) -> str | None:
        """Why an older generation is in use, if one is."""
        ...


class Load(Protocol):
    """How much is asked at once: what the slots of a server tell."""

    @property
    def under_way(self) -> int:
        """How many requests are being worked on, of those that need a slot."""
        ...

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        ...

    def watch(self, on_change: Callable[[], None]) -> None:
        """Have ``on_change`` called whenever one of the two changes."""
        ...


class Metrics:
    """Counts requests, questions and what they took; safe to use from several threads."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._index: Collector | None = None
        self._requests = Counter(
            "briefqa_requests",
            "Requests that ended, by route, method and class of status.",
            ["route", "method", "status"],
            registry=registry,
        )
        self._request_seconds = Histogram(
            "briefqa_request_seconds",
            "Seconds from the head of a request to the end of its reply.",
            ["route", "method"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._problems = Counter(
            "briefqa_problems",
            "Requests that were answered with a problem, by its kind.",
            ["kind"],
            registry=registry,
        )
        self._questions = Counter(
            "briefqa_questions",
            "Questions, by whether they were answered and by whom.",
            ["outcome", "answered_by"],
            registry=registry,
        )
        self._faults = Counter(
            "briefqa_model_faults",
            "Answers in which a language model failed, by the kind of fault.",
            ["kind"],
            registry=registry,
        )
        self._sentences = Counter(
            "briefqa_sentences",
            "Sentences by verdict, by whether a document or a model wrote them, and shown or not.",
            ["verdict", "written_by", "shown"],
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "briefqa_stage_seconds",
            "Seconds that a search or an answer took in one stage.",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        ProcessCollector(registry=registry)

    def watch_index(self, index: IndexState) -> None:
        """Tell of ``index`` as well, as it is when the metrics are asked for."""
        self._index = _Gauges(lambda: _of_index(index))
        self._registry.register(self._index)

    def watch_load(self, load: Load) -> None:
        """Tell of ``load`` as well."""
        under_way = Gauge(
            "briefqa_answers_under_way",
            "Requests being worked on, of those that need a slot.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )
        waiting = Gauge(
            "briefqa_answers_waiting",
            "Requests that wait for one.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )

        def tell() -> None:
            under_way.set(load.under_way)
            waiting.set(load.waiting)

        load.watch(tell)
        tell()

    def count(self, request: ObservedRequest) -> None:
        """Count a request that ended."""
        status = f"{request.status // 100}xx" if request.status is not None else "none"
        self._requests.labels(request.route, request.method, status).inc()
        self._request_seconds.labels(request.route, request.method).observe(request.took_s)
        if request.problem is not None:
            self._problems.labels(request.problem).inc()
        for result in request.results:
            self._count_stages(result)
            if isinstance(result, Answer):
                self._count_answer(result)

    def text(self) -> bytes:
        """Return all numbers in the text format of Prometheus."""
        registry = self._registry
        if SHARED in os.environ:
            # What is told of a process is left out: it would be any one of them.
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            if self._index is not None:
                registry.register(self._index)
        return generate_latest(_WithoutTimesMade(registry))

    def _count_stages(self, result: Answer | SearchResult) -> None:
        took: defaultdict[str, float] = defaultdict(float)
        for stage in result.stages:
            took[stage.name] += stage.took_s
        for name, seconds in took.items():
            self._stage_seconds.labels(name).observe(seconds)

    def _count_answer(self, answer: Answer) -> None:
        way = way_of(answer) if answer.answered else "none"
        self._questions.labels(outcome_of(answer), way).inc()
        if answer.fault is not None:
            self._faults.labels(answer.fault.kind.value).inc()
        writer = "document" if answer.model is None else "model"
        for sentence in answer.sentences:
            self._sentences.labels(sentence.verdict.value, writer, "yes").inc()
        for sentence in answer.withheld:
            self._sentences.labels(sentence.verdict.value, "model", "no").inc()


class _Gauges(Collector):
    """Reads values when the metrics are asked for."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        # Registering would otherwise read them, to see what they are called.
        return ()

    def collect(self) -> Iterable[Metric]:
        return self._read()


class _WithoutTimesMade(Collector):
    """Leaves out when each counter was made, which doubles their number."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [s for s in metric.samples if not s.name.endswith("_created")]
            yield metric


def _of_index(index: IndexState) -> Iterator[Metric]:
    info, degraded = index.info, index.degraded
    generation = GaugeMetricFamily(
        "briefqa_index_generation",
        "1 for the generation that answers.",
        labels=["generation"],
    )
    generation.add_metric([info.generation], 1)
    yield generation
    yield GaugeMetricFamily("briefqa_index_documents", "Documents in it.", info.documents)
    yield GaugeMetricFamily("briefqa_index_chunks", "Chunks in it.", info.chunks)
    yield GaugeMetricFamily(
        "briefqa_index_degraded",
        "1 while an older generation answers because the newest cannot be used, else 0.",
        int(degraded is not None),
    )
