"""A model name or a folder -> an encoder with its weights, and its tokenizer. Local files are used if they exist.

config.json -> an encoder of PaddleNLP with random weights -> all weights set from the file. Loading is strict; PaddleNLP's own
`from_pretrained` leaves a missing weight at its random value and continues.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Tuple

import numpy as np
import paddle
from paddlenlp.transformers import (
    BertConfig,
    BertModel,
    ElectraConfig,
    ElectraModel,
    ErnieConfig,
    ErnieModel,
    RobertaConfig,
    RobertaModel,
)
from paddlenlp.transformers.configuration_utils import flatten_model_config

from app.atomic import read_json
from app.encoder.conversion import to_paddle
from app.encoder.from_scratch import set_dropout
from app.encoder.hub import CONFIG_NAMES, find_folder, weight_files
from app.encoder.weights import read_weights
from app.errors import UserError
from app.progress import say
from app.tensors import load_strictly
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.tokenizer import WordPieceTokenizer
from app.text.tokenizer_config import library_of
from app.text.tokenizer_json import TOKENIZER_JSON

ARCHITECTURES = {
    "bert": (BertConfig, BertModel),
    "ernie": (ErnieConfig, ErnieModel),
    "roberta": (RobertaConfig, RobertaModel),
    "electra": (ElectraConfig, ElectraModel),
}
POOLER = "pooler."
SUPPORTED = {  # values that config.json may have. PaddleNLP ignores other values, so the hidden states would be wrong
    "position_embedding_type": ("absolute",),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
    "hidden_act": ("gelu", "relu", "silu", "swish", "tanh"),
}
IGNORED = ("architectures", "dtype", "torch_dtype")  # not passed to the encoder: its class is chosen here, and it is float32
CLASS_ENDINGS = (  # what follows the architecture in the name of a class, in lower case
    "model", "forpretraining", "formaskedlm", "forsequenceclassification", "fortokenclassification", "forquestionanswering",
    "formultiplechoice", "fornextsentenceprediction", "lmheadmodel", "discriminator", "fortotalpretraining",
)  # fmt: skip


def load_pretrained(name: str, dropout: float = -1) -> Tuple[paddle.nn.Layer, WordPieceTokenizer]:
    """The encoder and tokenizer of a local folder or a PaddleNLP model name. `dropout`: -1 keeps the configuration's value.

    All weights of the encoder are set from the file. Only the pooler may be missing; a message says so. Raises UserError if files
    are missing or damaged, do not match the configuration, or are pickles that contain anything but arrays.
    """
    folder = find_folder(name)
    tokenizer = FastWordPieceTokenizer.load(folder)
    encoder = build_encoder(folder, dropout)
    if not (folder / TOKENIZER_JSON).exists() and not library_of(folder):
        say(f"{folder}: does not say which library it is from, so texts are split as in PaddleNLP (for Hugging Face's way, add "
            "transformers_version to config.json)")
    if encoder.config.type_vocab_size == 1:
        say(f"{folder}: has one segment type only, so both texts get segment id 0")
    files = weight_files(folder)
    source = str(files[0] if len(files) == 1 else folder)
    arrays = to_paddle(read_weights(files), source)
    state = encoder.state_dict()
    missing = [name for name in state if name not in arrays]
    if missing and all(name.startswith(POOLER) for name in missing) and not any(name.startswith(POOLER) for name in arrays):
        say(f"{source}: has no pooler; it starts from random weights")
        arrays.update((name, state[name].numpy()) for name in missing)
    if not any(name.startswith(POOLER) for name in state):
        arrays = {name: array for name, array in arrays.items() if not name.startswith(POOLER)}
    _check_finite(arrays, source)
    load_strictly(encoder, arrays, source)
    _check_tokenizer(encoder, tokenizer, folder)
    return encoder, tokenizer


def build_encoder(folder: Path, dropout: float = -1) -> paddle.nn.Layer:
    """The encoder of the folder's configuration, with random weights.

    Raises UserError as `read_config` does, or if the values describe no valid encoder.
    """
    file, values = read_config(folder)
    config_class, model_class = ARCHITECTURES[_architecture(values, file)]
    try:
        config = config_class.from_dict({name: value for name, value in values.items() if name not in IGNORED})
        set_dropout(config, dropout)
        encoder = model_class(config)
        _set_epsilon(encoder, config.layer_norm_eps)
        return encoder
    except Exception as problem:  # invalid values can raise any exception in PaddleNLP
        raise UserError(f"{file}: no {model_class.__name__} can be built from it ({problem})") from problem


def read_config(folder: Path) -> Tuple[Path, Dict[str, Any]]:
    """The path of config.json or model_config.json in the folder, and its values.

    Raises UserError if the file is missing or damaged, or describes an architecture or a setting that is not supported.
    """
    file = next((folder / name for name in CONFIG_NAMES if (folder / name).is_file()), folder / CONFIG_NAMES[0])
    values = read_json(file)
    try:
        values = flatten_model_config(values)
    except (ValueError, AttributeError) as problem:
        raise UserError(f"{file}: damaged ({problem})") from problem
    _architecture(values, file)
    for name, supported in SUPPORTED.items():
        if values.get(name) not in (None, *supported):
            raise UserError(f"{file}: {name} is {values[name]!r}; only {' or '.join(map(json.dumps, supported))} is supported")
    return file, values


def _set_epsilon(encoder: paddle.nn.Layer, epsilon: float) -> None:
    """Sets the epsilon of all layer norms. PaddleNLP's ERNIE always has 1e-12 and ignores its configuration.

    Raises ValueError if Paddle cannot compute with the value.
    """
    if not 0 <= epsilon <= 1e-3:
        raise ValueError(f"layer_norm_eps is {epsilon}, and must be from 0 to 0.001")
    for layer in encoder.sublayers():
        if isinstance(layer, paddle.nn.LayerNorm):
            layer._epsilon = epsilon


def _architecture(values: Dict[str, Any], file: Path) -> str:
    """The key of ARCHITECTURES: by `model_type`, or else by a class name in `architectures`. Raises UserError if none matches."""
    classes = values.get("architectures") or []
    candidates = [values.get("model_type"), *(classes if isinstance(classes, list) else [classes])]
    for name in (str(candidate).lower() for candidate in candidates if candidate):
        for architecture in ARCHITECTURES:
            if name == architecture or any(name == architecture + ending for ending in CLASS_ENDINGS):
                return architecture
    found = next((f"is for {candidate}" for candidate in candidates if candidate), "names no architecture")
    raise UserError(f"{file}: {found}; supported are {', '.join(ARCHITECTURES)} (in model_type or architectures)")


def _check_finite(arrays: Dict[str, np.ndarray], source: str) -> None:
    not_finite = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if not_finite:
        raise UserError(f"{source}: {not_finite[0]} has values that are not finite (nan or inf)")


def _check_tokenizer(encoder: paddle.nn.Layer, tokenizer: WordPieceTokenizer, folder: Path) -> None:
    """Raises UserError if the vocabulary does not belong to the model: too many tokens, or another id of [PAD]."""
    size = encoder.config.vocab_size
    if tokenizer.size > size:
        raise UserError(
            f"{folder}: the vocabulary has {tokenizer.size} tokens, but the model has embeddings for {size}; is it the wrong one?"
        )
    pad = encoder.config.pad_token_id
    if tokenizer.pad_id != pad:
        raise UserError(f"{folder}: {tokenizer.special[0]} has id {tokenizer.pad_id} in the vocabulary and {pad} in config.json")
