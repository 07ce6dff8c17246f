"""The pretrained checkpoint folder, written and loaded: encoder, both heads, vocabulary, and a card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Tuple

import paddle
import paddlenlp
from paddlenlp.transformers import AutoConfig, AutoModel

from app.atomic import atomic_folder, write_json
from app.encoder.pretrained import load_pretrained
from app.encoder.scratch import set_dropout
from app.errors import UserError
from app.pretrain.model import PretrainingModel
from app.text.tokenizer import PairTokenizer
from app.train.checkpoint import load_strictly, model_arrays, read_arrays, write_arrays

FINE_TUNING_DROPOUT = 0.1  # what config.json says, whatever pretraining used: fine-tuning wants it (Devlin et al. 2019)
CARD = "pretraining.json"


def save_pretrained(folder: Path, model: PretrainingModel, tokenizer: PairTokenizer, card: Dict[str, Any]) -> Path:
    """Writes the folder, whole or not at all; returns its weights file."""
    config = model.encoder.config.to_dict()
    name = type(model.encoder).__name__[: -len("Model")]
    config.update(architectures=[f"{name}ForPretraining"], hidden_dropout_prob=FINE_TUNING_DROPOUT)
    config.update(attention_probs_dropout_prob=FINE_TUNING_DROPOUT)
    config.pop("_name_or_path", None)
    with atomic_folder(folder) as temporary:
        write_arrays(temporary / "model.safetensors", model_arrays(model))
        write_json(temporary / "config.json", config)
        tokenizer.save(temporary)
        versions = {"paddle": paddle.__version__, "paddlenlp": paddlenlp.__version__}
        write_json(temporary / CARD, {**card, "sentence_labels": model.sentence_labels, "versions": versions})
    return folder / "model.safetensors"


def load_for_pretraining(
    name: str, sentence_labels: int, dropout: float, trust_pickle: bool
) -> Tuple[PretrainingModel, PairTokenizer, str]:
    """A model to go on from: its own heads where the folder has fitting ones, else new ones. The text says which."""
    folder = Path(name)
    if (folder / CARD).is_file():
        model, tokenizer, card = load_pretraining(folder, dropout)
        if card["sentence_labels"] == sentence_labels:
            return model, tokenizer, f"{name}, its heads included"
        fresh = PretrainingModel(model.encoder, sentence_labels)
        fresh.cls.predictions = model.cls.predictions
        return fresh, tokenizer, f"{name}, its masked-LM head included; the sentence head is new"
    encoder, tokenizer = load_pretrained(name, dropout, trust_pickle)
    return PretrainingModel(encoder, sentence_labels), tokenizer, f"{name}; both heads are new"


def load_pretraining(folder: Path, dropout: float = -1) -> Tuple[PretrainingModel, PairTokenizer, Dict[str, Any]]:
    """Loads a folder of `save_pretrained` strictly, heads included. Raises UserError where it is none."""
    file = folder / CARD
    if not file.is_file():
        raise UserError(f"{folder}: no {CARD} in it, so it is no checkpoint folder of `bash run_pretrain.sh`")
    card = json.loads(file.read_text(encoding="utf-8"))
    config = AutoConfig.from_pretrained(str(folder))
    set_dropout(config, dropout)
    model = PretrainingModel(AutoModel.from_config(config), card["sentence_labels"])
    load_strictly(model, read_arrays(folder / "model.safetensors"), str(folder / "model.safetensors"))
    return model, PairTokenizer.load(folder), card
