"""Runs a graph over token ids, in batches of one length."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Past what fits the caches, larger batches are slower. Of 60 lengths from 20 to 254 a core took
# 7,400 tokens a second with 256 or 384 at once, 6,900 with 512 and 6,800 with 768; and what two
# of them hold while they run grew from 30 to 100 MB.
_TOKENS_PER_BATCH = 384
_BATCHES_AT_ONCE = 8

_Ran: TypeAlias = tuple[list[int], list[NDArray[np.float32]]]
"""Positions of texts, and the graph's outputs for them."""


@dataclass(frozen=True, slots=True)
class OpenedModel:
    """A graph and its tokenizer, which neither pads nor cuts off.

    ``tokenizer_json`` is what the tokenizer was made of. ``threads`` is how many batches may
    run at a time.
    """

    session: Any  # onnxruntime ships no types
    tokenizer: "Tokenizer"
    tokenizer_json: str
    threads: int


def run_batches(
    opened: OpenedModel,
    encodings: Sequence[Any],  # the tokenizers library does not name the type of its results
    *,
    alone: bool = False,
) -> Iterator[_Ran]:
    """Yield positions of ``encodings``, and the graph's outputs for these, batch by batch.

    No row is padded, so nothing is computed in vain, and what a result shared a
    batch with does not show in it; ``alone``, it shares it with nothing.
    Each batch runs on one core, as many at a time as there are: shared between
    cores, sums would come out in another order.
    """
    session = opened.session
    names = [each.name for each in session.get_inputs()]

    def run(positions: list[int]) -> _Ran:
        ids = np.array([encodings[position].ids for position in positions], dtype=np.int64)
        types = np.array([encodings[position].type_ids for position in positions], dtype=np.int64)
        whole: Mapping[str, NDArray[np.int64]] = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": types,
        }
        return positions, session.run(None, {name: whole[name] for name in names})

    lengths = [len(each.ids) for each in encodings]
    batches = [[each] for each in range(len(lengths))] if alone else list(equal_lengths(lengths))
    if len(batches) <= 1 or opened.threads == 1:
        yield from map(run, batches)
        return
    pool = _pool(opened.threads)
    waiting: deque[Future[_Ran]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(run, batch))
            # Not all at once: what has been computed waits in memory until it is taken.
            if len(waiting) == _BATCHES_AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for each in waiting:
            each.cancel()


@lru_cache
def _pool(threads: int) -> ThreadPoolExecutor:
    # Kept: threads that come and go leave holes in memory.
    return ThreadPoolExecutor(threads, thread_name_prefix="briefqa-model")


def equal_lengths(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield positions in batches of one length each, as many as fit well at once.

    The longest come first: at the end no core waits for another for long.
    """
    by_length: dict[int, list[int]] = {}
    for position, length in enumerate(lengths):
        by_length.setdefault(length, []).append(position)
    for length in sorted(by_length, reverse=True):
        positions = by_length[length]
        size = max(1, _TOKENS_PER_BATCH // max(1, length))
        for start in range(0, len(positions), size):
            yield positions[start : start + size]


def encodable(text: str) -> str:
    """Replace lone surrogates, one code point each, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()


def session_of(graph: Path) -> Any:  # noqa: ANN401 - onnxruntime ships no types
    """Open a graph, its inputs and outputs as they were exported."""
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    # The graph was optimised when it was exported; doing so again would only delay the start.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # One: with more, how a sum is split between cores shows in its last digits.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(graph), sess_options=options, providers=["CPUExecutionProvider"]
    )
