"""The `state/` folder, all that an exact resume needs; its tensors are safetensors, never pickles.

state/model.safetensors      the weights
state/optimizer.safetensors  moments by parameter name
state/progress.json          step, epoch, place in the epoch, best result so far, loss scale
"""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Dict, Optional

import numpy as np

from app.atomic import atomic_folder, read_json, recover_folder, write_json
from app.encoder.tensors import load_strictly, model_arrays, read_arrays, write_arrays
from app.train.folder import CANNOT_GO_ON, cannot_go_on
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
    values = read_json(file, CANNOT_GO_ON)
    try:
        progress = Progress(**values)
        wrong = [spec.name for spec in fields(progress) if not _fits(getattr(progress, spec.name), spec.type)]
        if wrong:
            raise ValueError(f"{wrong[0]} is {getattr(progress, wrong[0])!r}")
        return progress
    except (ValueError, TypeError) as problem:
        raise cannot_go_on(file, problem) from problem


def _fits(value: object, kind: str) -> bool:
    """Whether a value of `progress.json` is of the type that Progress says."""
    if kind == "Optional[float]":
        return value is None or _fits(value, "float")
    if kind == "Dict[str, float]":
        return _fits(value, "dict") and all(_fits(one, "float") for one in value.values())
    if kind == "float":
        return type(value) in (int, float) and math.isfinite(value)
    return type(value).__name__ == kind and (kind != "int" or value >= 0)


def load_state(folder: Path, model, optimizer) -> None:
    """Puts weights and optimizer back as `save_state` found them."""
    arrays = read_arrays(folder / "model.safetensors")
    load_strictly(model, arrays, str(folder))
    restore_optimizer(model, optimizer, read_arrays(folder / "optimizer.safetensors"))
