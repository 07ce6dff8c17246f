"""The Python API: `Matcher.load(folder).score(pairs)`."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable, List, Tuple

import numpy as np

from app import forks, runtime
from app.default_matcher import AUTO, chosen
from app.engine.engines import ENGINES, open_engine
from app.engine.predictor import PairPredictor
from app.engine.process_pool import EngineProcessPool
from app.engine.select import candidates, open_predictor
from app.match.matcher_config import read_matcher_config
from app.match.predictions import predict_labels
from app.options import PredictOptions
from app.predict.output_file import NOT_FINITE
from app.text.basic_tokenizer import is_blank


@dataclass
class Score:
    """The result for one pair."""

    probability: float  # calibrated: of the positive label; with more than two labels, of the predicted label
    prediction: str  # the predicted label
    truncated: bool  # whether the pair was too long and lost tokens


class Matcher:
    """A fine-tuned checkpoint, ready to score pairs. Several threads may use it at the same time.

    matcher = Matcher.load("output/match/best")
    matcher.score([("怎么还信用卡", "信用卡如何还款")])[0].probability
    matcher.rank("怎么还信用卡", ["信用卡如何还款", "明天下雨吗"])
    """

    def __init__(self, open_one: Callable[[], PairPredictor]):
        self._open_predictor, self._process, self._predictor = open_one, os.getpid(), open_one()
        self.matcher_config = self._predictor.matcher_config

    @property
    def predictor(self) -> PairPredictor:
        """The tokenizer and the engine. A fork of this process has none of its threads, so it opens its own engine process."""
        if self._process != os.getpid():
            self._predictor, self._process = self._open_predictor(), os.getpid()
        return self._predictor

    @classmethod
    def load(
        cls,
        folder: str = AUTO,
        device: str = "auto",
        engine: str = "auto",
        max_decision_change: float = PredictOptions.max_decision_change,
    ) -> "Matcher":
        """Loads a checkpoint folder strictly. `auto`: output/match/best, or data/models/match-mini-zh if there is none.

        `engine`: one of `predict.py --help`. `auto` takes the fastest engine that an earlier `predict.py` has measured on this
        machine and that changes at most `max_decision_change` (0 to 1) of the decisions, else fp32.
        Raises UserError if something is missing or does not fit, ValueError for an unknown engine.
        """
        if engine not in ("auto", *ENGINES):
            raise ValueError(f"engine {engine!r}: one of auto, {', '.join(ENGINES)} is expected")
        runtime.prepare()
        path = Path(chosen(folder))
        read_matcher_config(path)  # finds errors in the folder before Paddle is loaded, which takes seconds
        names = candidates(path, device, max_decision_change) if engine == "auto" else [engine]

        def open_in_this_process() -> PairPredictor:
            open_one = open_engine if forks.can_compute() else EngineProcessPool
            warn = functools.partial(warnings.warn, stacklevel=5)
            return open_predictor(path, names, lambda name: open_one(name, path, device), warn)[1]

        return cls(open_in_this_process)

    def score(self, pairs: Iterable[Tuple[str, str]]) -> List[Score]:
        """Scores (text_a, text_b) pairs: a list, a generator, or a NumPy or pandas table with two columns. Keeps their order.

        Raises ValueError with its position if one is not a pair of texts, or a text is empty.
        """
        predictions = predict_labels(self.matcher_config, self.predictor.submit(_checked_pairs(pairs)).result())
        wrong = np.flatnonzero(~predictions.finite)
        if len(wrong):
            raise ValueError(f"pair {wrong[0]}: {NOT_FINITE}")
        labels = self.matcher_config.labels
        return [
            Score(float(probability), labels[label], bool(truncated))
            for probability, label, truncated in zip(predictions.probability, predictions.label, predictions.truncated)
        ]

    def rank(self, query: str, candidates: Iterable[str], top_k: int = 0) -> List[Tuple[int, Score]]:
        """Tuples (position among the candidates, score), the most probable match first; only the first `top_k` (0: all).

        Raises ValueError as `score` does, and if the model has more than two labels: then none of them means "match".
        """
        if isinstance(candidates, (str, bytes)):
            raise ValueError(f"candidates: one text, {candidates!r}; several are expected")
        if top_k < 0:
            raise ValueError(f"top_k is {top_k}, and must be 0 (all) or more")
        if len(self.matcher_config.labels) != 2:
            raise ValueError(f"ranking needs a model with two labels, this one has {len(self.matcher_config.labels)}")
        scores = self.score([(query, candidate) for candidate in candidates])
        order = sorted(range(len(scores)), key=lambda position: -scores[position].probability)
        return [(position, scores[position]) for position in order[: top_k or None]]


def _checked_pairs(pairs: Iterable[Any]) -> List[Tuple[str, str]]:
    """The pairs as tuples of two texts. Raises ValueError otherwise: a string is a sequence too, so it could pass as a pair."""
    if isinstance(pairs, (str, bytes)):
        raise ValueError(f"pairs: a text, {pairs!r}, where (text_a, text_b) pairs are expected")
    rows = pairs.itertuples(index=False, name=None) if hasattr(pairs, "itertuples") else pairs  # of a pandas table
    checked = []
    for number, pair in enumerate(rows):
        if isinstance(pair, (str, bytes)) or not isinstance(pair, (Sequence, np.ndarray)) or len(pair) != 2:
            raise ValueError(f"pair {number} is {pair!r}, where (text_a, text_b) is expected; one pair alone: score([(a, b)])")
        for text in pair:
            if not isinstance(text, str) or is_blank(text):
                raise ValueError(f"pair {number} has {text!r}, where a text is expected")
        checked.append((str(pair[0]), str(pair[1])))
    return checked
