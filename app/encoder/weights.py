"""Weight files of published models (safetensors or pickles, of PyTorch or Paddle) -> float32 arrays by name."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import numpy as np
import safetensors

from app.encoder.pickles import bf16_to_float32, read_pickle
from app.errors import UserError

FLOAT_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}  # safetensors' names -> NumPy's; bfloat16 as its bits


def read_weights(files: List[Path]) -> Dict[str, np.ndarray]:
    """The floating-point tensors of these files by name, as float32.

    Raises UserError if a file is missing, damaged or not a weight file, or if two files contain the same name.
    """
    arrays: Dict[str, np.ndarray] = {}
    for file in files:
        _check_is_binary(file)
        file_arrays = _read_safetensors(file) if file.suffix == ".safetensors" else read_pickle(file)
        duplicates = sorted(file_arrays.keys() & arrays.keys())
        if duplicates:
            raise UserError(f"{file}: contains {duplicates[0]}, which another of the files contains too")
        arrays.update(file_arrays)
    # Integers are counts, positions, or weights of a quantized model, which have no meaning without their scales.
    weights = {name: array for name, array in arrays.items() if isinstance(name, str) and array.dtype.kind == "f"}
    return {name: array.astype(np.float32) for name, array in weights.items()}


def _check_is_binary(file: Path) -> None:
    """Raises UserError for the files that failed downloads often leave: empty, a Git LFS pointer, a web page."""
    try:
        with open(file, "rb") as content:
            first_bytes = content.read(64).lstrip()
    except OSError as problem:
        raise UserError(f"{file}: {problem.strerror}") from problem
    if not first_bytes:
        raise UserError(f"{file}: is empty")
    if first_bytes.startswith(b"version https://git-lfs"):
        raise UserError(f"{file}: a pointer of Git LFS, not the weights; download them (git lfs pull)")
    if first_bytes[:1] == b"<":
        raise UserError(f"{file}: a web page, not weights; the download failed")


def _read_safetensors(file: Path) -> Dict[str, np.ndarray]:
    try:
        tensors = safetensors.deserialize(file.read_bytes())
    except (OSError, safetensors.SafetensorError) as problem:
        raise UserError(f"{file}: cannot be read as safetensors ({problem})") from problem
    arrays = {}
    for name, tensor in tensors:
        if tensor["dtype"] in FLOAT_DTYPES:  # others are counts and positions, not weights
            values = np.frombuffer(tensor["data"], FLOAT_DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
            arrays[name] = bf16_to_float32(values) if tensor["dtype"] == "BF16" else values
    return arrays
