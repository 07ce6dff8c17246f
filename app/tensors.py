"""Tensors on disk: safetensors files of this program, and strict loading into a model."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import numpy as np
import paddle
import safetensors
import safetensors.numpy

from app.errors import UserError


def model_arrays(model: paddle.nn.Layer) -> Dict[str, np.ndarray]:
    """The model's weights by name, float32."""
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def write_arrays(path: Path, arrays: Dict[str, np.ndarray]) -> None:
    """Writes arrays as a safetensors file that PaddleNLP reads (`format` says whose layout the weights have)."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with open(path, "wb") as file:  # not save_file: a full disk must be an OSError
        file.write(safetensors.numpy.save(contiguous, metadata={"format": "np"}))


def read_arrays(path: Path) -> Dict[str, np.ndarray]:
    """Reads a safetensors file of ours. Raises UserError where it is missing or damaged."""
    try:
        return safetensors.numpy.load_file(path)
    except (OSError, safetensors.SafetensorError) as problem:
        raise UserError(f"{path}: cannot be read as safetensors ({problem})") from problem


def load_strictly(model: paddle.nn.Layer, arrays: Dict[str, np.ndarray], source: str) -> None:
    """Sets all weights of the model. Raises UserError on a missing, unexpected or misshapen tensor: no random head."""
    own = model.state_dict()
    missing, unexpected = sorted(set(own) - set(arrays)), sorted(set(arrays) - set(own))
    shapes = {name: (list(arrays[name].shape), list(own[name].shape)) for name in own if name in arrays}
    misshapen = [f"{name} ({found}, not {needed})" for name, (found, needed) in shapes.items() if found != needed]
    for problem, names in (("lacks", missing), ("has an unexpected", unexpected), ("has another shape of", misshapen)):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise UserError(f"{source}: does not fit its config.json: it {problem} {names[0]}{more}")
    for name, tensor in own.items():
        tensor.set_value(paddle.to_tensor(arrays[name]).astype(tensor.dtype))
