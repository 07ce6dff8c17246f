"""A name of PaddleNLP's hub -> its files in the cache, whole or not at all.

PaddleNLP knows for its own names where weights and vocabulary are, and holds their configuration itself; it caches them without
one. Other names have a folder each on the hub.
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
from app.encoder.hub import CONFIGS, INDEX, WEIGHTS, lacking_files, shard_names, weight_files
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
OF_TOKENIZER = (VOCABULARY, TOKENIZER_JSON, CONFIG, SPECIAL_MAP, ADDED_TOKENS)  # what the tokenizer needs of these, it says
SECONDS = 30  # that a server may keep silent


def fetch(name: str, folder: Path) -> None:
    """Fetches the model's files into `folder`, and reads them: what cannot be read is not kept. Raises UserError: what was looked
    for, and where to put it by hand.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.with_name(f".{folder.name}.lock")):  # of several processes, one fetches
            if lacking_files(folder):
                say(f"{name}: not on this machine; fetching it into {folder}")
                with atomic_folder(folder) as temporary:
                    _fetch(name, temporary)
    except (UserError, OSError, http.client.HTTPException, ValueError) as problem:
        reason = str(problem).replace(f"{temporary_of(folder)}", "what the hub has")
        raise UserError(
            f"no model {name}: not on this machine and cannot be fetched ({reason}); put {CONFIGS[0]}, {' or '.join(WEIGHTS)} "
            f"and {VOCABULARY} into {folder}, or name a folder that has them"
        ) from problem


def _fetch(name: str, folder: Path) -> None:
    known = _addresses(name)
    if known:
        write_json(folder / "config.json", _configuration(name))
        write_json(folder / CONFIG, _tokenizer_settings(name))
        for file, address in known.items():
            _download(address, folder / file)
    else:
        _fetch_small_files(name, folder)
        _fetch_weights(name, folder)
    FastWordPieceTokenizer.load(folder)
    read_weights(weight_files(folder))


def _addresses(name: str) -> Dict[str, str]:
    """Where PaddleNLP's own names have their weights and vocabulary; empty for other names."""
    for _, model in ARCHITECTURES.values():
        weights = model.pretrained_resource_files_map.get("model_state", {}).get(name)
        for tokenizer in TOKENIZERS:
            vocabulary = getattr(tokenizer, "pretrained_resource_files_map", {}).get("vocab_file", {}).get(name)
            if weights and vocabulary and name in model.pretrained_init_configuration:
                return {WEIGHTS[-1]: weights, VOCABULARY: vocabulary}
    return {}


def _configuration(name: str) -> Dict[str, object]:
    """The configuration that PaddleNLP holds for one of its own names."""
    for architecture, (_, model) in ARCHITECTURES.items():
        if name in model.pretrained_init_configuration:
            return {"model_type": architecture, **model.pretrained_init_configuration[name]}
    raise ValueError(f"PaddleNLP has no configuration of {name}")


def _tokenizer_settings(name: str) -> Dict[str, object]:
    """Whether the model's texts are put into lower case, as PaddleNLP holds it for its own names."""
    for tokenizer in TOKENIZERS:
        if name in tokenizer.pretrained_init_configuration:
            settings = tokenizer.pretrained_init_configuration[name]
            return {"tokenizer_class": tokenizer.__name__, "do_lower_case": settings.get("do_lower_case", True)}
    return {}


def _fetch_small_files(name: str, folder: Path) -> None:
    """All but the weights, which are large: first it must be known that the model is one for this program."""
    _first_of(name, folder, CONFIGS)
    read_config(folder)
    for file in OF_TOKENIZER:
        _download(f"{COMMUNITY}/{name}/{file}", folder / file, optional=True)
    FastWordPieceTokenizer.load(folder)


def _fetch_weights(name: str, folder: Path) -> None:
    """The first kind of weights that there is, in one file or in shards."""
    found = _first_of(name, folder, (*WEIGHTS, *(whole + INDEX for whole in WEIGHTS)))
    if found.name.endswith(INDEX):
        for shard in shard_names(found):
            _download(f"{COMMUNITY}/{name}/{shard}", folder / shard)


def _first_of(name: str, folder: Path, files: Sequence[str]) -> Path:
    """Fetches the first of these files that there is."""
    for file in files:
        if _download(f"{COMMUNITY}/{name}/{file}", folder / file, optional=True):
            return folder / file
    raise FileNotFoundError(f"the hub has no {' or '.join(files)} of it")


def _download(address: str, path: Path, optional: bool = False) -> Optional[Path]:
    """The file, whole: a server that ends too early is an error. None where it is optional and the hub has none."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer, open(path, "wb") as file:
            shutil.copyfileobj(answer, file, 1 << 20)
            expected = answer.headers.get("Content-Length")
            if expected and file.tell() != int(expected):
                raise OSError(f"{address} ended after {file.tell():,} of {int(expected):,} bytes")
        return path
    except urllib.error.HTTPError as problem:
        if optional and problem.code in (403, 404):  # what the hub says where there is no such file
            return None
        raise OSError(f"{address}: {problem}") from problem
