"""Reads the arrays of pickled weight files, PyTorch's and Paddle's, without running any code in them.

pytorch_model.bin        a zip file: data.pkl, and one file per storage. Before PyTorch 1.6: several pickles, then the storages
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

# The names that a pickle of weights may call. `find_class` refuses all others, because a crafted file could run any command.
ALLOWED = {
    ("collections", "OrderedDict"), ("_codecs", "encode"), ("builtins", "tuple"), ("numpy", "ndarray"), ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"),
}  # fmt: skip
STORAGE_DTYPES = {  # PyTorch's class of a storage -> NumPy's type; NumPy has no bfloat16
    "FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "bf16", "DoubleStorage": "<f8", "LongStorage": "<i8",
    "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "<i1", "ByteStorage": "<u1", "BoolStorage": "|b1",
}  # fmt: skip
STATE_KEYS = ("state_dict", "model_state_dict", "model")  # under which training scripts save the weights, beside other state
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of a file written before PyTorch 1.6
SPLIT_TENSORS = "UnpackBigParamInfor@@"  # Paddle splits a tensor of more than 4 GB; this entry describes the slices


class _StorageType:
    """Stands for a PyTorch storage class in the pickle."""

    def __init__(self, dtype: str):
        self.dtype = dtype


class _Tensor:
    """A tensor of PyTorch. Its storage, a list [dtype, bytes], may be read after the tensor."""

    def __init__(self, storage: list, offset: int, shape: Tuple[int, ...], strides: Tuple[int, ...], *_: Any):
        self.storage, self.offset, self.shape, self.strides = storage, offset, tuple(shape), tuple(strides)

    def array(self) -> np.ndarray:
        """The values in the storage's type; bfloat16 becomes float32. Raises ValueError if they exceed the storage."""
        dtype, content = self.storage
        values = bf16_to_float32(np.frombuffer(content, "<u2")) if dtype == "bf16" else np.frombuffer(content, dtype)
        last = self.offset + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides))
        if min((*self.strides, self.offset), default=0) < 0 or (0 not in self.shape and last >= len(values)):
            raise ValueError("a tensor extends beyond the end of its storage")
        byte_strides = [stride * values.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, byte_strides).copy()


class _ArraysOnly(pickle.Unpickler):
    """Reads a pickle that contains only arrays and containers. `storages`: filled with the storages that the pickle refers to."""

    def __init__(self, file: BinaryIO, storages: Dict[str, list]):
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        """The object for a name in the pickle. Raises UnpicklingError for a name that is not allowed."""
        if (module, name) in ALLOWED:
            return super().find_class(module, name)
        if module in ("torch", "torch.storage") and name in STORAGE_DTYPES:
            return _StorageType(STORAGE_DTYPES[name])
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        raise pickle.UnpicklingError(f"it calls {module}.{name}")

    def persistent_load(self, key: tuple) -> list:
        """The storage of PyTorch's key ("storage", type, number, device, size), as [dtype, bytes]; the bytes are read later."""
        storage = self._storages.setdefault(str(key[2]), [None, b""])
        storage[0] = key[1].dtype
        return storage


def read_pickle(path: Path) -> Dict[str, np.ndarray]:
    """The arrays of a PyTorch or Paddle weight file by name. Raises UserError if it is damaged or contains anything else."""
    try:
        if zipfile.is_zipfile(path):
            values = _read_zip(path)
        else:
            with open(path, "rb") as file:
                values = _read_stream(file)
        return _arrays(values)
    except Exception as problem:  # a damaged pickle can raise any exception
        raise UserError(f"{path}: cannot be read as a weight file that contains only arrays ({problem})") from problem


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
    """The values of a plain pickle, or of PyTorch's format before 1.6."""
    storages: Dict[str, list] = {}
    first = _ArraysOnly(file, storages).load()
    if first != LEGACY_MAGIC:
        return first
    _ArraysOnly(file, {}).load(), _ArraysOnly(file, {}).load()  # skipped: the version of the format, the machine's integer sizes
    values = _ArraysOnly(file, storages).load()
    for key in _ArraysOnly(file, {}).load():
        (count,) = struct.unpack("<q", file.read(8))
        dtype = storages[key][0]
        storages[key][1] = file.read(count * (2 if dtype == "bf16" else np.dtype(dtype).itemsize))
    return values


def _arrays(values: Any) -> Dict[str, np.ndarray]:
    """The arrays by name. Raises ValueError if `values` has no names."""
    if not isinstance(values, dict):
        raise ValueError("it contains no names")
    values = next((values[key] for key in STATE_KEYS if isinstance(values.get(key), dict)), values)
    arrays = {}
    for name, value in values.items():
        value = value[1] if isinstance(value, tuple) and len(value) == 2 else value  # Paddle: (internal name, array)
        if isinstance(value, _Tensor):
            arrays[name] = value.array()
        elif isinstance(value, np.ndarray):
            arrays[name] = bf16_to_float32(value) if value.dtype == np.uint16 else value  # Paddle's bfloat16 in NumPy
    for name, split in values.get(SPLIT_TENSORS, {}).items():
        slices = [arrays.pop(slice_name) for slice_name in split["slices"]]
        arrays[name] = np.concatenate([array.ravel() for array in slices]).reshape(split["OriginShape"])
    return arrays


def bf16_to_float32(bits: np.ndarray) -> np.ndarray:
    """bfloat16, stored as uint16 -> float32 of the same shape: bfloat16 is the upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
