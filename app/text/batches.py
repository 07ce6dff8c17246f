"""Which rows go into which batch: buckets of like lengths, random for training, sorted for evaluation."""

from __future__ import annotations

from typing import List, Sequence, Tuple

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


def padded_length(length: int, most: int) -> int:
    """The length that a pair is padded to for prediction: a function of its own length alone, of few values."""
    step = 4 if length <= 64 else 16
    return min(-(-length // step) * step, most)


def prediction_batches(lengths: np.ndarray, tokens: int, most: int, shapes: str) -> List[Tuple[np.ndarray, int]]:
    """(row numbers, padded length) of batches of about `tokens` positions, the longest first; no length is above `most`.

    `shapes` says what an engine takes well: "any"; "few", because it prepares each: padded lengths, and where rows are
    lacking, the last one stands there several times; "small": the same, but only up to one of few numbers of rows.
    """
    table = np.array([length if shapes == "any" else padded_length(length, most) for length in range(most + 1)])
    padded = table[lengths]
    order = np.argsort(-padded, kind="stable")
    batches = []
    for group in np.split(order, np.flatnonzero(np.diff(padded[order])) + 1):
        length = int(padded[group[0]]) if len(group) else 1
        size = _few_sizes(tokens // length) if shapes == "small" else max(1, tokens // length)
        for begin in range(0, len(group), size):
            rows = group[begin : begin + size]
            batches.append((_fill_rows(rows, size, shapes), length))
    return batches


def _fill_rows(rows: np.ndarray, most: int, shapes: str) -> np.ndarray:
    """The row numbers and, until there are as many as `shapes` (see `prediction_batches`) asks for, the last one again."""
    enough = {"any": len(rows), "few": most, "small": _few_sizes(len(rows))}[shapes]
    return np.pad(rows, (0, enough - len(rows)), mode="edge")


def _few_sizes(rows: int) -> int:
    """`rows` or a little more: 2, 4, 6, 8, 12, 16, 24, 32, 48, ... Batches of different lengths are of like sizes then, and
    of like numbers of positions: oneDNN, which prepares a product for each of either, prepares fewer. Never one row, which
    some processors compute in another order.
    """
    step = 1 << max(1, (rows - 1).bit_length() - 2)
    return max(2, -(-rows // step) * step)
