"""The weight files of published models, PyTorch's or Paddle's, safetensors or pickles -> float32 arrays by name."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import numpy as np
import safetensors

from app.encoder.pickles import bf16_to_float32, read_pickle
from app.errors import UserError

NUMPY_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


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
