"""Products of bits with whole numbers, on the processor's instructions for these."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# One node, MatMulInteger of opset 10: "a", uint8, times "b", int8, is "c", int32.
GRAPH = bytes.fromhex(
    "08043a530a180a01610a0162120163220d4d61744d756c496e74656765721204626974735a0f0a01"
    "61120a0a08080212040a000a005a0f0a0162120a0a08080312040a000a00620f0a0163120a0a0808"
    "0612040a000a0042040a00100a"
)

# Of as many the bits, a byte each, stay in the cache of a core.
_CODES_AT_ONCE = 1024


def bit_products(codes: NDArray[np.uint8], rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return what each row sums to where the bits of each code are set, shape (codes, rows).

    The rows are multiplied in two halves of 8 bits each, of which nothing is lost.

    Args:
        codes: Shape (codes, bytes), the first bit the lowest.
        rows: Shape (rows, dim), dim at most eight times the bytes, each from -16,256 to 16,256.
    """
    high = (rows + 64) >> 7
    halves = np.concatenate((high, rows - (high << 7))).astype(np.int8)
    columns = np.ascontiguousarray(halves.T)
    products = np.empty((len(codes), len(rows)), dtype=np.int32)
    for start in range(0, len(codes), _CODES_AT_ONCE):
        part = codes[start : start + _CODES_AT_ONCE]
        bits = np.unpackbits(part, axis=1, count=rows.shape[1], bitorder="little")
        [both] = _session().run(None, {"a": bits, "b": columns})
        found = products[start : start + len(part)]
        np.left_shift(both[:, : len(rows)], 7, out=found)
        found += both[:, len(rows) :]
    return products


@lru_cache(1)
def _session() -> Any:  # noqa: ANN401 - onnxruntime ships no types
    import onnxruntime  # noqa: PLC0415 - slow to import, and not every command asks

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Each thread would keep what its largest product took.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        GRAPH, sess_options=options, providers=["CPUExecutionProvider"]
    )
