"""A teacher's cosine -> the probability that two texts match: a logistic curve with two numbers, as in Platt (1999)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import List, Sequence

import numpy as np

from app.distill.rewordings import rewording
from app.distill.teacher import Teacher
from app.distill.words import tag
from app.errors import UserError

FEWEST = 20  # pairs of each label, or reworded texts
TEXTS = 2000  # that are reworded when there are no labelled pairs
# Where the curve is 0.5, and its width, on a scale from the mean cosine of random pairs (0) to that of reworded texts (1). With
# multilingual-e5-small, a curve fitted to 1,500 labels of LCQMC dev has 0.862 and 0.072 (AUC of the cosine 0.90). On AFQMC dev it
# has 0.838 and 0.34: there the teacher knows less (AUC 0.66), and without labelled pairs the probabilities are too sure.
MIDPOINT, SCALE = 0.86, 0.07


@dataclass
class Calibration:
    """p = 1 / (1 + exp(-(cosine - midpoint) / scale))"""

    midpoint: float
    scale: float

    def probability(self, cosines: np.ndarray) -> np.ndarray:
        """Probabilities, float64, of the shape of `cosines`."""
        return 1 / (1 + np.exp(np.clip((self.midpoint - cosines) / self.scale, -700, 700)))


def fit_labelled(cosines: np.ndarray, matches: np.ndarray) -> Calibration:
    """The curve with the highest likelihood. `cosines`: float [pairs]; `matches`: bool [pairs].

    Raises UserError if matches do not have the higher cosines.
    """
    from sklearn.linear_model import LogisticRegression

    mean, deviation = cosines.mean(), cosines.std() or 1.0
    fitted = LogisticRegression(C=1e6).fit(((cosines - mean) / deviation)[:, None], matches)
    slope, intercept = fitted.coef_[0, 0], fitted.intercept_[0]
    if slope <= 0:
        raise UserError("--calibration_set: its matches have no higher cosines than other pairs; are the labels right?")
    return Calibration(float(mean - intercept / slope * deviation), float(deviation / slope))


def fit_unlabelled(texts: Sequence[str], teacher: Teacher, seed: int) -> Calibration:
    """A curve from how far random pairs of these different texts are from texts reworded by rules. See MIDPOINT.

    Raises UserError if there are too few texts, or if their rewordings are not nearer than random pairs.
    """
    rng = random.Random(seed)
    chosen = rng.sample(list(texts), min(TEXTS, len(texts)))
    pairs = [(text, rewording(tag(text), rng)) for text in chosen]
    pairs = [pair for pair in pairs if pair[1]]
    if len(pairs) < FEWEST:
        raise UserError(
            f"the input has {len(chosen):,} different texts that can be used, of which rules could reword {len(pairs)}: too few "
            "to find probabilities; give labelled pairs with --calibration_set"
        )
    vectors = teacher.vectors(chosen)
    different = float((vectors[1:] * vectors[:-1]).sum(axis=1).mean())
    same = float(cosines_of(pairs, teacher).mean())
    if same <= different:
        raise UserError("reworded texts are not nearer than random pairs; this teacher cannot tell them apart")
    return Calibration(different + MIDPOINT * (same - different), SCALE * (same - different))


def cosines_of(pairs: List[tuple], teacher: Teacher) -> np.ndarray:
    """The cosines of pairs of texts, float32 [pairs]."""
    vectors = teacher.vectors([text for pair in pairs for text in pair[:2]])
    return (vectors[::2] * vectors[1::2]).sum(axis=1)
