"""The exported graph in 8-bit integers, for ONNX Runtime.

A weight matrix is quantized once, with a scale for each output channel. Its input is quantized with a scale for each token,
computed at run time (Yao et al. 2022, "ZeroQuant"):

    x @ W  ->  s_token * (round(x / s_token) @ round(W / s_channel)) * s_channel

With one scale for a whole batch, the logits of a pair would depend on the other pairs of its batch; here they do not.
Embeddings, the products inside attention (Q with K, weights with V), layer norms and a classifier of fewer than 16 labels stay in
float32.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import numpy as np
import onnx
from onnx import helper, numpy_helper

from app import runtime
from app.atomic import atomic_file
from app.quiet import quiet

MIN_OUTPUTS = 16  # matrix products with fewer outputs (a classifier of few labels) stay in float32
ZERO_POINT = 128  # the unsigned byte that means 0


def write_int8(graph: Path, float32: Path, int8: Path) -> None:
    """Converts `graph` (.json, with its weights beside it) to ONNX: `float32`, and quantized, `int8`. Both atomically."""
    runtime.load_paddle(nlp=False)
    with atomic_file(float32) as temporary, quiet():
        import paddle2onnx

        paddle2onnx.export(str(graph), str(graph.with_suffix(".pdiparams")), str(temporary), opset_version=17)
    with atomic_file(int8) as temporary:
        onnx.save(quantize_products(onnx.load(float32)), str(temporary))


def quantize_products(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with its products of hidden states and weight matrices in 8-bit integers."""
    graph = model.graph
    same = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"}
    weights = {tensor.name: tensor for tensor in graph.initializer}
    quantizer, nodes = _Quantizer(), []
    for node in graph.node:
        name = node.input[1] if node.op_type == "MatMul" else ""
        while name in same:
            name = same[name]
        if name in weights and len(weights[name].dims) == 2 and weights[name].dims[1] >= MIN_OUTPUTS:
            nodes += quantizer.product(node.input[0], numpy_helper.to_array(weights[name]), node.output[0])
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    tensors = [tensor for tensor in (*graph.initializer, *quantizer.tensors) if tensor.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(tensors)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))  # MatMulIntegerToFloat
    return model


class _Quantizer:
    """Makes the nodes and constants of quantized products. Hidden states that several products read are quantized once."""

    def __init__(self):
        self.tensors: list = []
        self._quantized: Dict[str, str] = {}
        self._constant("int8_zero", np.array(ZERO_POINT, np.uint8))
        self._constant("int8_one", np.array(1, np.float32))
        self._constant("int8_step", np.array(1 / (ZERO_POINT - 1), np.float32))
        self._constant("int8_tiny", np.array(1e-6, np.float32))
        self._constant("int8_flat", np.array([-1], np.int64))

    def product(self, states: str, weights: np.ndarray, output: str) -> list:
        """`states` [B, S, inputs] or [B, inputs] @ `weights` [inputs, outputs] -> `output`, all float32."""
        own, nodes = f"int8_{output}", []
        if states not in self._quantized:
            self._quantized[states] = f"int8_{states}"
            nodes += self._quantize(states, self._quantized[states], len(weights))
        quantized = self._quantized[states]
        scale = np.maximum(np.abs(weights).max(axis=0), 1e-12) / (ZERO_POINT - 1)
        integers = self._constant(own + "_weights", np.rint(weights / scale).astype(np.int8))
        scales = self._constant(own + "_scales", scale.astype(np.float32))
        outputs = self._constant(own + "_outputs", np.array([weights.shape[1]], np.int64))
        inputs = [quantized, integers, "int8_one", scales, "int8_zero"]
        return [
            *nodes,
            helper.make_node("MatMulIntegerToFloat", inputs, [own + "_product"], domain="com.microsoft"),
            helper.make_node("Mul", [own + "_product", quantized + "_scale"], [own + "_rows"]),
            helper.make_node("Concat", [quantized + "_shape", outputs], [own + "_shape"], axis=0),
            helper.make_node("Reshape", [own + "_rows", own + "_shape"], [output]),
        ]

    def _quantize(self, states: str, name: str, width: int) -> list:
        """`states` -> `name` uint8 [tokens, width], `name`_scale float32 [tokens, 1], `name`_shape: the leading dimensions."""

        def node(operation: str, inputs: List[str], output: str, **attributes):
            return helper.make_node(operation, inputs, [name + output], **attributes)

        rows = self._constant(name + "_rows_shape", np.array([-1, width], np.int64))
        return [
            node("Reshape", [states, rows], "_rows"),
            node("ReduceMax", [name + "_rows"], "_max", axes=[1], keepdims=1),
            node("ReduceMin", [name + "_rows"], "_min", axes=[1], keepdims=1),
            node("Neg", [name + "_min"], "_negative_min"),
            node("Max", [name + "_max", name + "_negative_min", "int8_tiny"], "_largest"),
            node("Mul", [name + "_largest", "int8_step"], "_scale"),
            node("Reshape", [name + "_scale", "int8_flat"], "_flat"),
            node("Shape", [name + "_flat"], "_tokens"),
            node("Expand", ["int8_zero", name + "_tokens"], "_zeros"),
            node("QuantizeLinear", [name + "_rows", name + "_flat", name + "_zeros"], "", axis=0),
            node("Shape", [states], "_shape", end=-1),
        ]

    def _constant(self, name: str, values: np.ndarray) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
