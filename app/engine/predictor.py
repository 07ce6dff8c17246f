"""Pairs of texts -> logits: tokenized, put into batches of similar length, and run through an engine by several threads."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Sequence, Tuple

import numpy as np

from app.engine.base import Engine
from app.match.matcher_config import MatcherConfig
from app.text.batch_sampler import prediction_batches
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.features import EncodedPairs, encode_pairs, pad_batch


@dataclass
class Timings:
    """Seconds that each part of a prediction took, and how much of the computation was padding."""

    total: float = 0.0  # from the first row to the last
    read: float = 0.0  # reading rows and looking them up in the cache
    tokenize: float = 0.0
    wait: float = 0.0  # waiting for the engine
    write: float = 0.0
    forward: float = 0.0  # time of the engine, which runs beside the rest; mean over its threads
    tokens: int = 0
    positions: int = 0  # tokens and padding


class PriorityThreadPool:
    """A thread pool with one queue. Calls with priority run before all others that wait; apart from that, in their order."""

    def __init__(self, threads: int):
        self._threads = ThreadPoolExecutor(threads, "engine")
        self._queue: queue.PriorityQueue = queue.PriorityQueue()
        self._numbers = itertools.count()

    def submit(self, call: Callable, *arguments: Any, priority: bool = False) -> Future:
        """Queues a call. The future gives its result, or raises what it raised."""
        future: Future = Future()
        self._queue.put((not priority, next(self._numbers), future, call, arguments))
        self._threads.submit(self._run_next)
        return future

    def _run_next(self) -> None:
        try:
            _, _, future, call, arguments = self._queue.get_nowait()
        except queue.Empty:  # `close` has cancelled the call
            return
        try:
            future.set_result(call(*arguments))
        except BaseException as problem:
            future.set_exception(problem)

    def close(self) -> None:
        """Cancels the calls that wait. Does not wait for those that run."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait()[2].cancel()


Batches = List[Tuple[np.ndarray, Future]]  # row numbers of a batch, and the future of its logits


class PendingLogits:
    """The logits of pairs that are being computed."""

    def __init__(self, predictor: "PairPredictor", encoded: EncodedPairs, float32: bool):
        self._predictor, self._encoded, self._float32 = predictor, encoded, float32
        self._batches = predictor.start(encoded, np.arange(len(encoded)), float32)

    def result(self) -> np.ndarray:
        """Waits. Returns float32 [pairs, labels + 1]: the logits, then 1 if the pair was truncated, else 0."""
        decision = self._predictor.matcher_config.decision
        logits = np.empty((len(self._encoded), len(self._predictor.matcher_config.labels)), np.float32)
        _collect(self._batches, logits)
        margin = self._predictor.engine.rescore_margin
        if margin and not self._float32:
            close = np.flatnonzero(decision.is_close(decision.probabilities(logits), margin))
            _collect(self._predictor.start(self._encoded, close, float32=True), logits)
        return np.column_stack([logits, self._encoded.truncated.astype(np.float32)])


def _collect(batches: Batches, logits: np.ndarray) -> None:
    for rows, future in batches:
        logits[rows] = future.result()


class PairPredictor:
    """An engine with the tokenizer and the configuration of its checkpoint. Several threads may use it at the same time."""

    def __init__(self, engine: Engine, tokenizer: FastWordPieceTokenizer, matcher_config: MatcherConfig):
        self.engine, self.tokenizer, self.matcher_config = engine, tokenizer, matcher_config
        self.timings = Timings()
        self._tokenizer_lock, self._timings_lock = threading.Lock(), threading.Lock()
        self._pool = PriorityThreadPool(engine.threads)

    def submit(self, pairs: Sequence[Tuple[str, str]], float32: bool = False) -> PendingLogits:
        """Starts to compute the logits of (text_a, text_b) pairs; with `float32`, all of them in float32."""
        text_a, text_b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        with self._tokenizer_lock:  # the tokenizer caches words
            began = time.perf_counter()
            config = self.matcher_config
            encoded = encode_pairs(self.tokenizer, text_a, text_b, config.max_seq_length, config.truncation)
            self.timings.tokenize += time.perf_counter() - began
            self.timings.tokens += len(encoded.tokens)
        return PendingLogits(self, encoded, float32)

    def start(self, encoded: EncodedPairs, rows: np.ndarray, float32: bool) -> Batches:
        """Queues batches of these rows. Rows in float32 have priority: results that are almost complete wait for them."""
        if not len(rows):
            return []
        engine, max_length = self.engine, self.matcher_config.max_seq_length
        run = engine.run_float32 if float32 else engine.run
        batches = prediction_batches(encoded.lengths[rows], engine.batch_tokens, max_length, engine.batch_shapes)
        return [
            (rows[part], self._pool.submit(self._run, run, pad_batch(encoded, rows[part], length), priority=float32))
            for part, length in batches
        ]

    def rescore_means(self, pairs: Sequence[Tuple[str, str]], outputs: np.ndarray) -> np.ndarray:
        """For pairs in both orders, (a, b) then (b, a): computes pairs again in float32 if their mean probability is close to
        another decision. It can be close if neither order is. `outputs`: from `PendingLogits.result`.
        """
        decision, labels = self.matcher_config.decision, len(self.matcher_config.labels)
        if not self.engine.rescore_margin or not len(pairs):
            return outputs
        means = decision.probabilities(outputs[:, :labels]).reshape(-1, 2, labels).mean(axis=1)
        close = np.repeat(decision.is_close(means, self.engine.rescore_margin), 2)
        outputs = outputs.copy()
        outputs[close] = self.submit([pair for pair, again in zip(pairs, close) if again], float32=True).result()
        return outputs

    def close(self) -> None:
        """Closes the engine, and cancels the batches that wait for it."""
        self._pool.close()
        self.engine.close()

    def _run(self, run: Callable, batch: Dict[str, np.ndarray]) -> np.ndarray:
        began = time.perf_counter()
        logits = run(batch["input_ids"], batch["token_type_ids"])
        seconds = time.perf_counter() - began
        with self._timings_lock:
            self.timings.forward += seconds / self.engine.threads
            self.timings.positions += batch["input_ids"].size
        return logits
