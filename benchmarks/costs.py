"""Bytes, milliseconds, machines and money of an index that is too large to run here.

It carries on from what was measured on two cores, by the rules that the functions state.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MILLION = 1_000_000
GB = 1e9
_HOURS_A_MONTH = 730


# Any: the type of the field, as dataclasses have it.
def _argument(default: float, about: str) -> Any:  # noqa: ANN401
    return dataclasses.field(default=default, metadata={"about": about})


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was measured on two cores, what is assumed, and prices; each with a default."""

    # What a passage is.
    dim: float = _argument(384, "dimensions of a vector")
    tokens: float = _argument(152, "tokens of a passage, measured on abstracts")
    text_bytes: float = _argument(655, "text of a passage, measured on abstracts")
    catalogue_bytes: float = _argument(620, "catalogue, a passage, measured on abstracts")
    words_bytes: float = _argument(190, "word index, a passage: 19 MB at 100,000")
    # What was measured, in milliseconds of one core unless it says otherwise.
    exact_ms: float = _argument(119, "exact search of 10⁶ passages, which memory bounds")
    hnsw_ms: float = _argument(0.2, "HNSW at 10⁶, recall 0.998")
    lists_ms: float = _argument(0.44, "IVF4096 with SQ8 at 10⁶ before re-scoring, recall 0.977")
    rescored_ms: float = _argument(1.5, "the same with exact re-scoring, recall@10 0.985")
    words_ms: float = _argument(2.7, "words of a question at 100,000 passages")
    words_growth: float = _argument(0.7, "power with which that grows: 0.6 ms at 11,925 passages")
    embedding_ms: float = _argument(3.3, "embedding a question")
    tokens_ms: float = _argument(3.0, "comparing its tokens with those of the candidates")
    embedded_per_s: float = _argument(37.5, "passages that one core embeds a second")
    lists_build_s: float = _argument(57, "building IVF4096 with SQ8 at 10⁶, two cores")
    hnsw_build_s: float = _argument(190, "building HNSW at 10⁶, two cores")
    # What is assumed.
    candidates: float = _argument(200, "passages whose tokens are compared")
    pq_bytes: float = _argument(48, "code of a vector in a product quantizer")
    hnsw_links: float = _argument(32, "links of a passage in HNSW, twice that at the bottom")
    diskann_share: float = _argument(0.125, "of the raw vectors that DISKANN codes in memory")
    diskann_degree: float = _argument(56, "links of a passage in DISKANN")
    diskann_reads: float = _argument(25, "reads one after the other: list of 100, four at a time")
    read_ms: float = _argument(0.1, "a random read from NVMe")
    reads_at_once: float = _argument(16, "random reads under way at a time")
    network_ms: float = _argument(1.0, "to the shards and back")
    reply_bytes: float = _argument(16, "a candidate in the reply of a shard: id and scores")
    stage_ms: float = _argument(50, "the longest that vectors or words of a shard may take")
    rate: float = _argument(20, "questions a second")
    busy: float = _argument(0.6, "share of the cores that questions may take")
    replicas: float = _argument(2, "copies that serve, should one machine fail")
    milvus_overhead: float = _argument(1.2, "memory of Milvus over that of its index")
    # A machine, and what is usual in November 2026 on demand; low and high of public lists.
    cores: float = _argument(16, "cores of a machine")
    memory_gb: float = _argument(128, "memory of a machine")
    disk_gb: float = _argument(3_750, "NVMe of a machine")
    usable: float = _argument(0.75, "share of memory and disk that may be filled")
    machine_low: float = _argument(0.9, "such a machine, dollars an hour, low")
    machine_high: float = _argument(1.6, "such a machine, dollars an hour, high")
    object_month: float = _argument(0.023, "object storage, dollars a GB and month")
    gpu_per_s: float = _argument(5_000, "passages that a small GPU embeds a second")
    gpu_hour: float = _argument(1.0, "a small GPU, dollars an hour")


@dataclass(frozen=True, slots=True)
class Form:
    """A form of vector index: bytes a passage in memory and on disk, and ms at n passages.

    Of the milliseconds, no core works in ``waiting_ms``. ``build_s`` are core-seconds.
    """

    name: str
    milvus: str
    memory: float
    disk: float
    ms: Callable[[float], float]
    recall: str = "not measured"
    waiting_ms: float = 0.0
    build_s: Callable[[float], float] | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What n passages need with one form of index.

    A shard is what one core searches for a question; a machine has as many as fit.
    """

    passages: float
    form: Form
    shards: int
    by_memory: int
    by_disk: int
    by_cores: int
    query_nodes: int
    question_ms: float
    network_kb: float
    build_hours: float | None
    month_low: float
    month_high: float

    @property
    def machines(self) -> int:
        """All machines that search."""
        return max(self.by_memory, self.by_disk, self.by_cores)

    @property
    def bound_by(self) -> str:
        """What they are needed for."""
        needs = {"cores": self.by_cores, "disk": self.by_disk, "memory": self.by_memory}
        return max(needs, key=lambda name: needs[name])


def stored(inputs: Inputs) -> dict[str, float]:
    """Return the bytes on disk of one passage, part by part."""
    return {
        "vector, float32": 4 * inputs.dim,
        "signs of tokens": inputs.tokens * math.ceil(inputs.dim / 8),
        "ids and places of tokens": inputs.tokens * 8,
        "text": inputs.text_bytes,
        "catalogue": inputs.catalogue_bytes,
        "words": inputs.words_bytes,
    }


def forms(inputs: Inputs) -> list[Form]:
    """Return the forms of vector index.

    Exact search reads every vector. Lists number some four times the root of the passages, and a
    fixed number of them is read, so that their cost grows with that root; a graph's with the
    logarithm. Vectors lie on disk too, to be loaded or re-scored from.
    """
    raw = 4 * inputs.dim
    at_root: Callable[[float], float] = lambda n: math.sqrt(n / MILLION)  # noqa: E731 - a rule
    at_log: Callable[[float], float] = lambda n: math.log(n) / math.log(MILLION)  # noqa: E731
    links = 2 * inputs.hnsw_links * 4 * (1 + 1 / inputs.hnsw_links)
    rescoring = inputs.rescored_ms - inputs.lists_ms
    reads = inputs.candidates / inputs.reads_at_once * inputs.read_ms
    page = 4096 * math.ceil((raw + 4 * inputs.diskann_degree) / 4096)
    waits = inputs.diskann_reads * inputs.read_ms
    return [
        Form(
            "exact", "FLAT", raw, raw, lambda n: inputs.exact_ms * n / MILLION, "1",
            build_s=lambda _: 0,
        ),
        Form(
            "HNSW", "HNSW", raw + links, raw, lambda n: inputs.hnsw_ms * at_log(n), "0.998",
            build_s=lambda n: 2 * inputs.hnsw_build_s * n / MILLION * at_log(n),
        ),
        Form(
            "IVF, SQ8, re-scored", "IVF_SQ8", inputs.dim + 8, raw,
            lambda n: inputs.lists_ms * at_root(n) + rescoring, "0.985",
            # Every vector is compared with every list.
            build_s=lambda n: 2 * inputs.lists_build_s * n / MILLION * at_root(n),
        ),
        Form(
            "IVF, PQ, re-scored", "IVF_PQ", inputs.pq_bytes + 8, raw,
            lambda n: inputs.lists_ms * at_root(n) + reads, waiting_ms=reads,
        ),
        Form(
            "graph on disk", "DISKANN", inputs.diskann_share * raw, page,
            lambda n: waits * at_log(n), waiting_ms=waits,
        ),
    ]  # fmt: skip


def words_ms(passages: float, inputs: Inputs) -> float:
    """Return what the words of a question take in one shard."""
    return inputs.words_ms * math.pow(passages / 100_000, inputs.words_growth)


def _most_in_time(ms: Callable[[float], float], inputs: Inputs) -> float:
    """Return how many passages a stage searches in the time that it may take."""
    low, high = 1.0, 1e13
    while high / low > 1 + 1e-9:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if ms(middle) <= inputs.stage_ms else (low, middle)
    return low


def deploy(passages: float, form: Form, inputs: Inputs) -> Deployment:
    """Return what ``passages`` need, every question going to all shards of one copy."""
    a_shard = min(
        _most_in_time(form.ms, inputs), _most_in_time(lambda n: words_ms(n, inputs), inputs)
    )
    shards = math.ceil(passages / a_shard)
    each = passages / shards
    searching = form.ms(each) + words_ms(each, inputs) + inputs.tokens_ms
    core_ms = shards * (searching - form.waiting_ms)

    def copies_of(bytes_a_passage: float, gigabytes: float) -> int:
        whole = passages * bytes_a_passage / GB
        return int(inputs.replicas) * math.ceil(whole / (inputs.usable * gigabytes))

    parts = stored(inputs)
    by_memory = copies_of(form.memory, inputs.memory_gb)
    by_disk = copies_of(sum(parts.values()) - parts["vector, float32"] + form.disk, inputs.disk_gb)
    by_cores = math.ceil(inputs.rate * core_ms / (1000 * inputs.cores * inputs.busy))
    kept = passages * sum(parts.values()) / GB * inputs.object_month
    hours = max(by_memory, by_disk, by_cores) * _HOURS_A_MONTH
    reads = inputs.candidates / inputs.reads_at_once * inputs.read_ms
    build_hours = shards * form.build_s(each) / 3600 if form.build_s else None
    return Deployment(
        passages,
        form,
        shards,
        by_memory,
        by_disk,
        by_cores,
        copies_of(form.memory * inputs.milvus_overhead, inputs.memory_gb),
        inputs.embedding_ms + inputs.network_ms + searching + reads,
        shards * (4 * inputs.dim + inputs.candidates * inputs.reply_bytes) / 1000,
        build_hours,
        hours * inputs.machine_low + kept,
        hours * inputs.machine_high + kept,
    )


def embedding(passages: float, inputs: Inputs) -> tuple[float, float, float, float]:
    """Return core-hours of embedding and their dollars, then GPU-hours and theirs."""
    core_hours = passages / inputs.embedded_per_s / 3600
    price = (inputs.machine_low + inputs.machine_high) / 2 / inputs.cores
    gpu_hours = passages / inputs.gpu_per_s / 3600
    return core_hours, core_hours * price, gpu_hours, gpu_hours * inputs.gpu_hour
