"""A model's name or folder -> the folder on this machine with its files; Paddle is loaded only to fetch them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List

from app import runtime
from app.atomic import read_json
from app.errors import UserError
from app.text.tokenizer_json import TOKENIZER_JSON
from app.text.vocabulary import VOCABULARY

CONFIGS = ("config.json", "model_config.json")
WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model_state.pdparams")
INDEX = ".index.json"  # behind a name of WEIGHTS: the shards of that kind


def find_folder(name: str) -> Path:
    """The folder on this machine with the model's files; fetches it where `name` is no path and not in the cache.

    A name may have a slash (`hfl/chinese-roberta-wwm-ext`). What exists, begins with `.`, `/` or `~`, or lies in a folder that
    exists is a path, and nothing is fetched for it.
    """
    if _is_path(name):
        return _checked(Path(name).expanduser())
    if not lacking_files(cached(name)):
        return cached(name)
    runtime.load_paddle()
    from app.encoder.download import fetch

    fetch(name, cached(name))
    return _checked(cached(name))


def _is_path(name: str) -> bool:
    path = Path(name)
    inside = path.parent != Path(".") and path.parent.is_dir()
    return path.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1 or inside or not name


def cached(name: str) -> Path:
    """Where PaddleNLP keeps the files of a model that has been fetched by name."""
    home = os.environ.get("PPNLP_HOME") or os.path.join(os.path.expanduser("~"), ".paddlenlp")
    return Path(home).absolute() / "models" / name


def weight_files(folder: Path) -> List[Path]:
    """The files with the weights of a published folder: one, or the shards that its index names; none where there are none.

    Raises UserError where the index is damaged, or names what is not there or not in the folder.
    """
    for whole in WEIGHTS:
        if (folder / whole).is_file():
            return [folder / whole]
        if (folder / (whole + INDEX)).is_file():
            return _shards(folder, folder / (whole + INDEX))
    others = sorted(folder.glob("*.pdparams"))
    return others if len(others) == 1 else []


def _shards(folder: Path, index: Path) -> List[Path]:
    names = shard_names(index)
    for name in names:
        if not (folder / name).is_file():
            raise UserError(f"{folder}: lacks {name}, which {index.name} names")
    return [folder / name for name in names]


def shard_names(index: Path) -> List[str]:
    """The files that an index of shards names. Raises UserError where it is damaged, or names files of another kind or folder."""
    suffix = Path(index.name[: -len(INDEX)]).suffix
    try:
        names = sorted(set(read_json(index)["weight_map"].values()))
    except (KeyError, AttributeError, TypeError) as problem:
        raise UserError(f"{index}: damaged ({problem})") from problem
    for name in names:
        if not isinstance(name, str) or os.path.basename(name) != name or not name.endswith(suffix):
            raise UserError(f"{index}: names {name!r}, which is no {suffix} file of this folder")
    return names


def lacking_files(folder: Path) -> List[str]:
    """What a folder lacks to be a model, in words."""
    if not folder.is_dir():
        return ["the folder itself"]
    there = {
        " or ".join(CONFIGS): any((folder / file).is_file() for file in CONFIGS),
        f"weights ({' or '.join(WEIGHTS)})": bool(weight_files(folder)),
        f"{VOCABULARY} or {TOKENIZER_JSON}": any((folder / file).is_file() for file in (VOCABULARY, TOKENIZER_JSON)),
    }
    return [what for what, found in there.items() if not found]


def _checked(folder: Path) -> Path:
    if not folder.is_dir():
        raise UserError(f"no model in {folder}: no such folder")
    lacking = lacking_files(folder)
    if lacking:
        there = sorted(file.name for file in folder.iterdir())
        raise UserError(f"no model in {folder}: it lacks {', '.join(lacking)}; it holds {', '.join(there[:8]) or 'nothing'}")
    return folder
