"""The checkpoint folder that every job writes and reads: weights, configuration, vocabulary, and the job's own card."""

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
    folder: Path, model: paddle.nn.Layer, tokenizer: WordPieceTokenizer, kind: str, config: Dict[str, Any], metadata: Dict[str, Dict]
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
        for name, contents in metadata.items():
            write_json(temporary / name, {**contents, "versions": versions})
    return folder / WEIGHTS


def load_weights(folder: Path, model: paddle.nn.Layer) -> None:
    """Sets all weights of the model from the folder's. Raises UserError where one is missing or does not fit."""
    load_strictly(model, read_arrays(folder / WEIGHTS), str(folder / WEIGHTS))
