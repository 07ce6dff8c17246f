"""Matrix products in 8-bit integers: close to float32, with one scale per token."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from app.engine.quantize import quantize_products  # noqa: E402

WIDTH, OUTPUTS = 64, 48


def products(random):
    """A graph: x -> x @ W1, x @ W2 (through a node that only renames W2), and x @ W3, which has two outputs only."""
    matrices = {
        name: random.normal(size=(WIDTH, outputs)).astype(np.float32)
        for name, outputs in (("W1", OUTPUTS), ("W2", OUTPUTS), ("W3", 2))
    }
    nodes = [
        helper.make_node("Identity", ["W2"], ["renamed"]),
        helper.make_node("MatMul", ["x", "W1"], ["y1"]),
        helper.make_node("MatMul", ["x", "renamed"], ["y2"]),
        helper.make_node("MatMul", ["x", "W3"], ["y3"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", "length", WIDTH])
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("y1", "y2", "y3")]
    tensors = [numpy_helper.from_array(values, name) for name, values in matrices.items()]
    return helper.make_model(
        helper.make_graph(nodes, "products", [x], results, tensors), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )


def run(model: onnx.ModelProto, x: np.ndarray) -> list:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["y1", "y2", "y3"], {"x": x})


def test_products_are_close_for_tokens_of_any_size():
    random = np.random.default_rng(1)
    plain, x = products(random), random.normal(size=(3, 5, WIDTH)).astype(np.float32)
    x *= 10.0 ** random.integers(-3, 4, [3, 5, 1])  # vectors of very different sizes in one batch
    x[0, 0] = 0
    expected = run(plain, x)
    rounded = quantize_products(plain)
    assert [node.op_type for node in rounded.graph.node].count("QuantizeLinear") == 1  # shared by both products
    for one, other in zip(run(rounded, x), expected):
        error = np.linalg.norm(one - other, axis=-1) / np.maximum(np.linalg.norm(other, axis=-1), 1e-6)
        assert error.max() < 0.03
    np.testing.assert_array_equal(run(rounded, x)[2], expected[2])


def test_the_product_of_a_token_does_not_depend_on_other_tokens():
    random = np.random.default_rng(2)
    model, x = quantize_products(products(random)), random.normal(size=(4, 6, WIDTH)).astype(np.float32)
    x[3] *= 1000
    together = run(model, x)
    for row in range(4):
        for batch, alone in zip(together[:2], run(model, x[row : row + 1])):
            np.testing.assert_array_equal(batch[row], alone[0])
