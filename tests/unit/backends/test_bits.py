"""The graph that multiplies bits is what its comment says."""

import onnx
from onnx import TensorProto, helper

from briefqa.backends.onnx import bits


def test_the_graph_is_one_product_of_whole_numbers() -> None:
    """Its bytes stand in the code, since building them would take longer than a question."""
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "bits",
        [
            tensor("a", TensorProto.UINT8, [None, None]),
            tensor("b", TensorProto.INT8, [None, None]),
        ],
        [tensor("c", TensorProto.INT32, [None, None])],
    )
    expected = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 10)], ir_version=4)

    found = onnx.load_from_string(bits.GRAPH)

    assert found == expected
    onnx.checker.check_model(found)
