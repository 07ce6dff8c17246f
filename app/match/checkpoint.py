"""The fine-tuned checkpoint folder, written and loaded: weights, configuration, vocabulary, card."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict, Tuple

import paddle
import paddlenlp
from paddlenlp.transformers import AutoConfig, AutoModel

from app.atomic import atomic_folder, write_json
from app.encoder.scratch import set_dropout
from app.errors import UserError
from app.match.card import FORMAT, Card, read_card
from app.match.model import PairClassifier
from app.text.tokenizer import PairTokenizer
from app.train.checkpoint import load_strictly, model_arrays, read_arrays, write_arrays


def save_matcher(folder: Path, model: PairClassifier, tokenizer: PairTokenizer, card: Card) -> Path:
    """Writes the folder, whole or not at all; returns its weights file."""
    with atomic_folder(folder) as temporary:
        write_arrays(temporary / "model.safetensors", model_arrays(model))
        write_json(temporary / "config.json", _config(model))
        tokenizer.save(temporary)
        versions = {"paddle": paddle.__version__, "paddlenlp": paddlenlp.__version__}
        write_json(temporary / "matcher.json", {"format": FORMAT, **asdict(card), "versions": versions})
    return folder / "model.safetensors"


def _config(model: PairClassifier) -> Dict[str, Any]:
    config = model.encoder.config
    name = type(model.encoder).__name__
    config.architectures = [name[: -len("Model")] + "ForSequenceClassification"]
    config.num_labels = model.classifier.weight.shape[1]
    values = config.to_dict()
    values.pop("_name_or_path", None)  # a path of the machine it was trained on
    return values


def load_matcher(folder: Path, dropout: float = -1) -> Tuple[PairClassifier, PairTokenizer, Card]:
    """Loads a fine-tuned folder strictly: every weight is there and fits, or UserError."""
    folder = Path(folder)
    card = read_card(folder)
    tokenizer = PairTokenizer.load(folder)
    try:
        config = AutoConfig.from_pretrained(str(folder))
        set_dropout(config, dropout)
        encoder = AutoModel.from_config(config)
    except (OSError, ValueError, KeyError, AttributeError) as problem:
        raise UserError(f"{folder}/config.json: PaddleNLP cannot build its model ({problem})") from problem
    model = PairClassifier(encoder, len(card.labels))
    load_strictly(model, read_arrays(folder / "model.safetensors"), str(folder / "model.safetensors"))
    return model, tokenizer, card
