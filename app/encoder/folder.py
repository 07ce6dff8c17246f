"""The checkpoint folder that every job writes and reads: weights, configuration, vocabulary, and the job's own card."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import paddle
import paddlenlp
from paddlenlp.transformers import AutoConfig, AutoModel

from app.atomic import atomic_folder, write_json
from app.encoder.scratch import set_dropout
from app.errors import UserError
from app.text.tokenizer import PairTokenizer
from app.train.checkpoint import load_strictly, model_arrays, read_arrays, write_arrays

WEIGHTS = "model.safetensors"


def save_folder(
    folder: Path, model: paddle.nn.Layer, tokenizer: PairTokenizer, kind: str, config: Dict[str, Any], card: Dict[str, Dict]
) -> Path:
    """Writes the folder of a model with an `encoder`, whole or not at all; returns its weights file.

    `kind` ends the architecture's name ("ForPretraining"), `config` changes the encoder's configuration, `card` is
    {file name: contents}.
    """
    values = {**model.encoder.config.to_dict(), **config}
    values["architectures"] = [type(model.encoder).__name__[: -len("Model")] + kind]
    values.pop("_name_or_path", None)  # a path of the machine it was trained on
    versions = {"paddle": paddle.__version__, "paddlenlp": paddlenlp.__version__}
    with atomic_folder(folder) as temporary:
        write_arrays(temporary / WEIGHTS, model_arrays(model))
        write_json(temporary / "config.json", values)
        tokenizer.save(temporary)
        for name, contents in card.items():
            write_json(temporary / name, {**contents, "versions": versions})
    return folder / WEIGHTS


def build_encoder(folder: Path, dropout: float = -1) -> paddle.nn.Layer:
    """The encoder that the folder's config.json describes, with random weights. Raises UserError on a damaged one."""
    try:
        config = AutoConfig.from_pretrained(str(folder))
        set_dropout(config, dropout)
        return AutoModel.from_config(config)
    except (OSError, ValueError, KeyError, AttributeError) as problem:
        raise UserError(f"{folder}/config.json: PaddleNLP cannot build its model ({problem})") from problem


def load_weights(folder: Path, model: paddle.nn.Layer) -> None:
    """Sets all weights of the model from the folder's. Raises UserError where one is missing or does not fit."""
    load_strictly(model, read_arrays(folder / WEIGHTS), str(folder / WEIGHTS))
