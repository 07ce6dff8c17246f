"""The checkpoint folder of fine-tuning and pretraining: weights, config.json, vocabulary, and JSON files of the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import paddle
import paddlenlp

from app.atomic import atomic_folder, write_json
from app.tensors import load_strictly, model_arrays, read_arrays, write_arrays
from app.text.tokenizer import WordPieceTokenizer

WEIGHTS = "model.safetensors"


def save_folder(
    folder: Path,
    model: paddle.nn.Layer,
    tokenizer: WordPieceTokenizer,
    head: str,
    config: Dict[str, Any],
    json_files: Dict[str, Dict],
) -> Path:
    """Writes the folder of a model that has an `encoder`, atomically. Returns the path of its weights file.

    `head`: end of the architecture's name, for example "ForPretraining". `config`: values that replace those of the encoder's
    configuration. `json_files`: {file name: contents}; the versions of Paddle and PaddleNLP are added to each.
    """
    values = {**model.encoder.config.to_dict(), **config}
    values["architectures"] = [type(model.encoder).__name__[: -len("Model")] + head]
    values.pop("_name_or_path", None)  # a path of the machine where the model was trained
    versions = {"paddle": paddle.__version__, "paddlenlp": paddlenlp.__version__}
    with atomic_folder(folder) as temporary:
        write_arrays(temporary / WEIGHTS, model_arrays(model))
        write_json(temporary / "config.json", values)
        tokenizer.save(temporary)
        for name, contents in json_files.items():
            write_json(temporary / name, {**contents, "versions": versions})
    return folder / WEIGHTS


def load_weights(folder: Path, model: paddle.nn.Layer) -> None:
    """Sets all weights of the model from the folder's file. Raises UserError if a tensor is missing, unexpected or has another
    shape.
    """
    load_strictly(model, read_arrays(folder / WEIGHTS), str(folder / WEIGHTS))
