"""A name or a folder -> an encoder with its weights and its tokenizer, from this machine wherever possible.

A folder is PaddleNLP's (config.json, model.safetensors or model_state.pdparams, vocab.txt) or Hugging Face's (safetensors,
converted on load). A name is looked for in PaddleNLP's cache and only then fetched.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import tempfile
from pathlib import Path
from typing import Iterator, List, Tuple

import paddle
import safetensors
from paddlenlp.transformers import AutoConfig, AutoModel

from app.encoder.files import WEIGHTS, find_folder
from app.encoder.scratch import set_dropout
from app.errors import UserError
from app.progress import say
from app.text.tokenizer import PairTokenizer


def load_pretrained(name: str, dropout: float = -1, trust_pickle: bool = False) -> Tuple[paddle.nn.Layer, PairTokenizer]:
    """The encoder and tokenizer of a local folder or a PaddleNLP model name.

    Raises UserError where files are missing, hold code (`.pdparams` is a pickle), or lack weights of the encoder.
    """
    folder = find_folder(name)
    weights = folder / next(file for file in WEIGHTS if (folder / file).is_file())
    if weights.suffix == ".pdparams" and not trust_pickle:
        refuse_code(weights)
    tokenizer = PairTokenizer.load(folder)
    with _plain_errors(folder):
        config = AutoConfig.from_pretrained(str(folder))
    set_dropout(config, dropout)
    from_torch, names = _names(weights) if weights.suffix == ".safetensors" else (False, None)
    with _plain_errors(folder), _links_to(folder, from_torch) as place:
        encoder = AutoModel.from_pretrained(str(place), config=config, convert_from_torch=from_torch)
    if names is not None:
        _check_complete(encoder, weights, names, from_torch)
    _check_fit(encoder, tokenizer, folder)
    return encoder, tokenizer


@contextlib.contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError, KeyError, AttributeError, safetensors.SafetensorError) as problem:
        first_line = str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
        raise UserError(f"{folder}: PaddleNLP's AutoModel cannot load it ({first_line})") from problem


@contextlib.contextmanager
def _links_to(folder: Path, needed: bool) -> Iterator[Path]:
    """A temporary folder of links: PaddleNLP writes what it converts beside the original, which may not be ours."""
    if not needed:
        yield folder
        return
    with tempfile.TemporaryDirectory() as place:
        for name in ("config.json", "model.safetensors"):
            os.symlink((folder / name).resolve(), os.path.join(place, name))
        yield Path(place)


class _NoCode(pickle.Unpickler):
    """Reads a pickle in which only arrays and containers may occur."""

    ALLOWED = {
        ("collections", "OrderedDict"), ("_codecs", "encode"), ("builtins", "tuple"), ("numpy", "ndarray"), ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"),
    }  # fmt: skip

    def find_class(self, module: str, name: str):
        """Refuses everything that is not on the list."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it calls {module}.{name}")
        return super().find_class(module, name)


def refuse_code(path: Path) -> None:
    """Raises UserError where loading the pickle would run anything but the building of arrays."""
    try:
        with open(path, "rb") as file:
            _NoCode(file).load()
    except Exception as problem:
        raise UserError(
            f"{path}: a pickle that is not plain weights ({problem}); --trust_pickle loads it all the same, code included"
        ) from problem


def _names(weights: Path) -> Tuple[bool, List[str]]:
    """Whether the tensors of a safetensors file lie as PyTorch has them, and their names."""
    try:
        with safetensors.safe_open(str(weights), framework="np") as file:
            return (file.metadata() or {}).get("format", "np") == "pt", list(file.keys())
    except (OSError, safetensors.SafetensorError) as problem:
        raise UserError(f"{weights}: cannot be read as safetensors ({problem})") from problem


def _check_complete(encoder: paddle.nn.Layer, weights: Path, names: List[str], from_torch: bool) -> None:
    """AutoModel leaves what it does not find at random values and goes on; here only a pooler may be missing."""
    there = {name.removeprefix(f"{encoder.base_model_prefix}.") for name in names}
    wanted = {key: key for key in encoder.state_dict()}
    if from_torch:
        prefix = f"{encoder.base_model_prefix}."
        pairs = [(item.target_name, item.source_name) for item in type(encoder)._get_name_mappings(encoder.config)]
        wanted = {target.replace(prefix, "", 1): source.replace(prefix, "", 1) for target, source in pairs}
    missing: List[str] = sorted(target for target, source in wanted.items() if source not in there)
    if any(not name.startswith("pooler.") for name in missing):
        raise UserError(f"{weights}: lacks {len(missing)} weights of the encoder, {missing[0]} first; not a checkpoint of it?")
    if missing:
        say(f"{weights}: has no pooler; it starts from random weights")


def _check_fit(encoder: paddle.nn.Layer, tokenizer: PairTokenizer, folder: Path) -> None:
    size = encoder.config.vocab_size
    if tokenizer.size > size:
        raise UserError(f"{folder}: vocab.txt has {tokenizer.size} tokens, the model's embedding only {size}; wrong vocab.txt?")
    if tokenizer.pad_id != encoder.config.pad_token_id:
        raise UserError(f"{folder}: [PAD] is {tokenizer.pad_id} in vocab.txt and {encoder.config.pad_token_id} in config.json")
