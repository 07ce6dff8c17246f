"""The pretrained checkpoint folder, written and loaded: encoder, both heads, vocabulary, pretraining.json."""

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

FINE_TUNING_DROPOUT = 0.1  # written to config.json whatever dropout pretraining used, for fine-tuning (Devlin et al. 2019)
METADATA = "pretraining.json"


def save_pretrained(folder: Path, model: PretrainingModel, tokenizer: WordPieceTokenizer, metadata: Dict[str, Any]) -> Path:
    """Writes the folder atomically. Returns its weights file."""
    names = ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout")
    config = {name: FINE_TUNING_DROPOUT for name in names}
    json_files = {METADATA: {**metadata, "sentence_labels": model.num_sentence_labels}}
    return save_folder(folder, model, tokenizer, "ForPretraining", config, json_files)


def load_for_pretraining(
    name: str, num_sentence_labels: int, dropout: float
) -> Tuple[PretrainingModel, WordPieceTokenizer, str]:
    """The model, the tokenizer, and a text that says which heads are new.

    The heads are loaded if the folder has them, but the sentence head only if it has `num_sentence_labels` labels.
    Raises UserError if the encoder has no pooler.
    """
    folder = Path(name)
    new_sentence_head = "; the sentence head is new" if num_sentence_labels else ""
    if (folder / METADATA).is_file():
        model, tokenizer, metadata = load_pretraining(folder, dropout)
        if metadata["sentence_labels"] == num_sentence_labels:
            return model, tokenizer, f"{name} with {'both heads' if num_sentence_labels else 'its masked-LM head'}"
        new_model = PretrainingModel(model.encoder, num_sentence_labels)
        new_model.cls.predictions = model.cls.predictions
        return new_model, tokenizer, f"{name} with its masked-LM head{new_sentence_head}"
    encoder, tokenizer = load_pretrained(name, dropout)
    if not hasattr(encoder, "pooler"):
        raise UserError(f"{name}: {type(encoder).__name__} has no pooler, so its pretraining cannot be continued")
    new_model = PretrainingModel(encoder, num_sentence_labels)
    return new_model, tokenizer, f"{name}; {'both heads are' if num_sentence_labels else 'the masked-LM head is'} new"


def load_pretraining(folder: Path, dropout: float = -1) -> Tuple[PretrainingModel, WordPieceTokenizer, Dict[str, Any]]:
    """Loads a folder of `save_pretrained` with its heads. Raises UserError if it is another kind of folder, or if a weight is
    missing, unexpected or has another shape.
    """
    file = folder / METADATA
    if not file.is_file():
        raise UserError(f"{folder}: has no {METADATA}, so it is not a checkpoint folder of `bash run_pretrain.sh`")
    metadata = read_json(file)
    if type(metadata.get("sentence_labels")) is not int or metadata["sentence_labels"] < 0:
        raise UserError(f"{file}: damaged (sentence_labels)")
    model = PretrainingModel(build_encoder(folder, dropout), metadata["sentence_labels"])
    load_weights(folder, model)
    return model, FastWordPieceTokenizer.load(folder), metadata
