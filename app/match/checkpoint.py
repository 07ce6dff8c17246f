"""The fine-tuned checkpoint folder, written and loaded: weights, configuration, vocabulary, card."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Tuple

from app.encoder.folder import load_weights, save_folder
from app.encoder.pretrained import build_encoder
from app.match.card import FORMAT, Card, read_card
from app.match.model import PairClassifier
from app.text.tokenizer import PairTokenizer


def save_matcher(folder: Path, model: PairClassifier, tokenizer: PairTokenizer, card: Card) -> Path:
    """Writes the folder, whole or not at all; returns its weights file."""
    config = {"num_labels": model.classifier.weight.shape[1]}
    card_file = {"matcher.json": {"format": FORMAT, **asdict(card)}}
    return save_folder(folder, model, tokenizer, "ForSequenceClassification", config, card_file)


def load_matcher(folder: Path, dropout: float = -1) -> Tuple[PairClassifier, PairTokenizer, Card]:
    """Loads a fine-tuned folder strictly: every weight is there and fits, or UserError."""
    folder = Path(folder)
    card = read_card(folder)
    tokenizer = PairTokenizer.load(folder)
    model = PairClassifier(build_encoder(folder, dropout), len(card.labels))
    load_weights(folder, model)
    return model, tokenizer, card
