"""The run folder (`--output_dir`): what in it belongs to a run, who may write into it, and when an earlier run goes away."""

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
from app.options import TrainOptions

CANNOT_GO_ON = "; the run cannot go on, --overwrite starts anew"
CHECKPOINTS = ("state", "best", "last", "checkpoints")
FREE_TO_CHANGE = {"resume", "overwrite", "device", "logging_steps", "save_steps", "keep_checkpoints"}  # by a run that goes on
PATHS = {"output_dir", "train_set", "dev_set", "test_set", "init_from_ckpt", "model_name_or_path", "shards_dir", "vocab_file"}


def claim_folder(options: TrainOptions) -> Optional[int]:
    """Makes sure that no earlier run is overwritten by accident, and that a run that goes on is the same run. Changes nothing of
    an earlier run: it goes away when the new one has something to put there (`clear_run`).

    Returns the descriptor that keeps other runs out of the folder until it is closed, or this process ends.
    """
    folder = Path(options.output_dir)
    lock = lock_folder(folder) if runtime.rank() == 0 else None
    try:
        _check_may_begin(folder, options)
    except UserError:
        os.close(lock) if lock is not None else None
        raise
    return lock


def _check_may_begin(folder: Path, options: TrainOptions) -> None:
    if runtime.rank() == 0:
        for name in ("state", "best", "last"):
            recover_folder(folder / name)
        for place in (folder, folder / "vdl", folder / "checkpoints"):
            clear_leftovers(place)
    if options.resume and (folder / "state").is_dir():
        _check_same_options(folder, options)
    elif options.resume and not options.overwrite and (folder / "metrics.json").is_file():
        raise UserError(f"--resume: the run in {folder} is over, and its state/ is gone; --overwrite starts anew")
    elif holds_run(folder) and not (options.resume or options.overwrite):
        raise UserError(f"--output_dir {folder}: holds a run already; --resume goes on with it, --overwrite starts anew")


def forget_claim(folder: Path) -> None:
    """Removes a folder in which there is nothing but the lock: a refused command leaves nothing behind."""
    with contextlib.suppress(OSError):
        if [file.name for file in folder.iterdir()] == [".lock"]:
            (folder / ".lock").unlink()
            folder.rmdir()


def holds_run(folder: Path) -> bool:
    """Whether a run, this one or an earlier one, has put something there."""
    return any((folder / name).is_dir() for name in CHECKPOINTS)


def clear_run(folder: Path) -> None:
    """Removes what an earlier run has left."""
    for name in (*CHECKPOINTS, "vdl"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("journal.jsonl", "metrics.json", "options.json"):
        (folder / name).unlink(missing_ok=True)


def write_options(folder: Path, options: TrainOptions) -> None:
    """Notes the options of the run."""
    write_json(folder / "options.json", _settings(options))


def _settings(options: TrainOptions) -> Dict[str, Any]:
    return {name: _whole(value) if name in PATHS else value for name, value in dataclasses.asdict(options).items()}


def _whole(path: str) -> str:
    """A path as it is named from every folder; a name that is no path stays."""
    return os.path.realpath(path) if path and os.path.exists(path) else path


def cannot_go_on(file: Path, problem: object) -> UserError:
    """The error where a run's own file is damaged."""
    return UserError(f"{file}: damaged ({problem}){CANNOT_GO_ON}")


def _check_same_options(folder: Path, options: TrainOptions) -> None:
    file = folder / "options.json"
    before = read_json(file, CANNOT_GO_ON)
    settings = _settings(options)
    begun_without = {spec.name: spec.default for spec in dataclasses.fields(options)}  # by a version that did not have them
    for name in sorted(settings.keys() - FREE_TO_CHANGE):
        old = before.get(name, begun_without[name])
        if (_whole(old) if name in PATHS and isinstance(old, str) else old) != settings[name]:
            raise UserError(f"--{name} {settings[name]}: the run in {folder} has {old}; --resume keeps its options")
