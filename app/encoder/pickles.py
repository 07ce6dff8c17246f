"""Weights in pickles, PyTorch's and Paddle's: arrays are read, and nothing of them is ever run.

pytorch_model.bin        a zip with data.pkl and one file a storage; before PyTorch 1.6: pickles, then the storages
model_state.pdparams     one pickle of {name: array}
"""

from __future__ import annotations

import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, Dict, Tuple

import numpy as np

from app.errors import UserError

# What a pickle of weights may name. `find_class` refuses everything else: a crafted file would run its author's commands.
ALLOWED = {
    ("collections", "OrderedDict"), ("_codecs", "encode"), ("builtins", "tuple"), ("numpy", "ndarray"), ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"),
}  # fmt: skip
STORAGES = {
    "FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "bf16", "DoubleStorage": "<f8", "LongStorage": "<i8",
    "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "<i1", "ByteStorage": "<u1", "BoolStorage": "|b1",
}  # fmt: skip
WRAPPED = ("state_dict", "model_state_dict", "model")  # where a training script keeps the weights, beside its own state
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of a file of PyTorch before 1.6


class _Storage:
    """The name of a kind of storage, as PyTorch's pickles give it."""

    def __init__(self, kind: str):
        self.kind = kind


class _Tensor:
    """A tensor whose storage may still be to come."""

    def __init__(self, storage: list, offset: int, shape: Tuple[int, ...], strides: Tuple[int, ...], *_: Any):
        self.storage, self.offset, self.shape, self.strides = storage, offset, tuple(shape), tuple(strides)

    def array(self) -> np.ndarray:
        """float32, or the integers that they are."""
        kind, raw = self.storage
        values = bf16_to_float32(np.frombuffer(raw, "<u2")) if kind == "bf16" else np.frombuffer(raw, kind)
        last = self.offset + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides))
        if min((*self.strides, self.offset), default=0) < 0 or (0 not in self.shape and last >= len(values)):
            raise ValueError("a tensor reaches over the end of its storage")
        steps = [stride * values.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, steps).copy()


class _ArraysOnly(pickle.Unpickler):
    """Reads a pickle in which only arrays and containers may occur."""

    def __init__(self, file: BinaryIO, storages: Dict[str, list]):
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        """Refuses everything that is not on the list."""
        if (module, name) in ALLOWED:
            return super().find_class(module, name)
        if module in ("torch", "torch.storage") and name in STORAGES:
            return _Storage(STORAGES[name])
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        raise pickle.UnpicklingError(f"it calls {module}.{name}")

    def persistent_load(self, key: tuple) -> list:
        """A storage, by its number: [kind, bytes]."""
        storage = self._storages.setdefault(str(key[2]), [None, b""])
        storage[0] = key[1].kind
        return storage


def read_pickle(path: Path) -> Dict[str, np.ndarray]:
    """The arrays of a PyTorch or Paddle weights file, by name. Raises UserError where it holds anything else, or is damaged."""
    try:
        if zipfile.is_zipfile(path):
            values = _read_zip(path)
        else:
            with open(path, "rb") as file:
                values = _read_stream(file)
        return _arrays(values)
    except Exception as problem:  # a damaged pickle raises whatever it likes
        raise UserError(f"{path}: cannot be read as a file of weights, arrays and nothing else ({problem})") from problem


def _read_zip(path: Path) -> Any:
    storages: Dict[str, list] = {}
    with zipfile.ZipFile(path) as archive:
        (main,) = [name for name in archive.namelist() if name.endswith("data.pkl")]
        with archive.open(main) as file:
            values = _ArraysOnly(file, storages).load()
        for key, storage in storages.items():
            storage[1] = archive.read(f"{main[: -len('data.pkl')]}data/{key}")
    return values


def _read_stream(file: BinaryIO) -> Any:
    storages: Dict[str, list] = {}
    first = _ArraysOnly(file, storages).load()
    if first != LEGACY_MAGIC:
        return first
    _ArraysOnly(file, {}).load(), _ArraysOnly(file, {}).load()  # the protocol, and what machine wrote it
    values = _ArraysOnly(file, storages).load()
    for key in _ArraysOnly(file, {}).load():
        (count,) = struct.unpack("<q", file.read(8))
        kind = storages[key][0]
        storages[key][1] = file.read(count * (2 if kind == "bf16" else np.dtype(kind).itemsize))
    return values


def _arrays(values: Any) -> Dict[str, np.ndarray]:
    if not isinstance(values, dict):
        raise ValueError("it holds no names")
    values = next((values[name] for name in WRAPPED if isinstance(values.get(name), dict)), values)
    cut = values.get("UnpackBigParamInfor@@", {})  # how Paddle cuts a tensor of more than 4 GB
    arrays = {}
    for name, value in values.items():
        value = value[1] if isinstance(value, tuple) and len(value) == 2 else value  # Paddle's (own name, array)
        if isinstance(value, _Tensor):
            arrays[name] = value.array()
        elif isinstance(value, np.ndarray):
            arrays[name] = bf16_to_float32(value) if value.dtype == np.uint16 else value  # Paddle's bfloat16 in NumPy
    for name, parts in cut.items():
        slices = [arrays.pop(part) for part in parts["slices"]]
        arrays[name] = np.concatenate([part.ravel() for part in slices]).reshape(parts["OriginShape"])
    return arrays


def bf16_to_float32(bits: np.ndarray) -> np.ndarray:
    """bfloat16, held as uint16, is the upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
