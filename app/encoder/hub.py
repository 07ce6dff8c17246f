"""A model's name or folder -> the folder on this machine with its files. Paddle is loaded only to download them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List

from app import runtime
from app.atomic import read_json
from app.errors import UserError
from app.text.tokenizer_json import TOKENIZER_JSON
from app.text.vocabulary import VOCABULARY

CONFIG_NAMES = ("config.json", "model_config.json")
WEIGHT_NAMES = ("model.safetensors", "pytorch_model.bin", "model_state.pdparams")
INDEX = ".index.json"  # appended to a name of WEIGHT_NAMES: the list of the shards


def find_folder(name: str) -> Path:
    """The folder on this machine with the model's files. A model name that is not in the cache is downloaded.

    A name may contain one slash (`hfl/chinese-roberta-wwm-ext`). It is a path, which is never downloaded, if it exists, begins
    with `.`, `/` or `~`, or its parent folder exists. Raises UserError if files are missing.
    """
    if _is_path(name):
        return _checked(Path(name).expanduser())
    if not missing_files(cached(name)):
        return cached(name)
    runtime.load_paddle()
    from app.encoder.download import fetch

    fetch(name, cached(name))
    return _checked(cached(name))


def _is_path(name: str) -> bool:
    path = Path(name)
    parent_exists = path.parent != Path(".") and path.parent.is_dir()
    return path.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1 or parent_exists or not name


def cached(name: str) -> Path:
    """The folder where PaddleNLP keeps the files of a model that was downloaded by name."""
    home = os.environ.get("PPNLP_HOME") or os.path.join(os.path.expanduser("~"), ".paddlenlp")
    return Path(home).absolute() / "models" / name


def weight_files(folder: Path) -> List[Path]:
    """The weight files of a published folder: one file, the shards of an index, or an empty list.

    Raises UserError if the index is damaged, or names a file that is missing or outside of the folder.
    """
    for name in WEIGHT_NAMES:
        if (folder / name).is_file():
            return [folder / name]
        if (folder / (name + INDEX)).is_file():
            return _shards(folder, folder / (name + INDEX))
    others = sorted(folder.glob("*.pdparams"))
    return others if len(others) == 1 else []


def _shards(folder: Path, index: Path) -> List[Path]:
    names = shard_names(index)
    for name in names:
        if not (folder / name).is_file():
            raise UserError(f"{folder}: lacks {name}, which {index.name} names")
    return [folder / name for name in names]


def shard_names(index: Path) -> List[str]:
    """The file names in an index of shards. Raises UserError if it is damaged, or names a file of another folder or format."""
    suffix = Path(index.name[: -len(INDEX)]).suffix
    try:
        names = sorted(set(read_json(index)["weight_map"].values()))
    except (KeyError, AttributeError, TypeError) as problem:
        raise UserError(f"{index}: damaged ({problem})") from problem
    for name in names:
        if not isinstance(name, str) or os.path.basename(name) != name or not name.endswith(suffix):
            raise UserError(f"{index}: names {name!r}, which is no {suffix} file of this folder")
    return names


def missing_files(folder: Path) -> List[str]:
    """Descriptions of the files that a model folder needs and this one does not have."""
    if not folder.is_dir():
        return ["the folder itself"]
    exists = {
        " or ".join(CONFIG_NAMES): any((folder / file).is_file() for file in CONFIG_NAMES),
        f"weights ({' or '.join(WEIGHT_NAMES)})": bool(weight_files(folder)),
        f"{VOCABULARY} or {TOKENIZER_JSON}": any((folder / file).is_file() for file in (VOCABULARY, TOKENIZER_JSON)),
    }
    return [description for description, found in exists.items() if not found]


def _checked(folder: Path) -> Path:
    """The folder. Raises UserError if it is not a complete model folder."""
    if not folder.is_dir():
        raise UserError(f"no model in {folder}: no such folder")
    missing = missing_files(folder)
    if missing:
        names = sorted(file.name for file in folder.iterdir())
        raise UserError(f"no model in {folder}: it lacks {', '.join(missing)}; it contains {', '.join(names[:8]) or 'nothing'}")
    return folder
