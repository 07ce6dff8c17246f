"""Writes and reads safetensors files, and loads them strictly into a model."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import numpy as np
import paddle
import safetensors
import safetensors.numpy

from app.errors import UserError


def model_arrays(model: paddle.nn.Layer) -> Dict[str, np.ndarray]:
    """The model's weights by name, as NumPy arrays."""
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def write_arrays(path: Path, arrays: Dict[str, np.ndarray]) -> None:
    """Writes arrays as a safetensors file. Its metadata entry `format` tells PaddleNLP which layout the weights have."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with open(path, "wb") as file:  # not save_file, which does not raise OSError when the disk is full
        file.write(safetensors.numpy.save(contiguous, metadata={"format": "np"}))


def read_arrays(path: Path) -> Dict[str, np.ndarray]:
    """Reads a file of `write_arrays`. Raises UserError if it is missing or damaged."""
    try:
        return safetensors.numpy.load_file(path)
    except (OSError, safetensors.SafetensorError) as problem:
        raise UserError(f"{path}: cannot be read as safetensors ({problem})") from problem


def load_strictly(model: paddle.nn.Layer, arrays: Dict[str, np.ndarray], source: str) -> None:
    """Sets all weights of the model. Raises UserError if a tensor is missing, unexpected or has another shape."""
    state = model.state_dict()
    missing, unexpected = sorted(set(state) - set(arrays)), sorted(set(arrays) - set(state))
    shapes = {name: (list(arrays[name].shape), list(state[name].shape)) for name in state if name in arrays}
    wrong_shapes = [f"{name} ({found}, not {expected})" for name, (found, expected) in shapes.items() if found != expected]
    for problem, names in (("lacks", missing), ("has an unexpected", unexpected), ("has another shape of", wrong_shapes)):
        if names:
            others = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise UserError(f"{source}: does not match its config.json: it {problem} {names[0]}{others}")
    for name, tensor in state.items():
        tensor.set_value(paddle.to_tensor(arrays[name]).astype(tensor.dtype))
