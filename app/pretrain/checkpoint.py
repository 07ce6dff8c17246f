"""The pretrained checkpoint folder, written and loaded: encoder, both heads, vocabulary, and a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Tuple

from app.atomic import read_json
from app.encoder.checkpoint_folder import load_weights, save_folder
from app.encoder.pretrained import build_encoder, load_pretrained
from app.errors import UserError
from app.pretrain.model import PretrainingModel
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.tokenizer import WordPieceTokenizer

FINE_TUNING_DROPOUT = 0.1  # what config.json says, whatever pretraining used: fine-tuning wants it (Devlin et al. 2019)
METADATA = "pretraining.json"


def save_pretrained(folder: Path, model: PretrainingModel, tokenizer: WordPieceTokenizer, metadata: Dict[str, Any]) -> Path:
    """Writes the folder, whole or not at all; returns its weights file."""
    names = ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout")
    dropouts = {name: FINE_TUNING_DROPOUT for name in names}
    card_file = {METADATA: {**metadata, "sentence_labels": model.sentence_labels}}
    return save_folder(folder, model, tokenizer, "ForPretraining", dropouts, card_file)


def load_for_pretraining(
    name: str, sentence_labels: int, dropout: float
) -> Tuple[PretrainingModel, WordPieceTokenizer, str]:
    """A model to go on from: its own heads where the folder has fitting ones, else new ones. The text says which."""
    folder = Path(name)
    new_sentence_head = "; the sentence head is new" if sentence_labels else ""  # without a sentence task there is none
    if (folder / METADATA).is_file():
        model, tokenizer, metadata = load_pretraining(folder, dropout)
        if metadata["sentence_labels"] == sentence_labels:
            return model, tokenizer, f"{name}, its heads included" if sentence_labels else f"{name}, its masked-LM head included"
        fresh = PretrainingModel(model.encoder, sentence_labels)
        fresh.cls.predictions = model.cls.predictions
        return fresh, tokenizer, f"{name}, its masked-LM head included{new_sentence_head}"
    encoder, tokenizer = load_pretrained(name, dropout)
    if not hasattr(encoder, "pooler"):
        raise UserError(f"{name}: {type(encoder).__name__} has no pooler, so pretraining cannot go on from it")
    fresh = PretrainingModel(encoder, sentence_labels)
    return fresh, tokenizer, f"{name}; {'both heads are' if sentence_labels else 'the masked-LM head is'} new"


def load_pretraining(folder: Path, dropout: float = -1) -> Tuple[PretrainingModel, WordPieceTokenizer, Dict[str, Any]]:
    """Loads a folder of `save_pretrained` strictly, heads included. Raises UserError where it is none."""
    file = folder / METADATA
    if not file.is_file():
        raise UserError(f"{folder}: no {METADATA} in it, so it is no checkpoint folder of `bash run_pretrain.sh`")
    metadata = read_json(file)
    if type(metadata.get("sentence_labels")) is not int or metadata["sentence_labels"] < 0:
        raise UserError(f"{file}: damaged (sentence_labels)")
    model = PretrainingModel(build_encoder(folder, dropout), metadata["sentence_labels"])
    load_weights(folder, model)
    return model, FastWordPieceTokenizer.load(folder), metadata
