"""Tensors of PyTorch's BERT or of PaddleNLP -> the names and the layout of PaddleNLP's encoder without a head.

bert.encoder.layer.0.attention.self.query.weight [out, in]   ->   encoder.layers.0.self_attn.q_proj.weight [in, out]
bert.embeddings.LayerNorm.gamma                              ->   embeddings.layer_norm.weight
"""

from __future__ import annotations

import re
from typing import Dict, Iterable

import numpy as np

from app.errors import UserError

WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"  # in every model; what precedes it is the prefix of the encoder's names
SUBLAYERS = {  # names inside a layer: PyTorch's -> PaddleNLP's
    "attention.self.query": "self_attn.q_proj",
    "attention.self.key": "self_attn.k_proj",
    "attention.self.value": "self_attn.v_proj",
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1",
    "output.dense": "linear2",
    "output.LayerNorm": "norm2",
}
PYTORCH_LAYER = re.compile(r"encoder\.layer\.(\d+)\.(.+)\.(weight|bias)")
PADDLE_LAYER = re.compile(r"encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")
BUFFERS = re.compile(r"embeddings\.(position_ids|token_type_ids)")  # constants that some PyTorch files contain
ENCODER_TENSOR = re.compile(r"(embeddings|embeddings_project|encoder|pooler)\.")


def to_paddle(arrays: Dict[str, np.ndarray], source: str) -> Dict[str, np.ndarray]:
    """The encoder's tensors with PaddleNLP's names and layout. Heads of other tasks are left out.

    Only the names show which layout a file has: a square matrix is valid in both. Raises UserError, which names `source`, if the
    names are of neither layout or of both, or if two different tensors have the same name.
    """
    prefix = _prefix(arrays, source)
    encoder_arrays: Dict[str, np.ndarray] = {}
    for full_name, array in arrays.items():
        name = full_name[len(prefix) :] if full_name.startswith(prefix) else ""
        name = re.sub(r"LayerNorm\.(gamma|beta)$", _gamma_beta, name)
        if not ENCODER_TENSOR.match(name) or BUFFERS.fullmatch(name):
            continue
        if name in encoder_arrays and not np.array_equal(encoder_arrays[name], array):
            raise UserError(f"{source}: contains {full_name} twice, with different values")
        encoder_arrays[name] = array
    pytorch, paddle = (any(map(pattern.fullmatch, encoder_arrays)) for pattern in (PYTORCH_LAYER, PADDLE_LAYER))
    if pytorch and paddle:
        raise UserError(f"{source}: mixes the tensor names of PyTorch's BERT with those of PaddleNLP")
    if not pytorch and not paddle:
        raise UserError(f"{source}: has no encoder layer with the tensor names of PyTorch's BERT or of PaddleNLP")
    return _converted(encoder_arrays, source) if pytorch else encoder_arrays


def _converted(encoder_arrays: Dict[str, np.ndarray], source: str) -> Dict[str, np.ndarray]:
    converted: Dict[str, np.ndarray] = {}
    for name, array in encoder_arrays.items():
        target = _paddle_name(name)
        if target in converted:
            raise UserError(f"{source}: has two tensors for {target}; {name} is one of them")
        converted[target] = _transposed(name, array)
    return converted


def _prefix(names: Iterable[str], source: str) -> str:
    matches = [name for name in names if name == WORD_EMBEDDINGS or name.endswith(f".{WORD_EMBEDDINGS}")]
    if len(matches) != 1:
        raise UserError(f"{source}: has {len(matches) or 'no'} tensors {WORD_EMBEDDINGS}; exactly one encoder is needed")
    return matches[0][: -len(WORD_EMBEDDINGS)]


def _gamma_beta(match: "re.Match[str]") -> str:
    return "LayerNorm." + {"gamma": "weight", "beta": "bias"}[match[1]]


def _paddle_name(name: str) -> str:
    layer = PYTORCH_LAYER.fullmatch(name)
    if layer and layer[2] in SUBLAYERS:  # any other name is kept, so that strict loading reports it as unexpected
        number, sublayer, weight_or_bias = layer.groups()
        return f"encoder.layers.{number}.{SUBLAYERS[sublayer]}.{weight_or_bias}"
    return name.replace("embeddings.LayerNorm.", "embeddings.layer_norm.")


def _transposed(name: str, array: np.ndarray) -> np.ndarray:
    """The array in Paddle's layout. Weights of linear layers are [out, in] in PyTorch and [in, out] in Paddle; embeddings are
    the same in both.
    """
    is_linear = array.ndim == 2 and not name.startswith("embeddings.")
    return np.ascontiguousarray(array.T) if is_linear else array
