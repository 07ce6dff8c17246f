"""Pairs of texts -> logits: tokenized, put into batches of fixed shapes, and run through an engine by several threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import List, Sequence, Tuple

import numpy as np

from app.match.card import Card
from app.predict.engine import Engine
from app.text.batches import prediction_batches
from app.text.encode import encode_pairs, pad_batch
from app.text.tokenizer import PairTokenizer


@dataclass
class Ledger:
    """Where the time went, in seconds, and how much of what was computed were real tokens."""

    total: float = 0.0  # from the first row to the last
    read: float = 0.0  # reading rows, and looking them up among those known
    tokenize: float = 0.0
    wait: float = 0.0  # for the engine
    write: float = 0.0
    forward: float = 0.0  # the engine's own, which runs beside the rest; the mean of its threads
    tokens: int = 0
    positions: int = 0  # tokens and padding

    def add(self, other: "Ledger") -> None:
        """Counts what another process did as well."""
        for field in fields(self):
            mine, its = getattr(self, field.name), getattr(other, field.name)
            setattr(self, field.name, max(mine, its) if field.name == "total" else mine + its)


@dataclass
class Verdicts:
    """What is said of rows, one value a row."""

    probability: np.ndarray  # calibrated: of the positive label; of the predicted label where there are more than two
    label: np.ndarray  # int, the predicted one
    cut: np.ndarray  # bool, whether the pair was too long and lost tokens
    turned: np.ndarray  # bool, whether the other order of the texts has another decision (where both were scored)


def decide(card: Card, scores: np.ndarray, orders: int = 1) -> Verdicts:
    """Verdicts from `Pending.result`: float32 [rows * orders, labels + 1], where a row's two orders stand side by side.

    Both orders count alike: their probabilities are averaged.
    """
    scores = scores.reshape(-1, orders, len(card.labels) + 1)
    each = [card.decision.probabilities(scores[:, order, :-1]) for order in range(orders)]
    probabilities = sum(each) / orders  # [rows, labels]
    label = card.decision.predict(probabilities)
    column = np.full(len(label), card.decision.positive) if len(card.labels) == 2 else label
    turned = card.decision.predict(each[0]) != card.decision.predict(each[-1])
    return Verdicts(probabilities[np.arange(len(label)), column], label, scores[:, :, -1].any(axis=1), turned)


class Pending:
    """Pairs that an engine is at."""

    def __init__(self, pairs: int, labels: int, cut: np.ndarray, batches: List[Tuple[np.ndarray, Future]]):
        self._pairs, self._labels, self._cut, self._batches = pairs, labels, cut, batches

    def result(self) -> np.ndarray:
        """Waits; float32 [pairs, labels + 1]: the logits, and 1 where the pair was too long and lost tokens."""
        scores = np.empty((self._pairs, self._labels + 1), np.float32)
        for rows, logits in self._batches:
            scores[rows, :-1] = logits.result()
        scores[:, -1] = self._cut
        return scores


class Scorer:
    """An engine with everything around it. Several threads may use it at once."""

    def __init__(self, engine: Engine, tokenizer: PairTokenizer, card: Card):
        self.engine, self.tokenizer, self.card = engine, tokenizer, card
        self.ledger = Ledger()
        self._tokenizing, self._counting = threading.Lock(), threading.Lock()
        self._threads = ThreadPoolExecutor(engine.threads, "engine")

    def submit(self, pairs: Sequence[Tuple[str, str]]) -> Pending:
        """Begins to score (text_a, text_b) pairs."""
        if not pairs:
            return Pending(0, len(self.card.labels), np.zeros(0), [])
        with self._tokenizing:  # the tokenizer remembers words
            began = time.perf_counter()
            text_a, text_b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            encoded = encode_pairs(self.tokenizer, text_a, text_b, self.card.max_seq_length, self.card.truncation)
            self.ledger.tokenize += time.perf_counter() - began
            self.ledger.tokens += len(encoded.tokens)
        engine, most = self.engine, self.card.max_seq_length
        batches = [
            (rows, self._threads.submit(self._run, pad_batch(encoded, rows, length)))
            for rows, length in prediction_batches(encoded.lengths, engine.batch_tokens, most, engine.shapes)
        ]
        return Pending(len(pairs), len(self.card.labels), encoded.cut, batches)

    def close(self) -> None:
        """Lets go of the engine, and of what it is not at yet."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.engine.close()

    def _run(self, batch) -> np.ndarray:
        began = time.perf_counter()
        logits = self.engine.run(batch["input_ids"], batch["token_type_ids"])
        with self._counting:
            self.ledger.forward += (time.perf_counter() - began) / self.engine.threads
            self.ledger.positions += batch["input_ids"].size
        return logits
