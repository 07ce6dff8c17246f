"""A pair file -> its scored rows: every row, in order, and it goes on after a kill."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import Any, Callable, Dict, Union

import numpy as np

from app.match.card import Card
from app.predict.journal import Draft, Summary
from app.predict.rows import NOT_FINITE, header_line, scored_line
from app.predict.scorer import Scorer, decide
from app.predict.scores import ScoreStore
from app.predict.windows import Place, Window, scored_windows
from app.text.pairs import PairFile


class Stdout:
    """Takes scored rows as a `Draft` does, and hands them on at once."""

    last = None  # there is nothing to go on with

    def begin(self, resume: bool, overwrite: bool) -> None:
        """Nothing is to be opened."""

    def write(self, rows: bytes, line: Dict[str, Any]) -> None:
        """Writes scored rows."""
        sys.stdout.buffer.write(rows)
        sys.stdout.buffer.flush()

    def close(self) -> None:
        """Nothing is to be closed."""


def score_rows(
    file: PairFile,
    draft: Union[Draft, Stdout],
    scorer: Scorer,
    store: ScoreStore,
    both_orders: bool,
    all_digits: bool,
    progress: Callable[[int], None],
) -> Summary:
    """Scores the rows of `file` into `draft`, behind what it holds already.

    `all_digits` of the probability are written, or six. `progress` is told rows done. A row that cannot be scored is written with
    an empty probability and the reason in `error`; none is dropped.
    """
    last = draft.last
    summary = Summary(**last["summary"]) if last else Summary()

    def write(text: str, place: Place, **more: Any) -> None:
        line = {"place": place, "summary": asdict(summary), **more}
        draft.write(text.encode(file.encoding, errors="surrogateescape"), line)

    if last:
        file.skip_to(tuple(last["place"]))
    else:
        write(header_line(file), file.place)
    if not (last and last.get("done")):
        for window in scored_windows(file, scorer, store, both_orders):
            began = time.perf_counter()
            write(_rendered(window, file, scorer.card, both_orders, all_digits, summary), window.place)
            scorer.ledger.write += time.perf_counter() - began
            progress(len(window.rows))
        write("", file.place, done=True)
    return summary


def _rendered(window: Window, file: PairFile, card: Card, both_orders: bool, all_digits: bool, summary: Summary) -> str:
    """The window's scored lines; counts them."""
    orders = 2 if both_orders else 1
    scores = np.array([window.known[key] for key in window.keys], np.float32)
    verdicts = decide(card, scores, orders)
    found = zip(verdicts.finite.tolist(), verdicts.probability.tolist(), verdicts.label.tolist())
    lines = []
    for row in window.rows:
        sound, probability, label = (True, None, 0) if row.error else next(found)
        row.error = row.error if sound else NOT_FINITE
        if row.error:
            lines.append(scored_line(row, file, None, ""))
            summary.errors += 1
            summary.first_error = summary.first_error or f"line {row.line:,}: {row.error}"
        else:
            lines.append(scored_line(row, file, probability, card.labels[label], all_digits))
    summary.rows += len(window.rows)
    summary.asked += len(window.keys)
    summary.scored += len(window.new)
    summary.matches += int((verdicts.label == card.decision.positive)[verdicts.finite].sum())
    summary.cut += int(verdicts.cut[verdicts.finite].sum())
    summary.turned += int(verdicts.turned[verdicts.finite].sum())
    return "".join(lines)
