"""The run folder (`--output_dir`): which files belong to a run, who may write them, and when an earlier run is removed."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from pathlib import Path
from typing import Any, Dict, Optional

from app import runtime
from app.atomic import clear_leftovers, lock_folder, read_json, recover_folder, write_json
from app.errors import UserError
from app.options import TrainOptions, renamed

CANNOT_RESUME = "; the run cannot be resumed, --overwrite starts again"
CHECKPOINTS = ("state", "best", "last", "checkpoints")
MAY_CHANGE = {"resume", "overwrite", "device", "logging_steps", "save_steps", "save_total_limit"}  # in a resumed run
PATHS = {"output_dir", "train_set", "dev_set", "test_set", "init_from_ckpt", "model_name_or_path", "shards_dir", "vocab_file"}


def claim_folder(options: TrainOptions) -> Optional[int]:
    """Checks that no earlier run is overwritten by accident, and that a resumed run has the same options. Changes nothing of an
    earlier run: it is removed when the new run has something to write (`clear_run`).

    Returns a descriptor that locks the folder until it is closed or this process ends.
    """
    folder = Path(options.output_dir)
    lock = lock_folder(folder) if runtime.rank() == 0 else None
    try:
        _check_may_start(folder, options)
    except UserError:
        os.close(lock) if lock is not None else None
        raise
    return lock


def _check_may_start(folder: Path, options: TrainOptions) -> None:
    if runtime.rank() == 0:
        for name in ("state", "best", "last"):
            recover_folder(folder / name)
        for parent in (folder, folder / "vdl", folder / "checkpoints"):
            clear_leftovers(parent)
    if options.resume and (folder / "state").is_dir():
        _check_same_options(folder, options)
    elif options.resume and not options.overwrite and (folder / "metrics.json").is_file():
        raise UserError(f"--resume: the run in {folder} is finished, and its state/ is gone; --overwrite starts again")
    elif holds_run(folder) and not (options.resume or options.overwrite):
        raise UserError(f"--output_dir {folder}: holds a run already; --resume continues it, --overwrite starts again")


def forget_claim(folder: Path) -> None:
    """Removes a folder that contains only the lock: a refused command leaves nothing."""
    with contextlib.suppress(OSError):
        if [file.name for file in folder.iterdir()] == [".lock"]:
            (folder / ".lock").unlink()
            folder.rmdir()


def holds_run(folder: Path) -> bool:
    """Whether a run, this one or an earlier one, has written something."""
    return any((folder / name).is_dir() for name in CHECKPOINTS)


def clear_run(folder: Path) -> None:
    """Removes an earlier run."""
    for name in (*CHECKPOINTS, "vdl"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("journal.jsonl", "metrics.json", "options.json"):
        (folder / name).unlink(missing_ok=True)


def write_options(folder: Path, options: TrainOptions) -> None:
    """Writes the options of the run."""
    write_json(folder / "options.json", _settings(options))


def _settings(options: TrainOptions) -> Dict[str, Any]:
    return {name: _absolute(value) if name in PATHS else value for name, value in dataclasses.asdict(options).items()}


def _absolute(path: str) -> str:
    """The absolute path, if it exists; a model name is returned unchanged."""
    return os.path.realpath(path) if path and os.path.exists(path) else path


def cannot_resume(file: Path, problem: object) -> UserError:
    """The error for a damaged file of the run."""
    return UserError(f"{file}: damaged ({problem}){CANNOT_RESUME}")


def _check_same_options(folder: Path, options: TrainOptions) -> None:
    file = folder / "options.json"
    before = read_json(file, CANNOT_RESUME)
    settings = _settings(options)
    before = {renamed(name): renamed(value) for name, value in before.items()}
    defaults = {spec.name: spec.default for spec in dataclasses.fields(options)}  # an earlier version may lack an option
    for name in sorted(settings.keys() - MAY_CHANGE):
        old = before.get(name, defaults[name])
        if (_absolute(old) if name in PATHS and isinstance(old, str) else old) != settings[name]:
            new, old = (value if value != "" else "(empty)" for value in (settings[name], old))
            raise UserError(f"--{name} {new}: the run in {folder} has {old}; --resume keeps its options")
