"""A model's name or folder -> the folder on this machine with its files; Paddle is loaded only to fetch them."""

from __future__ import annotations

import os
from pathlib import Path

from app.errors import UserError

CONFIGS = ("config.json", "model_config.json")
WEIGHTS = ("model.safetensors", "model_state.pdparams")


def find_folder(name: str) -> Path:
    """The folder on this machine with the model's files; fetches it where `name` is no path and not in the cache."""
    folder = Path(name)
    if folder.exists() or name.startswith((".", "/", "~")) or os.sep in name and not _cached(name).is_dir():
        return _checked(folder.expanduser())
    if not _complete(_cached(name)):
        _fetch(name)
    return _checked(_cached(name))


def _cached(name: str) -> Path:
    home = os.environ.get("PPNLP_HOME", os.path.join(os.path.expanduser("~"), ".paddlenlp"))
    return Path(home) / "models" / name


def _complete(folder: Path) -> bool:
    return all(any((folder / file).is_file() for file in files) for files in (CONFIGS, WEIGHTS, ("vocab.txt",)))


def _checked(folder: Path) -> Path:
    if not folder.is_dir():
        raise UserError(f"no model in {folder}: no such folder")
    if not _complete(folder):
        there = sorted(file.name for file in folder.iterdir())
        raise UserError(
            f"no model in {folder}: it needs {' or '.join(CONFIGS)}, {' or '.join(WEIGHTS)}, and vocab.txt; "
            f"it holds {', '.join(there[:8]) or 'nothing'}"
        )
    return folder


def _fetch(name: str) -> None:
    from paddlenlp.transformers import AutoModel, AutoTokenizer

    from app.progress import say

    say(f"{name}: not on this machine; fetching it through PaddleNLP into {_cached(name)}")
    try:
        AutoTokenizer.from_pretrained(name)
        AutoModel.from_pretrained(name)
    except Exception as problem:  # whatever a network, a hub or its client library comes up with
        raise UserError(
            f"no model {name}: not on this machine and cannot be fetched ({type(problem).__name__}); put "
            f"{CONFIGS[0]}, {' or '.join(WEIGHTS)} and vocab.txt into {_cached(name)}, or name a folder that has them"
        ) from problem
