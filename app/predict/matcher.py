"""The Python API: `Matcher.load(folder).score(pairs)`."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable, List, Tuple, get_args

import numpy as np

from app import forks, runtime
from app.match.card import read_card
from app.options import Engines, PredictOptions
from app.predict.choose import candidates, open_first
from app.predict.engine import open_engine
from app.predict.export import unchanged
from app.predict.processes import EngineProcesses
from app.predict.rows import NOT_FINITE
from app.predict.scorer import Scorer, decide
from app.text.basic import is_blank
from app.text.tokenizer import PairTokenizer


@dataclass
class Score:
    """What a matcher says of one pair."""

    probability: float  # calibrated: of the positive label; of the predicted label where there are more than two
    prediction: str  # the label
    cut: bool  # whether the pair was too long and lost tokens


class Matcher:
    """A fine-tuned checkpoint, ready to score pairs. Several threads may use one at once.

    matcher = Matcher.load("output/match/best")
    matcher.score([("怎么还信用卡", "信用卡如何还款")])[0].probability
    matcher.rank("怎么还信用卡", ["信用卡如何还款", "明天下雨吗"])
    """

    def __init__(self, open_scorer: Callable[[], Scorer]):
        self._open_scorer, self._process, self._scorer = open_scorer, os.getpid(), open_scorer()
        self.card = self._scorer.card

    @property
    def scorer(self) -> Scorer:
        """Tokenizes pairs and runs the engine. A fork has none of its threads: it gets an engine in processes of its own."""
        if self._process != os.getpid():
            self._scorer, self._process = self._open_scorer(), os.getpid()
        return self._scorer

    @classmethod
    def load(
        cls,
        folder: str,
        device: str = "auto",
        engine: str = "auto",
        max_decision_change: float = PredictOptions.max_decision_change,
    ) -> "Matcher":
        """Loads a checkpoint folder strictly. `engine` is one of `predict.py --help`; `auto` takes the one that was found
        to be the best for a file before, of those that change at most this share of decisions, else fp32. Raises UserError
        where something is missing or does not fit.
        """
        if engine not in get_args(Engines):
            raise ValueError(f"engine {engine!r}: one of {', '.join(get_args(Engines))} is expected")
        runtime.prepare()
        place = Path(folder)
        read_card(place)  # says what is wrong with the folder before Paddle takes its seconds to load
        names = candidates(place, device, max_decision_change) if engine == "auto" else [engine]

        def open_scorer() -> Scorer:
            open_one = open_engine if forks.can_compute() else EngineProcesses
            tell = functools.partial(warnings.warn, stacklevel=4)
            with unchanged(place):
                _, opened = open_first(names, lambda name: open_one(name, place, device), tell)
                return Scorer(opened, PairTokenizer.load(place), read_card(place))

        return cls(open_scorer)

    def score(self, pairs: Iterable[Tuple[str, str]]) -> List[Score]:
        """Scores of (text_a, text_b) pairs, in their order: a list, a generator, a NumPy or pandas table of two columns.

        Raises ValueError, saying which, where one is no pair of texts, or a text is empty.
        """
        verdicts = decide(self.card, self.scorer.submit(_checked_pairs(pairs)).result())
        wrong = np.flatnonzero(~verdicts.finite)
        if len(wrong):
            raise ValueError(f"pair {wrong[0]}: {NOT_FINITE}")
        labels = self.card.labels
        return [
            Score(float(probability), labels[label], bool(cut))
            for probability, label, cut in zip(verdicts.probability, verdicts.label, verdicts.cut)
        ]

    def rank(self, query: str, candidates: Iterable[str], top_k: int = 0) -> List[Tuple[int, Score]]:
        """(place among the candidates, score), the likeliest match first; the first `top_k` of them, 0: all.

        Raises ValueError as `score` does, and where the model has more than two labels: there is no "match" among them.
        """
        if isinstance(candidates, (str, bytes)):
            raise ValueError(f"candidates: a text, {candidates!r}, where several are expected")
        if top_k < 0:
            raise ValueError(f"top_k is {top_k}, and must be 0 (all) or more")
        if len(self.card.labels) != 2:
            raise ValueError(f"ranking needs a model with two labels, this one has {len(self.card.labels)}")
        scores = self.score([(query, candidate) for candidate in candidates])
        order = sorted(range(len(scores)), key=lambda place: -scores[place].probability)
        return [(place, scores[place]) for place in order[: top_k or None]]


def _checked_pairs(pairs: Iterable[Any]) -> List[Tuple[str, str]]:
    """The pairs as tuples of texts. Raises ValueError where they are none: a text is a sequence as well, of letters."""
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
