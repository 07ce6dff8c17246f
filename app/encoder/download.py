"""Downloads a model of PaddleNLP's hub into the cache, completely or not at all.

For the names of its own models, PaddleNLP has the addresses of weights and vocabulary, and their configuration. Every other name
is a folder on the hub.
"""

from __future__ import annotations

import http.client
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Dict, Optional, Sequence

from paddlenlp.transformers import BertTokenizer, ElectraTokenizer, ErnieTokenizer, RobertaChineseTokenizer

from app.atomic import atomic_folder, locked, temporary_of, write_json
from app.encoder.hub import CONFIG_NAMES, INDEX, WEIGHT_NAMES, missing_files, shard_names, weight_files
from app.encoder.pretrained import ARCHITECTURES, read_config
from app.encoder.weights import read_weights
from app.errors import UserError
from app.progress import say
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.tokenizer_config import ADDED_TOKENS, CONFIG, SPECIAL_MAP
from app.text.tokenizer_json import TOKENIZER_JSON
from app.text.vocabulary import VOCABULARY

COMMUNITY = "https://bj.bcebos.com/paddlenlp/models/community"  # /NAME/FILE
TOKENIZERS = (BertTokenizer, ErnieTokenizer, ElectraTokenizer, RobertaChineseTokenizer)
TOKENIZER_FILES = (VOCABULARY, TOKENIZER_JSON, CONFIG, SPECIAL_MAP, ADDED_TOKENS)  # the tokenizer reports missing ones
TIMEOUT = 30  # seconds without an answer of the server


def fetch(name: str, folder: Path) -> None:
    """Downloads the model's files into `folder`. They are read once before they are kept.

    Raises UserError if the model cannot be downloaded or read; the message says where to put the files by hand.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.with_name(f".{folder.name}.lock")):  # one process downloads, the others wait
            if missing_files(folder):
                say(f"{name}: not on this machine; fetching it into {folder}")
                with atomic_folder(folder) as temporary:
                    _fetch(name, temporary)
    except (UserError, OSError, http.client.HTTPException, ValueError) as problem:
        reason = str(problem).replace(f"{temporary_of(folder)}", "downloaded files")
        raise UserError(
            f"no model {name}: not on this machine and cannot be fetched ({reason}); put {CONFIG_NAMES[0]}, "
            f"{' or '.join(WEIGHT_NAMES)} and {VOCABULARY} into {folder}, or name a folder that has them"
        ) from problem


def _fetch(name: str, folder: Path) -> None:
    urls = _paddlenlp_urls(name)
    if urls:
        write_json(folder / "config.json", _configuration(name))
        write_json(folder / CONFIG, _tokenizer_settings(name))
        for file, url in urls.items():
            _download(url, folder / file)
    else:
        _fetch_small_files(name, folder)
        _fetch_weights(name, folder)
    FastWordPieceTokenizer.load(folder)
    read_weights(weight_files(folder))


def _paddlenlp_urls(name: str) -> Dict[str, str]:
    """{file name: URL} of the weights and the vocabulary of one of PaddleNLP's own names; empty for other names."""
    for _, model in ARCHITECTURES.values():
        weights = model.pretrained_resource_files_map.get("model_state", {}).get(name)
        for tokenizer in TOKENIZERS:
            vocabulary = getattr(tokenizer, "pretrained_resource_files_map", {}).get("vocab_file", {}).get(name)
            if weights and vocabulary and name in model.pretrained_init_configuration:
                return {WEIGHT_NAMES[-1]: weights, VOCABULARY: vocabulary}
    return {}


def _configuration(name: str) -> Dict[str, object]:
    """PaddleNLP's configuration of one of its own names. Raises ValueError if there is none."""
    for architecture, (_, model) in ARCHITECTURES.items():
        if name in model.pretrained_init_configuration:
            return {"model_type": architecture, **model.pretrained_init_configuration[name]}
    raise ValueError(f"PaddleNLP has no configuration of {name}")


def _tokenizer_settings(name: str) -> Dict[str, object]:
    """PaddleNLP's tokenizer settings of one of its own names: class, and whether texts become lower case."""
    for tokenizer in TOKENIZERS:
        if name in tokenizer.pretrained_init_configuration:
            settings = tokenizer.pretrained_init_configuration[name]
            return {"tokenizer_class": tokenizer.__name__, "do_lower_case": settings.get("do_lower_case", True)}
    return {}


def _fetch_small_files(name: str, folder: Path) -> None:
    """Downloads everything except the weights. They are large, so the model is first checked to be a supported one."""
    _download_first(name, folder, CONFIG_NAMES)
    read_config(folder)
    for file in TOKENIZER_FILES:
        _download(f"{COMMUNITY}/{name}/{file}", folder / file, optional=True)
    FastWordPieceTokenizer.load(folder)


def _fetch_weights(name: str, folder: Path) -> None:
    """Downloads the weights in the first format that the hub has: one file, or an index and its shards."""
    found = _download_first(name, folder, (*WEIGHT_NAMES, *(file + INDEX for file in WEIGHT_NAMES)))
    if found.name.endswith(INDEX):
        for shard in shard_names(found):
            _download(f"{COMMUNITY}/{name}/{shard}", folder / shard)


def _download_first(name: str, folder: Path, files: Sequence[str]) -> Path:
    """Downloads the first of these files that exists on the hub. Raises FileNotFoundError if none does."""
    for file in files:
        if _download(f"{COMMUNITY}/{name}/{file}", folder / file, optional=True):
            return folder / file
    raise FileNotFoundError(f"the hub has no {' or '.join(files)} of it")


def _download(url: str, path: Path, optional: bool = False) -> Optional[Path]:
    """Downloads one file. Returns its path, or None if it is optional and does not exist on the hub.

    Raises OSError if the server answers with an error, or ends before the size that it has announced.
    """
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response, open(path, "wb") as file:
            shutil.copyfileobj(response, file, 1 << 20)
            expected = response.headers.get("Content-Length")
            if expected and file.tell() != int(expected):
                raise OSError(f"{url} ended after {file.tell():,} of {int(expected):,} bytes")
        return path
    except urllib.error.HTTPError as problem:
        if optional and problem.code in (403, 404):  # the hub's two answers for a file that does not exist
            return None
        raise OSError(f"{url}: {problem}") from problem
