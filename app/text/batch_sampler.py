"""Which rows go into which batch: rows of similar length together, in random order for training, sorted for evaluation."""

from __future__ import annotations

from typing import List, Sequence, Tuple

import numpy as np

BATCHES_PER_BUCKET = 64  # large enough that the lengths within a batch are similar, small enough that batches stay random


def training_batches(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> List[np.ndarray]:
    """Row numbers of each batch of one epoch. Each row occurs once, in an order that depends on (seed, epoch) only.

    Rows are shuffled, divided into buckets, sorted by length within a bucket and divided into batches, which are shuffled again.
    The sizes of the batches differ by at most one row: a tiny last batch would weigh as much as a full one.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    bucket_size = batch_size * BATCHES_PER_BUCKET
    for begin in range(0, len(order), bucket_size):
        bucket = order[begin : begin + bucket_size]
        order[begin : begin + bucket_size] = bucket[np.argsort(lengths[bucket], kind="stable")]
    batches = np.array_split(order, max(1, -(-len(order) // batch_size)))
    return [batches[number] for number in random.permutation(len(batches))]


def evaluation_batches(lengths: np.ndarray, batch_size: int) -> List[np.ndarray]:
    """Row numbers of batches sorted by length, the longest first: a batch that does not fit into memory fails at once."""
    order = np.argsort(-lengths, kind="stable")
    return [order[begin : begin + batch_size] for begin in range(0, len(order), batch_size)]


def padding_share(lengths: np.ndarray, batches: Sequence[np.ndarray]) -> float:
    """The share of padding among all positions of these batches, 0 to 1."""
    tokens = sum(int(lengths[batch].sum()) for batch in batches)
    return 1 - tokens / sum(int(lengths[batch].max()) * len(batch) for batch in batches)


def padded_length(length: int, max_length: int) -> int:
    """The length to which a pair is padded for prediction. It depends on the pair's own length only, and has few values."""
    step = 4 if length <= 64 else 16
    return min(-(-length // step) * step, max_length)


def prediction_batches(lengths: np.ndarray, tokens: int, max_length: int, batch_shapes: str) -> List[Tuple[np.ndarray, int]]:
    """(row numbers, padded length) of batches with about `tokens` positions, the longest pairs first.

    `max_length`: no pair is longer. `batch_shapes` says which shapes an engine runs well:
    "any"      every length and every number of rows
    "fixed"    padded lengths, and one number of rows for each; a batch with fewer rows repeats its last row
    "stepped"  padded lengths, and few numbers of rows (see `_stepped_rows`); a batch with fewer rows repeats its last row
    """
    table = np.array([length if batch_shapes == "any" else padded_length(length, max_length) for length in range(max_length + 1)])
    padded = table[lengths]
    order = np.argsort(-padded, kind="stable")
    batches = []
    for group in np.split(order, np.flatnonzero(np.diff(padded[order])) + 1):
        length = int(padded[group[0]]) if len(group) else 1
        size = _stepped_rows(tokens // length) if batch_shapes == "stepped" else max(1, tokens // length)
        for begin in range(0, len(group), size):
            rows = group[begin : begin + size]
            batches.append((_repeat_last(rows, size, batch_shapes), length))
    return batches


def _repeat_last(rows: np.ndarray, size: int, batch_shapes: str) -> np.ndarray:
    wanted = {"any": len(rows), "fixed": size, "stepped": _stepped_rows(len(rows))}[batch_shapes]
    return np.pad(rows, (0, wanted - len(rows)), mode="edge")


def _stepped_rows(rows: int) -> int:
    """`rows` or slightly more: 2, 4, 6, 8, 12, 16, 24, 32, 48, ...

    Batches of different lengths then have the same numbers of rows and of positions. oneDNN prepares a matrix product for each
    of them, so it prepares fewer. It is never one row, which some processors add in another order.
    """
    step = 1 << max(1, (rows - 1).bit_length() - 2)
    return max(2, -(-rows // step) * step)
