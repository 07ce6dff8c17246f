"""Logits -> calibrated probability -> decision. Both steps are fitted on the dev set, never on the test set."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

ENOUGH = 10  # rows of each label
BOUNDS = (-3, 3)  # of the temperature's logarithm


@dataclass
class Decision:
    """How logits become a prediction."""

    positive: int = 1  # the label that means "match" (two labels)
    threshold: float = 0.5  # probability of the positive label from which a pair counts as a match (two labels)
    temperature: float = 1.0  # logits are divided by it before the softmax

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probability of each label: [rows, labels] -> [rows, labels], each row adds up to 1."""
        return softmax(logits.astype(np.float64) / self.temperature, axis=-1)

    def predict(self, probabilities: np.ndarray) -> np.ndarray:
        """The predicted label of each row: int [rows]. With two labels the threshold decides, else the largest."""
        if probabilities.shape[1] != 2:
            return probabilities.argmax(axis=-1)
        return np.where(probabilities[:, self.positive] >= self.threshold, self.positive, 1 - self.positive)

    def is_close(self, probabilities: np.ndarray, distance: float) -> np.ndarray:
        """Whether a change of a probability by less than `distance` could turn the prediction: bool [rows]."""
        if probabilities.shape[1] == 2:
            return np.abs(probabilities[:, self.positive] - self.threshold) < distance
        ranked = np.sort(probabilities, axis=-1)
        return ranked[:, -1] - ranked[:, -2] < 2 * distance


def log_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy of the true labels, in nats."""
    return float(-log_softmax(logits.astype(np.float64), axis=-1)[np.arange(len(labels)), labels].mean())


def can_be_fitted(labels: Sequence) -> bool:
    """Whether there are two labels at least, and ENOUGH rows of each: fewer give a temperature or a threshold by chance."""
    counts = Counter(labels)
    return len(counts) > 1 and min(counts.values()) >= ENOUGH


def fit_decision(logits: np.ndarray, labels: np.ndarray, before: Decision, threshold: str) -> Decision:
    """Temperature by least cross-entropy on the dev set (Guo et al. 2017), then, where `threshold` is "accuracy" or "f1", the
    one that makes that best. `before` is what stays where nothing is to be fitted, or the rows are too few for it.
    """
    if not can_be_fitted(labels.tolist()):
        return before
    best = minimize_scalar(lambda log_t: log_loss(logits / np.exp(log_t), labels), bounds=BOUNDS, method="bounded")
    # It runs to its bound where all rows are right, and all probabilities would be 0 or 1, or where nothing was learned.
    no_end = (logits.argmax(axis=1) == labels).all() or min(abs(best.x - bound) for bound in BOUNDS) < 0.01
    decision = Decision(before.positive, before.threshold, 1.0 if no_end else float(np.exp(best.x)))
    if threshold in ("accuracy", "f1") and logits.shape[1] == 2:
        positive = before.positive
        decision.threshold = _best_threshold(decision.probabilities(logits)[:, positive], labels == positive, threshold)
    return decision


def _best_threshold(probabilities: np.ndarray, matches: np.ndarray, aim: str) -> float:
    """The cut between two neighbouring probabilities at which accuracy or F1 is largest."""
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(matches[order])  # true positives when the first k + 1 rows are called a match
    called = np.arange(1, len(order) + 1)
    if aim == "f1":
        value = 2 * hits / (called + matches.sum())
    else:
        value = (hits + (~matches).sum() - (called - hits)) / len(order)
    ranked = probabilities[order]
    last_of_ties = np.append(ranked[1:] < ranked[:-1], True)
    place = int(np.argmax(np.where(last_of_ties, value, -1)))
    following = ranked[place + 1] if place + 1 < len(ranked) else 0.0
    middle = (ranked[place] + following) / 2
    return float(middle if middle > following else ranked[place])  # the middle of two neighbouring floats is one of them
