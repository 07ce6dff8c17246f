"""Tensors on disk (safetensors, never pickles) and the `state/` folder, all that an exact resume needs.

state/model.safetensors      the weights
state/optimizer.safetensors  moments by parameter name
state/progress.json          step, epoch, place in the epoch, best result so far, loss scale
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Dict, Optional

import numpy as np
import paddle
import safetensors
import safetensors.numpy

from app.atomic import atomic_folder, recover_folder, write_json
from app.errors import UserError
from app.train.optimizer import restore_optimizer


@dataclass
class Progress:
    """Where a run stands."""

    step: int = 0  # optimizer steps done
    epoch: int = 0  # epochs done
    step_in_epoch: int = 0  # steps done of the epoch after those
    best_score: Optional[float] = None
    best_step: int = 0
    evaluations_since_best: int = 0
    finished: bool = False
    seconds: float = 0.0  # of training, over all sessions of the run
    loss_scale: dict = field(default_factory=dict)  # float16 only
    figures: Dict[str, float] = field(default_factory=dict)  # of the evaluation at this very step
    best_figures: Dict[str, float] = field(default_factory=dict)
    sums: Dict[str, float] = field(default_factory=dict)  # since the last log line, over all processes
    window: float = 0.0  # seconds of training since the last log line
    task: dict = field(default_factory=dict)  # what the task itself has to keep


def model_arrays(model: paddle.nn.Layer) -> Dict[str, np.ndarray]:
    """The model's weights by name, float32 (half-precision weights are widened)."""
    arrays = {}
    for name, tensor in model.state_dict().items():
        half = tensor.dtype in (paddle.bfloat16, paddle.float16)
        arrays[name] = (tensor.astype("float32") if half else tensor).numpy()
    return arrays


def write_arrays(path: Path, arrays: Dict[str, np.ndarray]) -> None:
    """Writes arrays as a safetensors file that PaddleNLP reads (`format` says whose layout the weights have)."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with open(path, "wb") as file:  # not save_file: a full disk must be an OSError
        file.write(safetensors.numpy.save(contiguous, metadata={"format": "np"}))


def read_arrays(path: Path) -> Dict[str, np.ndarray]:
    """Reads a safetensors file. Raises UserError where it is missing or damaged."""
    try:
        return safetensors.numpy.load_file(path)
    except (OSError, safetensors.SafetensorError) as problem:
        raise UserError(f"{path}: cannot be read as safetensors ({problem})") from problem


def load_strictly(model: paddle.nn.Layer, arrays: Dict[str, np.ndarray], source: str) -> None:
    """Sets all weights of the model. Raises UserError on a missing, unexpected or misshapen tensor: no random head."""
    own = model.state_dict()
    missing, unexpected = sorted(set(own) - set(arrays)), sorted(set(arrays) - set(own))
    misshapen = [name for name in own if name in arrays and list(arrays[name].shape) != list(own[name].shape)]
    for problem, names in (("lacks", missing), ("has an unexpected", unexpected), ("has another shape of", misshapen)):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise UserError(f"{source}: does not fit its config.json: it {problem} {names[0]}{more}")
    for name, tensor in own.items():
        tensor.set_value(paddle.to_tensor(arrays[name]).astype(tensor.dtype))


def save_state(
    folder: Path, model, optimizer: Dict[str, np.ndarray], progress: Progress, weights_file: Optional[Path] = None
) -> None:
    """Writes `state/`, whole or not at all. `optimizer` is of `optimizer_arrays`; `weights_file` holds the same weights
    already and is linked, not written.
    """
    with atomic_folder(folder) as temporary:
        _link_or_write(temporary / "model.safetensors", weights_file, model)
        write_arrays(temporary / "optimizer.safetensors", optimizer)
        write_json(temporary / "progress.json", asdict(progress))


def _link_or_write(path: Path, weights_file: Optional[Path], model) -> None:
    if weights_file is not None:
        try:
            os.link(weights_file, path)  # safe: no file here is ever changed in place
        except OSError:
            shutil.copyfile(weights_file, path)
    else:
        write_arrays(path, model_arrays(model))


def keep_newest(folder: Path, count: int) -> None:
    """Removes all but the newest `count` of the folders `step_N`."""
    steps = sorted(folder.glob("step_*"), key=lambda path: int(path.name.partition("_")[2]))
    for old in steps[:-count]:
        shutil.rmtree(old)


def read_progress(folder: Path) -> Optional[Progress]:
    """The progress of the run whose `state/` this is; None where there is none. Raises UserError where it is damaged."""
    recover_folder(folder)
    file = folder / "progress.json"
    if not folder.is_dir():
        return None
    try:
        progress = Progress(**json.loads(file.read_text(encoding="utf-8")))
        counts = (progress.step, progress.epoch, progress.step_in_epoch, progress.best_step)
        if not all(type(count) is int and count >= 0 for count in counts) or type(progress.finished) is not bool:
            raise ValueError("a count that is none")
        return progress
    except (OSError, ValueError, TypeError) as problem:
        raise UserError(f"{file}: damaged ({problem}); the run cannot go on, --overwrite starts anew") from problem


def load_state(folder: Path, model, optimizer) -> None:
    """Puts weights and optimizer back as `save_state` found them."""
    arrays = read_arrays(folder / "model.safetensors")
    load_strictly(model, arrays, str(folder))
    restore_optimizer(model, optimizer, read_arrays(folder / "optimizer.safetensors"))
