"""An encoder with random weights, in BERT's published sizes."""

from __future__ import annotations

import math

import numpy as np
from paddlenlp.transformers import BertConfig, BertModel, ErnieConfig, ErnieModel

from app.options import SIZES


def encoder_from_scratch(size: str, vocab_size: int, dropout: float = -1, architecture: str = "bert"):
    """A BERT or ERNIE of one of SIZES: 512 positions, heads of 64 (at least two), feed-forward of 4 x hidden.

    Initial weights shrink with the root of the width, as Glorot & Bengio (2010) have it (there: 1 / sqrt(hidden)); BERT's 0.02
    is for 768, and with it the narrow ones stay at a loss of ln 2 for many epochs. So they do with dropout, hence none unless
    asked for (as in ALBERT, Lan et al. 2020, 4.8). Positions begin as sinusoids, which have neighbours alike and every distance
    the same everywhere, and are learned on from there: what lies where costs fewer steps to learn than from noise.
    """
    layers, hidden = SIZES[size]
    config_class, model_class = {"bert": (BertConfig, BertModel), "ernie": (ErnieConfig, ErnieModel)}[architecture]
    config = config_class(
        vocab_size=vocab_size,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=max(2, hidden // 64),
        intermediate_size=4 * hidden,
        max_position_embeddings=512,
        type_vocab_size=2,
        initializer_range=0.8 / math.sqrt(hidden),
        pad_token_id=0,
    )
    set_dropout(config, max(0.0, dropout))
    encoder = model_class(config)
    positions = encoder.embeddings.position_embeddings.weight
    positions.set_value(math.sqrt(2) * config.initializer_range * sinusoids(*positions.shape))
    return encoder


def sinusoids(positions: int, hidden: int) -> np.ndarray:
    """Vaswani et al. 2017, 3.5: float32 [positions, hidden], sines and cosines, wavelengths from 2 pi to 10,000 x 2 pi."""
    angles = np.outer(np.arange(positions), 10_000.0 ** (-np.arange(0, hidden, 2) / hidden))
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(positions, hidden).astype(np.float32)


def set_dropout(config, dropout: float) -> None:
    """Sets every dropout of an encoder's configuration; -1 leaves its own."""
    if dropout < 0:
        return
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"):
        if hasattr(config, name):
            setattr(config, name, dropout)
