"""The `state/` folder: everything that an exact resume needs. Its tensors are safetensors, never pickles.

state/model.safetensors      the weights
state/optimizer.safetensors  the optimizer's moments by parameter name
state/trainer_state.json     step, epoch, position in the epoch, best metric so far, loss scale
"""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Dict, Optional

import numpy as np

from app.atomic import atomic_folder, read_json, recover_folder, write_json
from app.tensors import load_strictly, model_arrays, read_arrays, write_arrays
from app.train.optimizer import restore_optimizer
from app.train.run_folder import CANNOT_RESUME, cannot_resume

FILE = "trainer_state.json"
OLD_FILE = "progress.json"  # its name in earlier versions, and below the old names of its values and of pretraining's sums
OLD_NAMES = {"best_score": "best_metric", "figures": "metrics", "best_figures": "best_metrics", "window": "log_seconds"}
OLD_SUMS = {"places": "positions", "lm_right": "lm_correct", "asked": "sentence_examples", "sentence_right": "sentence_correct"}


@dataclass
class TrainerState:
    """The position of a run, and what it has measured so far."""

    step: int = 0  # optimizer steps done
    epoch: int = 0  # complete epochs done
    step_in_epoch: int = 0  # steps done of the epoch after those
    best_metric: Optional[float] = None  # larger is better
    best_step: int = 0
    evaluations_since_best: int = 0
    finished: bool = False
    seconds: float = 0.0  # of training, over all sessions of the run
    loss_scale: dict = field(default_factory=dict)  # float16 only
    metrics: Dict[str, float] = field(default_factory=dict)  # of the evaluation at exactly this step
    best_metrics: Dict[str, float] = field(default_factory=dict)
    sums: Dict[str, float] = field(default_factory=dict)  # since the last log line, over all processes
    log_seconds: float = 0.0  # seconds of training since the last log line
    task: dict = field(default_factory=dict)  # what the task itself has to keep


def save_state(
    folder: Path, model, optimizer: Dict[str, np.ndarray], state: TrainerState, weights_file: Optional[Path] = None
) -> None:
    """Writes `state/` atomically. `optimizer`: from `optimizer_arrays`. `weights_file`: a file with the same weights, if there is
    one already; it is linked instead of written again.
    """
    with atomic_folder(folder) as temporary:
        _link_or_write(temporary / "model.safetensors", weights_file, model)
        write_arrays(temporary / "optimizer.safetensors", optimizer)
        write_json(temporary / FILE, asdict(state))


def _link_or_write(path: Path, weights_file: Optional[Path], model) -> None:
    if weights_file is not None:
        try:
            os.link(weights_file, path)  # safe: no file of a checkpoint is ever changed in place
        except OSError:
            shutil.copyfile(weights_file, path)
    else:
        write_arrays(path, model_arrays(model))


def keep_newest_checkpoints(folder: Path, count: int) -> None:
    """Removes all but the newest `count` of the folders `step_N`."""
    steps = sorted(folder.glob("step_*"), key=lambda path: int(path.name.partition("_")[2]))
    for old in steps[:-count]:
        shutil.rmtree(old)


def read_trainer_state(folder: Path) -> Optional[TrainerState]:
    """The trainer state in a `state/` folder; None if there is no folder. Raises UserError if it is damaged."""
    recover_folder(folder)
    if not folder.is_dir():
        return None
    file = folder / (OLD_FILE if (folder / OLD_FILE).is_file() else FILE)
    values = {OLD_NAMES.get(name, name): value for name, value in read_json(file, CANNOT_RESUME).items()}
    try:
        state = TrainerState(**values)
        wrong = [spec.name for spec in fields(state) if not _has_type(getattr(state, spec.name), spec.type)]
        if wrong:
            raise ValueError(f"{wrong[0]} is {getattr(state, wrong[0])!r}")
        state.sums = {OLD_SUMS.get(name, name): value for name, value in state.sums.items()}
        return state
    except (ValueError, TypeError) as problem:
        raise cannot_resume(file, problem) from problem


def _has_type(value: Any, annotation: str) -> bool:
    """Whether a value of the file has the type that TrainerState declares."""
    if annotation == "Optional[float]":
        return value is None or _has_type(value, "float")
    if annotation == "Dict[str, float]":
        return _has_type(value, "dict") and all(_has_type(one, "float") for one in value.values())
    if annotation == "float":
        return type(value) in (int, float) and math.isfinite(value)
    return type(value).__name__ == annotation and (annotation != "int" or value >= 0)


def load_state(folder: Path, model, optimizer) -> None:
    """Restores weights and optimizer as `save_state` wrote them."""
    arrays = read_arrays(folder / "model.safetensors")
    load_strictly(model, arrays, str(folder))
    restore_optimizer(model, optimizer, read_arrays(folder / "optimizer.safetensors"))
