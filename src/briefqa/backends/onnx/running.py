"""Runs a graph over token ids, in batches of one length."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Past what fits the caches, larger batches are slower: 380 paragraphs took 3.7 s with 512
# to 1024 tokens, 4.5 s with 2048 and 6.5 s with 4096 or 8192 (two cores).
_TOKENS_PER_BATCH = 768


def run_batches(
    session: Any,  # noqa: ANN401 - onnxruntime ships no types
    encodings: Sequence[Any],  # the tokenizers library does not name the type of its results
    rows: NDArray[np.float32],
) -> None:
    """Fill ``rows`` with the graph's output for each encoding, in their order.

    No row is padded, so nothing is computed in vain, and a result does not
    depend on what it shared a batch with.
    """
    names = [each.name for each in session.get_inputs()]
    for positions in equal_lengths([len(each.ids) for each in encodings]):
        ids = np.array([encodings[position].ids for position in positions], dtype=np.int64)
        types = np.array([encodings[position].type_ids for position in positions], dtype=np.int64)
        whole: Mapping[str, NDArray[np.int64]] = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": types,
        }
        rows[positions] = session.run(None, {name: whole[name] for name in names})[0]


def equal_lengths(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield positions in batches of one length each, as many as fit well at once."""
    by_length: dict[int, list[int]] = {}
    for position, length in enumerate(lengths):
        by_length.setdefault(length, []).append(position)
    for length in sorted(by_length):
        positions = by_length[length]
        size = max(1, _TOKENS_PER_BATCH // max(1, length))
        for start in range(0, len(positions), size):
            yield positions[start : start + size]


def encodable(text: str) -> str:
    """Replace lone surrogates, one code point each, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def session_of(graph: Path, threads: int) -> Any:  # noqa: ANN401 - onnxruntime ships no types
    """Open a graph, its inputs and outputs as they were exported."""
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    # The graph was optimised when it was exported; doing so again would only delay the start.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads fight whatever else wants the cores. A question and its search among
    # 20,000 vectors (median of 60, two cores): 23 ms with spinning and 8.5 ms without while
    # others were busy, 5.3 ms and 5.6 ms while idle.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        str(graph), sess_options=options, providers=["CPUExecutionProvider"]
    )
