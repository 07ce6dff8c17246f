"""Which rows go into which batch: buckets of like lengths, random for training, sorted for evaluation."""

from __future__ import annotations

from typing import List, Sequence

import numpy as np

BATCHES_A_BUCKET = 64  # large enough that lengths within a batch are close, small enough that batches stay random


def training_batches(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> List[np.ndarray]:
    """Row numbers of each batch of one epoch: every row once, in an order that (seed, epoch) alone decides.

    Rows are shuffled, taken in buckets, sorted by length within a bucket and cut into batches, which are shuffled again.
    Batches differ by one row at most: no epoch ends on a tiny batch that would weigh as much as a full one.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    bucket = batch_size * BATCHES_A_BUCKET
    for begin in range(0, len(order), bucket):
        part = order[begin : begin + bucket]
        order[begin : begin + bucket] = part[np.argsort(lengths[part], kind="stable")]
    batches = np.array_split(order, max(1, -(-len(order) // batch_size)))
    return [batches[place] for place in random.permutation(len(batches))]


def evaluation_batches(lengths: np.ndarray, batch_size: int) -> List[np.ndarray]:
    """Row numbers of batches sorted by length, the longest first: what does not fit into memory fails at once."""
    order = np.argsort(-lengths, kind="stable")
    return [order[begin : begin + batch_size] for begin in range(0, len(order), batch_size)]


def padding_share(lengths: np.ndarray, batches: Sequence[np.ndarray]) -> float:
    """Which share of all positions in these batches is padding, 0 to 1."""
    filled = sum(int(lengths[batch].sum()) for batch in batches)
    return 1 - filled / sum(int(lengths[batch].max()) * len(batch) for batch in batches)
