"""What a comparison of the engines has measured on this machine: read and written beside the exported graph.

A record: {"processor", "threads", "libraries", "pairs", "engines": {NAME: {"pairs_per_second", "difference", "changed"}}}, where
`difference` is the largest difference of a probability from the reference's, `changed` the share of changed decisions (0 to 1).
An engine that cannot run has {"cannot_run": reason} instead.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Dict

import numpy as np

from app import machine, runtime
from app.atomic import read_json
from app.engine.export import writable_file
from app.errors import UserError

LIBRARIES = ("paddlepaddle", "paddlepaddle-gpu", "onnxruntime", "onnx", "paddle2onnx")  # another version: compare again


def this_machine(device: str) -> Dict[str, Any]:
    """What the speed and the rounding of engines depend on."""
    processor = runtime.gpu_name() if runtime.uses_gpu(device) else machine.cpu_name()
    return {"processor": processor, "threads": runtime.thread_count(), "libraries": _versions()}


def _versions() -> Dict[str, str]:
    """Versions of the installed ones of LIBRARIES, without loading them."""
    found = {}
    for library in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[library] = version(library)
    return found


def record_file(folder: Path, device: str) -> Path:
    """The file of the record. There is one for each kind of machine: several kinds may share a disk."""
    name = hashlib.sha256(json.dumps(this_machine(device)).encode()).hexdigest()[:12]
    return writable_file(folder, f"engines-{name}.json")


def read_record(folder: Path, device: str) -> Dict[str, Any]:
    """The record that was measured on this machine; empty if there is none or it is damaged.

    Raises UserError if the checkpoint folder is not complete.
    """
    file = record_file(folder, device)
    try:
        record = read_json(file)
        return record if isinstance(record["pairs"], int) and all(map(_is_complete, record["engines"].values())) else {}
    except (UserError, KeyError, TypeError, AttributeError):
        return {}


def _is_complete(engine: Dict[str, Any]) -> bool:
    """Whether the entry of one engine can be used. Raises KeyError or TypeError if it has another form."""
    if "cannot_run" in engine:
        return isinstance(engine["cannot_run"], str)
    return all(np.isfinite(engine[name]) for name in ("pairs_per_second", "difference", "changed"))


def largest_difference(folder: Path, name: str, device: str) -> float:
    """The largest difference of a probability from the reference's that was measured for this engine; 0 if none was."""
    return read_record(folder, device).get("engines", {}).get(name, {}).get("difference", 0.0)
