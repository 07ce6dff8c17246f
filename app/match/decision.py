"""Logits -> calibrated probability -> predicted label.

The temperature, and with --threshold accuracy or f1 also the threshold, are fitted on the dev set, never on the test set.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

MIN_ROWS = 10  # rows of each label that are needed to fit anything
BOUNDS = (-3, 3)  # of the logarithm of the temperature


@dataclass
class Decision:
    """How logits become a prediction."""

    positive: int = 1  # the label that means "match" (two labels)
    threshold: float = 0.5  # probability of the positive label from which a pair is predicted to match (two labels)
    temperature: float = 1.0  # logits are divided by it before the softmax

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probability of each label: [rows, labels] -> float64 [rows, labels]. Each row adds up to 1."""
        return softmax(logits.astype(np.float64) / self.temperature, axis=-1)

    def predict(self, probabilities: np.ndarray) -> np.ndarray:
        """The predicted label of each row, int [rows]: by the threshold for two labels, else the most probable one."""
        if probabilities.shape[1] != 2:
            return probabilities.argmax(axis=-1)
        return np.where(probabilities[:, self.positive] >= self.threshold, self.positive, 1 - self.positive)

    def is_close(self, probabilities: np.ndarray, distance: float) -> np.ndarray:
        """Whether a change of a probability by less than `distance` could change the prediction: bool [rows]."""
        if probabilities.shape[1] == 2:
            return np.abs(probabilities[:, self.positive] - self.threshold) < distance
        ranked = np.sort(probabilities, axis=-1)
        return ranked[:, -1] - ranked[:, -2] < 2 * distance


def log_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy of the actual labels, in nats."""
    return float(-log_softmax(logits.astype(np.float64), axis=-1)[np.arange(len(labels)), labels].mean())


def can_be_fitted(labels: Sequence) -> bool:
    """Whether there are at least two labels with MIN_ROWS rows each: with fewer, temperature and threshold would be random."""
    counts = Counter(labels)
    return len(counts) > 1 and min(counts.values()) >= MIN_ROWS


def fit_decision(logits: np.ndarray, labels: np.ndarray, before: Decision, threshold: str) -> Decision:
    """Fits the temperature to the smallest cross-entropy on the dev set (Guo et al. 2017). If `threshold` is "accuracy" or "f1",
    also fits the threshold to the best value of that metric. Returns `before` if the rows are too few.
    """
    if not can_be_fitted(labels.tolist()):
        return before
    best = minimize_scalar(lambda log_t: log_loss(logits / np.exp(log_t), labels), bounds=BOUNDS, method="bounded")
    # It reaches a bound if all rows are correct (all probabilities would be 0 or 1), or if nothing was learned.
    unbounded = (logits.argmax(axis=1) == labels).all() or min(abs(best.x - bound) for bound in BOUNDS) < 0.01
    decision = Decision(before.positive, before.threshold, 1.0 if unbounded else float(np.exp(best.x)))
    if threshold in ("accuracy", "f1") and logits.shape[1] == 2:
        positive = before.positive
        decision.threshold = _best_threshold(decision.probabilities(logits)[:, positive], labels == positive, threshold)
    return decision


def _best_threshold(probabilities: np.ndarray, matches: np.ndarray, metric: str) -> float:
    """The threshold between two neighbouring probabilities with the largest accuracy or F1."""
    order = np.argsort(-probabilities, kind="stable")
    true_positives = np.cumsum(matches[order])  # if the first k + 1 rows are predicted to match
    predicted = np.arange(1, len(order) + 1)
    if metric == "f1":
        values = 2 * true_positives / (predicted + matches.sum())
    else:
        values = (true_positives + (~matches).sum() - (predicted - true_positives)) / len(order)
    ranked = probabilities[order]
    last_of_ties = np.append(ranked[1:] < ranked[:-1], True)
    best = int(np.argmax(np.where(last_of_ties, values, -1)))
    following = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    middle = (ranked[best] + following) / 2
    return float(middle if middle > following else ranked[best])  # the middle of two neighbouring floats equals one of them
