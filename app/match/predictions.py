"""Logits -> predictions: probability and label of each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.match.matcher_config import MatcherConfig


@dataclass
class Predictions:
    """Arrays with one value per row."""

    probability: np.ndarray  # float64, calibrated: of the positive label; with more than two labels, of the predicted one
    label: np.ndarray  # int64, position of the predicted label in the list of labels
    truncated: np.ndarray  # bool, whether the pair was too long and lost tokens
    order_sensitive: np.ndarray  # bool, whether the other order of the texts gives another label (if both orders were computed)
    finite: np.ndarray  # bool, whether the logits are finite; if not, the other values mean nothing


def predict_labels(matcher_config: MatcherConfig, outputs: np.ndarray, orders: int = 1) -> Predictions:
    """Predictions from `PendingLogits.result`, float32 [rows * orders, labels + 1]; the orders of one row follow each other.

    With two orders, (a, b) and (b, a), the probabilities of both are averaged.
    """
    decision, labels = matcher_config.decision, len(matcher_config.labels)
    outputs = outputs.reshape(-1, orders, labels + 1)
    by_order = [decision.probabilities(outputs[:, order, :-1]) for order in range(orders)]
    probabilities = sum(by_order) / orders  # [rows, labels]
    label = decision.predict(probabilities)
    column = np.full(len(label), decision.positive) if labels == 2 else label
    return Predictions(
        probability=probabilities[np.arange(len(label)), column],
        label=label,
        truncated=outputs[:, :, -1].any(axis=1),
        order_sensitive=decision.predict(by_order[0]) != decision.predict(by_order[-1]),
        finite=np.isfinite(outputs).all(axis=(1, 2)),
    )
