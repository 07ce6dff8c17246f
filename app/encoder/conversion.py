"""Names of tensors, as PyTorch's BERT or PaddleNLP's has them -> PaddleNLP's names of the bare encoder, and its layout.

bert.encoder.layer.0.attention.self.query.weight [out, in]   ->   encoder.layers.0.self_attn.q_proj.weight [in, out]
bert.embeddings.LayerNorm.gamma                              ->   embeddings.layer_norm.weight
"""

from __future__ import annotations

import re
from typing import Dict, Iterable

import numpy as np

from app.errors import UserError

ANCHOR = "embeddings.word_embeddings.weight"  # in every such model, under whatever prefix its encoder has
PARTS = {
    "attention.self.query": "self_attn.q_proj",
    "attention.self.key": "self_attn.k_proj",
    "attention.self.value": "self_attn.v_proj",
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1",
    "output.dense": "linear2",
    "output.LayerNorm": "norm2",
}
OF_PYTORCH = re.compile(r"encoder\.layer\.(\d+)\.(.+)\.(weight|bias)")
OF_PADDLE = re.compile(r"encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")
BUFFERS = re.compile(r"embeddings\.(position_ids|token_type_ids)")  # which some PyTorch files hold
OF_ENCODER = re.compile(r"(embeddings|embeddings_project|encoder|pooler)\.")


def to_paddle(arrays: Dict[str, np.ndarray], source: str) -> Dict[str, np.ndarray]:
    """The encoder's tensors under PaddleNLP's names and in its layout; heads of other tasks are left out.

    What layout the file has is told by its names alone: a square matrix fits both ways. Raises UserError where that is not clear.
    """
    prefix = _prefix(arrays, source)
    found: Dict[str, np.ndarray] = {}
    for full, array in arrays.items():
        name = re.sub(r"LayerNorm\.(gamma|beta)$", _gamma_beta, full[len(prefix) :]) if full.startswith(prefix) else ""
        if not OF_ENCODER.match(name) or BUFFERS.fullmatch(name):
            continue
        if name in found and not np.array_equal(found[name], array):
            raise UserError(f"{source}: has {full} twice, with different values")
        found[name] = array
    pytorch, paddle = (any(map(pattern.fullmatch, found)) for pattern in (OF_PYTORCH, OF_PADDLE))
    if pytorch == paddle:
        raise UserError(f"{source}: names its layers {'in two ways' if paddle else 'as no BERT does'}; what is it?")
    return _converted(found, source) if pytorch else found


def _converted(found: Dict[str, np.ndarray], source: str) -> Dict[str, np.ndarray]:
    converted: Dict[str, np.ndarray] = {}
    for name, array in found.items():
        target = _paddle_name(name)
        if target in converted:
            raise UserError(f"{source}: has two tensors for one place, {target}; {name} is one of them")
        converted[target] = _turned(name, array)
    return converted


def _prefix(names: Iterable[str], source: str) -> str:
    found = [name[: -len(ANCHOR)] for name in names if name == ANCHOR or name.endswith(f".{ANCHOR}")]
    if len(found) != 1:
        raise UserError(f"{source}: has {len(found) or 'no'} tensors {ANCHOR}; one encoder is needed")
    return found[0]


def _gamma_beta(match: "re.Match[str]") -> str:
    return "LayerNorm." + {"gamma": "weight", "beta": "bias"}[match[1]]


def _paddle_name(name: str) -> str:
    layer = OF_PYTORCH.fullmatch(name)
    if layer and layer[2] in PARTS:  # a part under any other name stays as it is, and has no place in the encoder
        number, part, kind = layer.groups()
        return f"encoder.layers.{number}.{PARTS[part]}.{kind}"
    return name.replace("embeddings.LayerNorm.", "embeddings.layer_norm.")


def _turned(name: str, array: np.ndarray) -> np.ndarray:
    """Weights of linear layers are [out, in] in PyTorch and [in, out] in Paddle; embeddings are alike."""
    linear = array.ndim == 2 and not name.startswith("embeddings.")
    return np.ascontiguousarray(array.T) if linear else array
