"""Labels and soft labels of the rows -> the distribution that each row is trained on."""

from __future__ import annotations

from typing import List

import numpy as np

from app.text.dataset import LabelledPairs


def label_ids(pairs: LabelledPairs, names: List[str]) -> np.ndarray:
    """The position of each row's label in `names`, -1 of a row with a soft label only: int64 [rows]."""
    positions = {name: number for number, name in enumerate(names)}
    if pairs.soft:
        positions[""] = -1
    return np.array([positions[label] for label in pairs.labels], dtype=np.int64)


def soft_distributions(pairs: LabelledPairs, names: List[str], positive: int) -> np.ndarray:
    """The soft label of each row as a distribution over `names`: float64 [rows, labels], nan in rows without.

    `positive`: position of the label that a single column is about.
    """
    columns, values = pairs.soft.columns, pairs.soft.values
    if columns.labels:
        return values[:, [columns.labels.index(name) for name in names]]
    of_positive = values[:, 0]
    return np.stack([of_positive, 1 - of_positive] if positive == 0 else [1 - of_positive, of_positive], axis=1)


def soft_targets(pairs: LabelledPairs, names: List[str], positive: int, weight: float) -> np.ndarray:
    """What each row is trained on: float32 [rows, labels], each row adds up to 1.

    The soft label, or all on the label, or, in rows with both, weight * soft + (1 - weight) * hard.
    """
    hard = label_ids(pairs, names)
    weights = np.where(pairs.soft.given, np.where(hard < 0, 1.0, weight), 0.0)[:, None]
    targets = weights * np.nan_to_num(soft_distributions(pairs, names, positive))
    (labelled,) = np.nonzero(hard >= 0)
    targets[labelled, hard[labelled]] += 1 - weights[labelled, 0]
    return targets.astype(np.float32)


def more_probable_labels(targets: np.ndarray, positive: int) -> np.ndarray:
    """The most probable label of each row: int64 [rows]. Of two equal ones it is `positive`, as in a prediction at 0.5."""
    if targets.shape[1] != 2:
        return targets.argmax(axis=1)
    return np.where(targets[:, positive] >= targets[:, 1 - positive], positive, 1 - positive).astype(np.int64)
