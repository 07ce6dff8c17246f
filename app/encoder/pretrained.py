"""A name or a folder -> an encoder with its weights and its tokenizer, from this machine wherever possible.

config.json -> an encoder of PaddleNLP with random weights -> each of them set from the file, strictly. PaddleNLP's own
`from_pretrained` leaves what it does not find at random values, and goes on.
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
from app.encoder.hub import CONFIGS, find_folder, weight_files
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
DONE = {  # what a configuration may say. PaddleNLP passes over the rest, and the states would be those of another model
    "position_embedding_type": ("absolute",),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
    "hidden_act": ("gelu", "relu", "silu", "swish", "tanh"),
}
NOT_OF_THE_ENCODER = ("architectures", "dtype", "torch_dtype")  # all is float32 here
ENDINGS = (  # of the names of classes, behind the architecture's
    "model", "forpretraining", "formaskedlm", "forsequenceclassification", "fortokenclassification", "forquestionanswering",
    "formultiplechoice", "fornextsentenceprediction", "lmheadmodel", "discriminator", "fortotalpretraining",
)  # fmt: skip


def load_pretrained(name: str, dropout: float = -1) -> Tuple[paddle.nn.Layer, WordPieceTokenizer]:
    """The encoder and tokenizer of a local folder or a PaddleNLP model name.

    Every weight of the encoder is the file's; only a pooler may be missing, which is said. Raises UserError where files are
    missing or damaged, hold code (pickles with anything but arrays), or do not fit the configuration.
    """
    folder = find_folder(name)
    tokenizer = FastWordPieceTokenizer.load(folder)
    encoder = build_encoder(folder, dropout)
    if not (folder / TOKENIZER_JSON).exists() and not library_of(folder):
        say(f"{folder}: does not say which library it is from; texts are split as PaddleNLP does (with transformers_version in "
            "config.json: as Hugging Face does)")
    if encoder.config.type_vocab_size == 1:
        say(f"{folder}: knows one kind of segment, so both texts get segment id 0")
    files = weight_files(folder)
    source = str(files[0] if len(files) == 1 else folder)
    arrays = to_paddle(read_weights(files), source)
    own = encoder.state_dict()
    lacking = [name for name in own if name not in arrays]
    if lacking and all(name.startswith(POOLER) for name in lacking) and not any(name.startswith(POOLER) for name in arrays):
        say(f"{source}: has no pooler; it starts from random weights")
        arrays.update((name, own[name].numpy()) for name in lacking)
    if not any(name.startswith(POOLER) for name in own):
        arrays = {name: array for name, array in arrays.items() if not name.startswith(POOLER)}
    _check_finite(arrays, source)
    load_strictly(encoder, arrays, source)
    _check_fit(encoder, tokenizer, folder)
    return encoder, tokenizer


def build_encoder(folder: Path, dropout: float = -1) -> paddle.nn.Layer:
    """The encoder that the folder's configuration describes, with random weights. Raises UserError as `read_config` does."""
    file, values = read_config(folder)
    config_class, model_class = ARCHITECTURES[_architecture(values, file)]
    try:
        config = config_class.from_dict({name: value for name, value in values.items() if name not in NOT_OF_THE_ENCODER})
        set_dropout(config, dropout)
        encoder = model_class(config)
        _set_epsilon(encoder, config.layer_norm_eps)
        return encoder
    except Exception as problem:  # whatever PaddleNLP makes of values that are none
        raise UserError(f"{file}: no {model_class.__name__} can be built from it ({problem})") from problem


def read_config(folder: Path) -> Tuple[Path, Dict[str, Any]]:
    """The folder's config.json or model_config.json, and its values. Raises UserError where it is damaged, is of an architecture
    that this program does not take, or asks for what is not done here.
    """
    file = next((folder / name for name in CONFIGS if (folder / name).is_file()), folder / CONFIGS[0])
    values = read_json(file)
    try:
        values = flatten_model_config(values)
    except (ValueError, AttributeError) as problem:
        raise UserError(f"{file}: damaged ({problem})") from problem
    _architecture(values, file)
    for name, done in DONE.items():
        if values.get(name) not in (None, *done):
            raise UserError(f"{file}: {name} is {values[name]!r}; only {' or '.join(map(json.dumps, done))} is done here")
    return file, values


def _set_epsilon(encoder: paddle.nn.Layer, epsilon: float) -> None:
    """PaddleNLP's ERNIE has 1e-12 in its norms, whatever its configuration says."""
    if not 0 <= epsilon <= 1e-3:  # what Paddle computes with
        raise ValueError(f"layer_norm_eps is {epsilon}, and must be from 0 to 0.001")
    for layer in encoder.sublayers():
        if isinstance(layer, paddle.nn.LayerNorm):
            layer._epsilon = epsilon


def _architecture(values: Dict[str, Any], file: Path) -> str:
    """Which of ARCHITECTURES: by `model_type`, else by the class that `architectures` names."""
    classes = values.get("architectures") or []
    named = [values.get("model_type"), *(classes if isinstance(classes, list) else [classes])]
    for name in (str(name).lower() for name in named if name):
        for architecture in ARCHITECTURES:
            if name == architecture or any(name == architecture + ending for ending in ENDINGS):
                return architecture
    message = next((str(name) for name in named if name), "nothing")
    raise UserError(f"{file}: is for {message}; this program takes {', '.join(ARCHITECTURES)} (model_type, or architectures)")


def _check_finite(arrays: Dict[str, np.ndarray], source: str) -> None:
    wrong = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if wrong:
        raise UserError(f"{source}: {wrong[0]} holds values that are not finite (nan or inf)")


def _check_fit(encoder: paddle.nn.Layer, tokenizer: WordPieceTokenizer, folder: Path) -> None:
    size = encoder.config.vocab_size
    if tokenizer.size > size:
        raise UserError(f"{folder}: its vocabulary has {tokenizer.size} tokens, the model's embedding {size}; the wrong one?")
    pad = encoder.config.pad_token_id
    if tokenizer.pad_id != pad:
        raise UserError(f"{folder}: {tokenizer.special[0]} is {tokenizer.pad_id} in the vocabulary and {pad} in config.json")
