"""Pairs of texts -> logits: tokenized, put into batches of fixed shapes, and run through an engine by several threads."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Sequence, Tuple

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


@dataclass
class Verdicts:
    """What is said of rows, one value a row."""

    probability: np.ndarray  # calibrated: of the positive label; of the predicted label where there are more than two
    label: np.ndarray  # int, the predicted one
    cut: np.ndarray  # bool, whether the pair was too long and lost tokens
    turned: np.ndarray  # bool, whether the other order of the texts has another decision (where both were scored)
    finite: np.ndarray  # bool, whether the logits are numbers; nothing else counts where they are not


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
    finite = np.isfinite(scores).all(axis=(1, 2))
    return Verdicts(probabilities[np.arange(len(label)), column], label, scores[:, :, -1].any(axis=1), turned, finite)


class Turns:
    """So many threads at the engine as it can have; those that look again do not wait for all that came since."""

    def __init__(self, places: int):
        self._changed, self._places, self._first = threading.Condition(), places, 0

    @contextlib.contextmanager
    def take(self, first: bool) -> Iterator[None]:
        """Waits for a place at the engine and keeps it; `first`: before all others that wait."""
        with self._changed:
            self._first += first
            self._changed.wait_for(lambda: self._places and (first or not self._first))
            self._first -= first
            self._places -= 1
        try:
            yield
        finally:
            with self._changed:
                self._places += 1
                self._changed.notify_all()


Batches = List[Tuple[np.ndarray, Future]]  # row numbers, and the logits to come


class Pending:
    """Pairs that an engine is at."""

    def __init__(self, card: Card, cut: np.ndarray, batches: Batches, close: float, again: Callable[[np.ndarray], Batches]):
        self._card, self._cut, self._batches, self._close, self._again = card, cut, batches, close, again

    def result(self) -> np.ndarray:
        """Waits; float32 [pairs, labels + 1]: the logits, and 1 where the pair was too long and lost tokens."""
        logits = np.empty((len(self._cut), len(self._card.labels)), np.float32)
        _collect(self._batches, logits)
        if self._close:
            decision = self._card.decision
            _collect(self._again(np.flatnonzero(decision.is_close(decision.probabilities(logits), self._close))), logits)
        return np.column_stack([logits, self._cut.astype(np.float32)])


def _collect(batches: Batches, logits: np.ndarray) -> None:
    for rows, found in batches:
        logits[rows] = found.result()


class Scorer:
    """An engine with everything around it. Several threads may use it at once."""

    def __init__(self, engine: Engine, tokenizer: PairTokenizer, card: Card):
        self.engine, self.tokenizer, self.card = engine, tokenizer, card
        self.ledger = Ledger()
        self._tokenizing, self._counting = threading.Lock(), threading.Lock()
        self._threads = ThreadPoolExecutor(engine.threads, "engine")
        self._again = ThreadPoolExecutor(engine.threads, "exact")
        self._turns = Turns(engine.threads)

    def submit(self, pairs: Sequence[Tuple[str, str]], exact: bool = False) -> Pending:
        """Begins to score (text_a, text_b) pairs; `exact`: all of them in float32."""
        if not pairs:
            return Pending(self.card, np.zeros(0), [], 0, lambda rows: [])
        with self._tokenizing:  # the tokenizer remembers words
            began = time.perf_counter()
            text_a, text_b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            encoded = encode_pairs(self.tokenizer, text_a, text_b, self.card.max_seq_length, self.card.truncation)
            self.ledger.tokenize += time.perf_counter() - began
            self.ledger.tokens += len(encoded.tokens)

        def start(rows: np.ndarray, again: bool) -> Batches:
            engine = self.engine
            threads, run = (self._again, engine.run_exact) if again else (self._threads, engine.run)
            batches = prediction_batches(encoded.lengths[rows], engine.batch_tokens, self.card.max_seq_length, engine.shapes)
            return [
                (rows[part], threads.submit(self._run, run, again, pad_batch(encoded, rows[part], long)))
                for part, long in batches
            ]

        first, again = start(np.arange(len(pairs)), again=exact), functools.partial(start, again=True)
        return Pending(self.card, encoded.cut, first, 0 if exact else self.engine.close_within, again)

    def exact_means(self, pairs: Sequence[Tuple[str, str]], scores: np.ndarray) -> np.ndarray:
        """Scores of pairs in both orders, one beside the other: those anew, in float32, whose mean is close to another decision.
        A mean can be close where neither of the two is.
        """
        decision, labels = self.card.decision, len(self.card.labels)
        if not self.engine.close_within or not len(pairs):
            return scores
        means = decision.probabilities(scores[:, :labels]).reshape(-1, 2, labels).mean(axis=1)
        rows = np.repeat(decision.is_close(means, self.engine.close_within), 2)
        scores = scores.copy()
        scores[rows] = self.submit([pair for pair, close in zip(pairs, rows) if close], exact=True).result()
        return scores

    def close(self) -> None:
        """Lets go of the engine, and of what it is not at yet."""
        for threads in (self._threads, self._again):
            threads.shutdown(wait=False, cancel_futures=True)
        self.engine.close()

    def _run(self, run: Callable, again: bool, batch: Dict[str, np.ndarray]) -> np.ndarray:
        with self._turns.take(first=again):
            began = time.perf_counter()
            logits = run(batch["input_ids"], batch["token_type_ids"])
            seconds = time.perf_counter() - began
        with self._counting:
            self.ledger.forward += seconds / self.engine.threads
            self.ledger.positions += batch["input_ids"].size
        return logits
