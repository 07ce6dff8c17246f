"""Tensors on disk: safetensors in and out, other people's files in every layout, strict loading into a model."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import numpy as np
import paddle
import safetensors
import safetensors.numpy

from app.encoder.pickles import bf16_to_float32, read_pickle
from app.errors import UserError

NUMPY_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


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


def read_weights(files: List[Path]) -> Dict[str, np.ndarray]:
    """The floating-point tensors of these files by name, as float32. Raises UserError where a file is no such file, or two
    of them have a tensor of one name.
    """
    arrays: Dict[str, np.ndarray] = {}
    for file in files:
        _check_is_binary(file)
        found = _read_safetensors(file) if file.suffix == ".safetensors" else read_pickle(file)
        twice = sorted(found.keys() & arrays.keys())
        if twice:
            raise UserError(f"{file}: has {twice[0]}, as another of the files has")
        arrays.update(found)
    # Integers are counts, positions, or the weights of a quantized model, which mean nothing without their scales.
    weights = {name: array for name, array in arrays.items() if isinstance(name, str) and array.dtype.kind == "f"}
    return {name: array.astype(np.float32) for name, array in weights.items()}


def _check_is_binary(file: Path) -> None:
    """Raises UserError for what a download often is instead of weights."""
    try:
        with open(file, "rb") as content:
            begin = content.read(64).lstrip()
    except OSError as problem:
        raise UserError(f"{file}: {problem.strerror}") from problem
    if not begin:
        raise UserError(f"{file}: is empty")
    if begin.startswith(b"version https://git-lfs"):
        raise UserError(f"{file}: a pointer of Git LFS, not the weights; fetch them (git lfs pull)")
    if begin[:1] == b"<":
        raise UserError(f"{file}: a web page, not weights; the download went wrong")


def _read_safetensors(file: Path) -> Dict[str, np.ndarray]:
    try:
        found = safetensors.deserialize(file.read_bytes())
    except (OSError, safetensors.SafetensorError) as problem:
        raise UserError(f"{file}: cannot be read as safetensors ({problem})") from problem
    arrays = {}
    for name, tensor in found:
        if tensor["dtype"] in NUMPY_TYPES:  # others are counts and positions, which are no weights
            values = np.frombuffer(tensor["data"], NUMPY_TYPES[tensor["dtype"]]).reshape(tensor["shape"])
            arrays[name] = bf16_to_float32(values) if tensor["dtype"] == "BF16" else values
    return arrays
