"""Rows of a file -> their logits, one window of rows after the other, at constant memory. Each distinct pair is computed once."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Optional, Tuple

import numpy as np

from app.engine.predictor import PairPredictor, PendingLogits
from app.predict.score_cache import ScoreCache
from app.text.pair_file import PairFile, Row

MAX_CHARACTERS = 1 << 24  # a window of very long rows ends earlier

Position = Tuple[int, int]  # bytes and lines before a row, see `PairFile.position`


@dataclass
class Window:
    """Consecutive rows of a file, and the logits of their pairs."""

    position: Position  # in the file, after the rows
    rows: List[Row]
    keys: List[bytes] = field(default_factory=list)  # of the pairs: one for each usable row, or two (both orders)
    outputs: Dict[bytes, np.ndarray] = field(default_factory=dict)  # by key: float32 [labels + 1], see `PendingLogits.result`
    new: List[bytes] = field(default_factory=list)  # keys of the pairs that the model has to compute
    previous: Optional["Window"] = None  # the window that the engine was computing when this one was read
    pending: Optional[PendingLogits] = None


def read_windows(file: PairFile, max_rows: int) -> Iterator[Window]:
    """The remaining rows of the file, in windows of `max_rows` rows."""
    rows: List[Row] = []
    characters = 0
    for row in file:
        rows.append(row)
        characters += len(row.raw)
        if len(rows) == max_rows or characters > MAX_CHARACTERS:
            yield Window(file.position, rows)
            rows, characters = [], 0
    if rows:
        yield Window(file.position, rows)


def scored_windows(file: PairFile, predictor: PairPredictor, cache: ScoreCache, both_orders: bool) -> Iterator[Window]:
    """Windows whose `outputs` hold every key. While the caller uses one window, the engine computes the next.

    With `both_orders` each usable row has two keys, of (a, b) and of (b, a).
    """
    current: Optional[Window] = None  # the window that the engine computes
    timings, began = predictor.timings, time.perf_counter()
    for window in read_windows(file, predictor.engine.window_rows):
        pairs = _look_up(window, current, cache, both_orders)
        timings.read += time.perf_counter() - began
        window.pending = predictor.submit(pairs)
        if current:
            yield _finish(current, cache, predictor, both_orders)
        current = window
        began = time.perf_counter()
    if current:
        yield _finish(current, cache, predictor, both_orders)


def _look_up(window: Window, current: Optional[Window], cache: ScoreCache, both_orders: bool) -> list:
    """Finds the window's pairs in the cache. Returns the pairs that are neither there nor in the window being computed."""
    pairs = _pairs(window, both_orders)
    window.keys = cache.keys(pairs)
    distinct = dict(zip(window.keys, pairs))
    being_computed = set(current.new) if current else set()
    window.previous = current
    window.outputs = cache.get([key for key in distinct if key not in being_computed])
    window.new = [key for key in distinct if key not in window.outputs and key not in being_computed]
    return [distinct[key] for key in window.new]


def _pairs(window: Window, both_orders: bool) -> List[Tuple[str, str]]:
    """The pairs of the usable rows. Both orders are sorted, so that the rows (a, b) and (b, a) get the same result."""
    pairs = []
    for row in window.rows:
        if not row.error:
            pair = (row.text_a, row.text_b)
            pairs += sorted([pair, pair[::-1]]) if both_orders else [pair]
    return pairs


def _finish(window: Window, cache: ScoreCache, predictor: PairPredictor, both_orders: bool) -> Window:
    """Waits for the window's logits and writes them to the cache."""
    began = time.perf_counter()
    computed = dict(zip(window.new, window.pending.result()))
    predictor.timings.wait += time.perf_counter() - began
    cache.put({key: output for key, output in computed.items() if np.isfinite(output).all()})
    window.outputs.update(computed)
    if window.previous:
        earlier = window.previous.outputs
        window.outputs.update((key, earlier[key]) for key in window.keys if key not in window.outputs)
        window.previous = None
    if both_orders and window.keys:
        outputs = np.array([window.outputs[key] for key in window.keys], np.float32)
        window.outputs.update(zip(window.keys, predictor.rescore_means(_pairs(window, both_orders), outputs)))
    return window
