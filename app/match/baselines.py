"""Two simple rules that a model has to beat: the most frequent label, and a threshold on the overlap of characters."""

from __future__ import annotations

from collections import Counter
from typing import Dict, List, Tuple

import numpy as np

from app.text.dataset import LabelledPairs


def character_overlap(text_a: str, text_b: str) -> float:
    """Dice coefficient of the two texts' characters, counted with repetition: 0 to 1."""
    a, b = Counter(text_a.lower()), Counter(text_b.lower())
    return 2 * sum((a & b).values()) / max(1, sum(a.values()) + sum(b.values()))


def baselines(train: LabelledPairs, test: LabelledPairs, names: List[str], positive: int) -> Dict[str, float]:
    """Accuracy on `test` of rules fitted on `train`: `majority`, and for two labels `character_overlap`.

    `names`: the labels. `positive`: the position of the positive one. A row of `train` with a soft label has the more probable
    label.
    """
    majority = Counter(train.labels).most_common(1)[0][0]
    accuracies = {"majority": sum(label == majority for label in test.labels) / len(test)}
    if len(names) == len(set(train.labels)) == 2:
        threshold, above = _fit_threshold(_overlaps(train), _is_positive(train, names[positive]))
        predicted = (_overlaps(test) >= threshold) == above
        accuracies["character_overlap"] = float((predicted == _is_positive(test, names[positive])).mean())
    return accuracies


def _is_positive(pairs: LabelledPairs, positive: str) -> np.ndarray:
    return np.array([label == positive for label in pairs.labels])


def _overlaps(pairs: LabelledPairs) -> np.ndarray:
    return np.array([character_overlap(a, b) for a, b in zip(pairs.text_a, pairs.text_b)])


def _fit_threshold(values: np.ndarray, matches: np.ndarray) -> Tuple[float, bool]:
    """The threshold with the best accuracy, and whether matches are above it (True) or below."""
    thresholds: List[float] = sorted(set(np.round(np.quantile(values, np.linspace(0, 1, 201)), 6)))
    accuracies = [(float(((values >= threshold) == matches).mean()), threshold) for threshold in thresholds]
    highest, lowest = max(accuracies), min(accuracies)
    return (highest[1], True) if highest[0] >= 1 - lowest[0] else (lowest[1], False)
