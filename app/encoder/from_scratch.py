"""An encoder with random weights, in BERT's published sizes."""

from __future__ import annotations

import math

import numpy as np
from paddlenlp.transformers import BertConfig, BertModel, ErnieConfig, ErnieModel

from app.options import SIZES


def encoder_from_scratch(size: str, vocab_size: int, dropout: float = -1, architecture: str = "bert"):
    """A BERT or ERNIE encoder of one of SIZES, with random weights.

    512 positions, attention heads of 64 (at least two heads), feed-forward width 4 x hidden. `dropout`: -1 means none.

    Initialization: the standard deviation is 0.8 / sqrt(hidden), because it should shrink with the root of the width (Glorot &
    Bengio 2010). BERT's 0.02 is meant for a width of 768: with it, narrow models stay at a loss of ln 2 for many epochs. Dropout
    has the same effect on them, so the default is none (as in ALBERT, Lan et al. 2020, section 4.8). The position embeddings
    start as sinusoids and are trained further: neighbours are similar and the same distance looks the same everywhere, so the
    model needs fewer steps to learn positions than from random noise.
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
    """Sinusoidal position embeddings, float32 [positions, hidden] (Vaswani et al. 2017, section 3.5).

    Sines and cosines alternate; their wavelengths grow from 2 pi to 10,000 x 2 pi.
    """
    angles = np.outer(np.arange(positions), 10_000.0 ** (-np.arange(0, hidden, 2) / hidden))
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(positions, hidden).astype(np.float32)


def set_dropout(config, dropout: float) -> None:
    """Sets every dropout probability of an encoder's configuration; -1 changes nothing."""
    if dropout < 0:
        return
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"):
        if hasattr(config, name):
            setattr(config, name, dropout)
