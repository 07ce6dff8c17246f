"""Pairs of the sample as vectors of character counts: real data for small classifiers that train in a fraction of a second."""

from __future__ import annotations

import zlib
from typing import Tuple

import numpy as np

from app.shell import ROOT


def pair_features(split: str, pairs: int, size: int = 128) -> Tuple[np.ndarray, np.ndarray]:
    """The first pairs of data/sample/SPLIT.tsv -> features: float32 [pairs, 2 * size], labels: int64 [pairs].

    Each text becomes a vector of `size` counts of its characters and of its pairs of neighbouring characters, each counted in
    the place that its hash gives. The features of a pair are the absolute differences of both vectors, then their minima.
    """
    with open(ROOT / f"data/sample/{split}.tsv", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file.readlines()[1 : pairs + 1]]
    counts_a, counts_b = (np.stack([_counts(row[column], size) for row in rows]) for column in (0, 1))
    features = np.concatenate([np.abs(counts_a - counts_b), np.minimum(counts_a, counts_b)], axis=1)
    return features, np.array([int(row[2]) for row in rows])


def _counts(text: str, size: int) -> np.ndarray:
    """float32 [size]: how often the characters and pairs of neighbours occur whose hash is this place."""
    pieces = [*text, *map("".join, zip(text, text[1:]))]
    return np.bincount([zlib.crc32(piece.encode()) % size for piece in pieces], minlength=size).astype(np.float32)
