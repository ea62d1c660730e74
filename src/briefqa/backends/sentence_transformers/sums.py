"""Makes the vector of a text the same to the last bit, whatever shares a batch with it."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onnx import NodeProto, TensorProto

_SUMS = {"ReduceSum", "ReduceMean"}
_TOKENS = [1]
"""The axis that a pooled vector is summed over, of (texts, tokens, dim)."""


def sum_alike_in_every_batch(path: Path) -> None:
    """Rewrite the graph at ``path``, so that one text is summed over as several are.

    onnxruntime adds the rows of one matrix in another order than those of several. Each sum
    over tokens is therefore made of its texts twice, of which the second half is let go.
    """
    import onnx  # noqa: PLC0415 - slow to import, and only an export needs it

    # Weights that lie beside the graph stay there.
    model = onnx.load(path, load_external_data=False)
    graph = model.graph
    numbers = {each.name: each for each in graph.initializer}
    numbers |= {
        node.output[0]: each.t
        for node in graph.node
        if node.op_type == "Constant"
        for each in node.attribute
        if each.name == "value"
    }
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        if node.op_type not in _SUMS or _axes(node, numbers) != _TOKENS:
            graph.node.append(node)
            continue
        [summed], texts = node.output, node.input[0]
        twice, both, second = (f"{summed}/{part}" for part in ("twice", "both", "second"))
        node.input[0], node.output[0] = twice, both
        graph.node.extend(
            [
                onnx.helper.make_node("Concat", [texts, texts], [twice], axis=0),
                node,
                onnx.helper.make_node("Split", [both], [summed, second], axis=0),
            ]
        )
    onnx.save(model, path)


def _axes(node: "NodeProto", numbers: "Mapping[str, TensorProto]") -> list[int] | None:
    """Return the axes that a node reduces, where the graph itself says which."""
    from onnx import numpy_helper  # noqa: PLC0415 - as above

    said = [list(each.ints) for each in node.attribute if each.name == "axes"]
    said += [
        numpy_helper.to_array(numbers[name]).reshape(-1).tolist()
        for name in node.input[1:]
        if name in numbers
    ]
    return said[0] if said else None
