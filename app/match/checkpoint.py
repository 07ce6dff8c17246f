"""The fine-tuned checkpoint folder, written and loaded: weights, config.json, vocabulary, matcher.json."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Tuple

from app.encoder.checkpoint_folder import load_weights, save_folder
from app.encoder.pretrained import build_encoder
from app.match.matcher_config import FORMAT, MatcherConfig, read_matcher_config
from app.match.model import PairClassifier
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.tokenizer import WordPieceTokenizer


def save_matcher(folder: Path, model: PairClassifier, tokenizer: WordPieceTokenizer, matcher_config: MatcherConfig) -> Path:
    """Writes the folder atomically. Returns its weights file."""
    config = {"num_labels": model.classifier.weight.shape[1]}
    json_files = {"matcher.json": {"format": FORMAT, **asdict(matcher_config)}}
    return save_folder(folder, model, tokenizer, "ForSequenceClassification", config, json_files)


def load_matcher(folder: Path, dropout: float = -1) -> Tuple[PairClassifier, WordPieceTokenizer, MatcherConfig]:
    """Loads a fine-tuned folder. Raises UserError if a weight is missing, unexpected or has another shape."""
    folder = Path(folder)
    matcher_config = read_matcher_config(folder)
    tokenizer = FastWordPieceTokenizer.load(folder)
    model = PairClassifier(build_encoder(folder, dropout), len(matcher_config.labels))
    load_weights(folder, model)
    return model, tokenizer, matcher_config
