"""The exported graph in 8-bit integers, for ONNX Runtime: what rounding changes is kept small, and alike for every pair.

A matrix of weights is rounded once, with a scale for each output channel. What flows into it is rounded with a scale
for each token, found on the way (Yao et al. 2022, "ZeroQuant"):

    x @ W  ->  s_token * (round(x / s_token) @ round(W / s_channel)) * s_channel

So a pair's logits depend on nothing that stands beside it, as they would with one scale for a whole batch. Embeddings,
attention, norms and the classifier stay in float32.
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

NARROW = 16  # products with fewer outputs (the classifier's) stay as they are
ZERO = 128  # what stands for 0 among unsigned bytes


def write_int8(graph: Path, plain: Path, rounded: Path) -> None:
    """Writes `graph` (.json, with its weights beside it) as ONNX to `plain`, and its rounded form to `rounded`, each whole or
    not at all.
    """
    runtime.load_paddle(nlp=False)
    with atomic_file(plain) as temporary, quiet():
        import paddle2onnx

        paddle2onnx.export(str(graph), str(graph.with_suffix(".pdiparams")), str(temporary), opset_version=17)
    with atomic_file(rounded) as temporary:
        onnx.save(round_products(onnx.load(plain)), str(temporary))


def round_products(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with its products of states and weights in 8-bit integers."""
    graph = model.graph
    same = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"}
    weights = {tensor.name: tensor for tensor in graph.initializer}
    rounding, nodes = _Rounding(), []
    for node in graph.node:
        name = node.input[1] if node.op_type == "MatMul" else ""
        while name in same:
            name = same[name]
        if name in weights and len(weights[name].dims) == 2 and weights[name].dims[1] >= NARROW:
            nodes += rounding.product(node.input[0], numpy_helper.to_array(weights[name]), node.output[0])
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    tensors = [tensor for tensor in (*graph.initializer, *rounding.tensors) if tensor.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(tensors)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))  # MatMulIntegerToFloat
    return model


class _Rounding:
    """Makes the nodes and constants of rounded products; states that several products take are rounded once."""

    def __init__(self):
        self.tensors: list = []
        self._rounded: Dict[str, str] = {}
        self._constant("int8_zero", np.array(ZERO, np.uint8))
        self._constant("int8_one", np.array(1, np.float32))
        self._constant("int8_step", np.array(1 / (ZERO - 1), np.float32))
        self._constant("int8_tiny", np.array(1e-6, np.float32))
        self._constant("int8_flat", np.array([-1], np.int64))

    def product(self, states: str, weights: np.ndarray, output: str) -> list:
        """`states` [B, S, inputs] or [B, inputs] @ `weights` [inputs, outputs] -> `output`, all float32."""
        own, nodes = f"int8_{output}", []
        if states not in self._rounded:
            self._rounded[states] = f"int8_{states}"
            nodes += self._round(states, self._rounded[states], len(weights))
        rounded = self._rounded[states]
        scale = np.maximum(np.abs(weights).max(axis=0), 1e-12) / (ZERO - 1)
        whole = self._constant(own + "_weights", np.rint(weights / scale).astype(np.int8))
        scales = self._constant(own + "_scales", scale.astype(np.float32))
        outputs = self._constant(own + "_outputs", np.array([weights.shape[1]], np.int64))
        inputs = [rounded, whole, "int8_one", scales, "int8_zero"]
        return [
            *nodes,
            helper.make_node("MatMulIntegerToFloat", inputs, [own + "_product"], domain="com.microsoft"),
            helper.make_node("Mul", [own + "_product", rounded + "_scale"], [own + "_rows"]),
            helper.make_node("Concat", [rounded + "_places", outputs], [own + "_shape"], axis=0),
            helper.make_node("Reshape", [own + "_rows", own + "_shape"], [output]),
        ]

    def _round(self, states: str, name: str, width: int) -> list:
        """`states` -> `name`: uint8 [tokens, width], `name`_scale: float32 [tokens, 1], `name`_places: all but the width."""

        def node(kind: str, inputs: List[str], output: str, **attributes):
            return helper.make_node(kind, inputs, [name + output], **attributes)

        rows = self._constant(name + "_rows_shape", np.array([-1, width], np.int64))
        return [
            node("Reshape", [states, rows], "_rows"),
            node("ReduceMax", [name + "_rows"], "_most", axes=[1], keepdims=1),
            node("ReduceMin", [name + "_rows"], "_least", axes=[1], keepdims=1),
            node("Neg", [name + "_least"], "_turned"),
            node("Max", [name + "_most", name + "_turned", "int8_tiny"], "_largest"),
            node("Mul", [name + "_largest", "int8_step"], "_scale"),
            node("Reshape", [name + "_scale", "int8_flat"], "_flat"),
            node("Shape", [name + "_flat"], "_tokens"),
            node("Expand", ["int8_zero", name + "_tokens"], "_zeros"),
            node("QuantizeLinear", [name + "_rows", name + "_flat", name + "_zeros"], "", axis=0),
            node("Shape", [states], "_places", end=-1),
        ]

    def _constant(self, name: str, values: np.ndarray) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
