"""The Python API: `Matcher.load(folder).score(pairs)`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np

from app import runtime
from app.match.card import Card, read_card
from app.text.encode import encode_pairs
from app.text.tokenizer import PairTokenizer


@dataclass
class Score:
    """What a matcher says of one pair."""

    probability: float  # calibrated: of the positive label; of the predicted label where there are more than two
    prediction: str  # the label
    cut: bool  # whether the pair was too long and lost tokens


class Matcher:
    """A fine-tuned checkpoint, ready to score pairs."""

    def __init__(self, model, tokenizer: PairTokenizer, card: Card, batch_size: int = 64):
        self.model, self.tokenizer, self.card, self.batch_size = model, tokenizer, card, batch_size

    @classmethod
    def load(cls, folder: str, device: str = "auto", batch_size: int = 64) -> "Matcher":
        """Loads a checkpoint folder strictly. Raises UserError where something is missing or does not fit."""
        read_card(Path(folder))  # says what is wrong with the folder before Paddle takes its seconds to load
        runtime.load_paddle()
        runtime.choose_device(device)
        from app.match.checkpoint import load_matcher

        return cls(*load_matcher(Path(folder)), batch_size=batch_size)

    def score(self, pairs: Sequence[Tuple[str, str]]) -> List[Score]:
        """Scores of (text_a, text_b) pairs, in their order."""
        from app.match.evaluate import score_pairs

        if not pairs:
            return []
        text_a, text_b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        encoded = encode_pairs(self.tokenizer, text_a, text_b, self.card.max_seq_length, self.card.truncation)
        logits = score_pairs(self.model, encoded, len(self.card.labels), self.batch_size)
        probabilities = self.card.decision.probabilities(logits)
        predicted = self.card.decision.predict(probabilities)
        column = np.full(len(pairs), self.card.decision.positive) if len(self.card.labels) == 2 else predicted
        return [
            Score(float(row[of]), self.card.labels[label], bool(cut))
            for row, of, label, cut in zip(probabilities, column, predicted, encoded.cut)
        ]
