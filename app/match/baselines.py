"""What a figure has to beat: the majority label, and a threshold on shared characters."""

from __future__ import annotations

from collections import Counter
from typing import Dict, List

import numpy as np

from app.text.labelled import Pairs


def character_overlap(text_a: str, text_b: str) -> float:
    """Dice coefficient of the two texts' characters, counted with repetition: 0 to 1."""
    a, b = Counter(text_a.lower()), Counter(text_b.lower())
    return 2 * sum((a & b).values()) / max(1, sum(a.values()) + sum(b.values()))


def baselines(train: Pairs, test: Pairs, positive: str) -> Dict[str, float]:
    """Accuracy on `test` of two rules fitted on `train`: `majority`, and `character_overlap` (two labels only)."""
    majority = Counter(train.labels).most_common(1)[0][0]
    scores = {"majority": sum(label == majority for label in test.labels) / len(test)}
    if len(set(train.labels)) == 2:
        overlaps, matches = _overlaps(train), np.array([label == positive for label in train.labels])
        threshold, above = _fit_threshold(overlaps, matches)
        said = (_overlaps(test) >= threshold) == above
        scores["character_overlap"] = float((said == np.array([label == positive for label in test.labels])).mean())
    return scores


def _overlaps(pairs: Pairs) -> np.ndarray:
    return np.array([character_overlap(a, b) for a, b in zip(pairs.text_a, pairs.text_b)])


def _fit_threshold(values: np.ndarray, matches: np.ndarray):
    """The threshold, and whether a match lies above it or below, with the best accuracy."""
    candidates: List[float] = sorted(set(np.round(np.quantile(values, np.linspace(0, 1, 201)), 6)))
    scored = [(float(((values >= cut) == matches).mean()), cut) for cut in candidates]
    high, low = max(scored), min(scored)
    return (high[1], True) if high[0] >= 1 - low[0] else (low[1], False)
