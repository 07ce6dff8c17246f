"""Rows of a file -> their scores, a window of rows at a time, at constant memory: each distinct pair is scored once."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Optional, Tuple

import numpy as np

from app.predict.scorer import Pending, Scorer
from app.predict.scores import ScoreStore
from app.text.pairs import PairFile, Row

CHARACTERS = 1 << 24  # a window of very long rows ends earlier

Place = Tuple[int, int]


@dataclass
class Window:
    """Some rows of a file, and what is known of them."""

    place: Place  # in the file, behind them
    rows: List[Row]
    keys: List[bytes] = field(default_factory=list)  # of the pairs asked for, in the order of the usable rows
    known: Dict[bytes, np.ndarray] = field(default_factory=dict)  # their scores
    new: List[bytes] = field(default_factory=list)  # of the pairs that have to be scored
    before: Optional["Window"] = None  # the window that the engine was at, when this one was read
    pending: Optional[Pending] = None


def read_windows(file: PairFile, most: int) -> Iterator[Window]:
    """The rows that are left, in windows of `most` rows."""
    window, characters = [], 0
    for row in file:
        window.append(row)
        characters += len(row.raw)
        if len(window) == most or characters > CHARACTERS:
            yield Window(file.place, window)
            window, characters = [], 0
    if window:
        yield Window(file.place, window)


def scored_windows(file: PairFile, scorer: Scorer, store: ScoreStore, both_orders: bool) -> Iterator[Window]:
    """Windows with `known` complete: a float32 vector (`Pending.result`) for each of their keys.

    While one window is given out, the engine is at the next. With `both_orders` there are two keys a usable row: of
    (a, b) and (b, a).
    """
    flying: Optional[Window] = None
    ledger, began = scorer.ledger, time.perf_counter()
    for window in read_windows(file, scorer.engine.window_rows):
        pairs = _look_up(window, flying, store, both_orders)
        ledger.read += time.perf_counter() - began
        window.pending = scorer.submit(pairs)
        if flying:
            yield _finish(flying, store, scorer, both_orders)
        flying = window
        began = time.perf_counter()
    if flying:
        yield _finish(flying, store, scorer, both_orders)


def _look_up(window: Window, flying: Optional[Window], store: ScoreStore, both_orders: bool) -> list:
    """Notes what is known of the window's pairs; returns those that are neither known nor being scored."""
    pairs = _pairs(window, both_orders)
    window.keys = store.keys(pairs)
    distinct = dict(zip(window.keys, pairs))
    being_scored = set(flying.new) if flying else set()
    window.before = flying
    window.known = store.get([key for key in distinct if key not in being_scored])
    window.new = [key for key in distinct if key not in window.known and key not in being_scored]
    return [distinct[key] for key in window.new]


def _pairs(window: Window, both_orders: bool) -> List[Tuple[str, str]]:
    """The pairs asked for, of each usable row one, or both orders, always in the same turn: (a, b) and (b, a) get one answer."""
    pairs = []
    for row in window.rows:
        if not row.error:
            pair = (row.text_a, row.text_b)
            pairs += sorted([pair, pair[::-1]]) if both_orders else [pair]
    return pairs


def _finish(window: Window, store: ScoreStore, scorer: Scorer, both_orders: bool) -> Window:
    began = time.perf_counter()
    scores = dict(zip(window.new, window.pending.result()))
    scorer.ledger.wait += time.perf_counter() - began
    store.put({key: score for key, score in scores.items() if np.isfinite(score).all()})
    window.known.update(scores)
    if window.before:
        earlier = window.before.known
        window.known.update((key, earlier[key]) for key in window.keys if key not in window.known)
        window.before = None
    if both_orders and window.keys:
        found = np.array([window.known[key] for key in window.keys], np.float32)
        window.known.update(zip(window.keys, scorer.exact_means(_pairs(window, both_orders), found)))
    return window
