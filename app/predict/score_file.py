"""The rows of a pair file -> scored rows, in their order; a killed scoring continues where the journal ends."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any, Callable

import numpy as np

from app.engine.predictor import PairPredictor
from app.match.matcher_config import MatcherConfig
from app.match.predictions import predict_labels
from app.predict.journal import Summary
from app.predict.output_file import NOT_FINITE, ScoredRows, header_line, scored_line
from app.predict.score_cache import ScoreCache
from app.predict.windows import Position, Window, scored_windows
from app.text.pair_file import PairFile


def score_file(
    file: PairFile,
    output: ScoredRows,
    predictor: PairPredictor,
    cache: ScoreCache,
    both_orders: bool,
    all_digits: bool,
    report_rows: Callable[[int], None],
) -> Summary:
    """Scores the rows of `file` into `output`, after those that it holds already. Returns the counts of all rows.

    `all_digits`: write probabilities unrounded, for ranking. `report_rows` is called with the number of rows of each window.
    No row is dropped: one that cannot be scored has an empty probability and the reason in `error`.
    """
    last = output.last
    summary = Summary(**last["summary"]) if last else Summary()

    def write(text: str, position: Position, **more: Any) -> None:
        line = {"position": position, "summary": asdict(summary), **more}
        output.write(text.encode(file.encoding, errors="surrogateescape"), line)

    if last:
        file.skip_to(tuple(last["position"]))
    else:
        write(header_line(file), file.position)
    if not (last and last.get("done")):
        for window in scored_windows(file, predictor, cache, both_orders):
            began = time.perf_counter()
            write(_scored_lines(window, file, predictor.matcher_config, both_orders, all_digits, summary), window.position)
            predictor.timings.write += time.perf_counter() - began
            report_rows(len(window.rows))
        write("", file.position, done=True)
    return summary


def _scored_lines(
    window: Window, file: PairFile, matcher_config: MatcherConfig, both_orders: bool, all_digits: bool, summary: Summary
) -> str:
    """The window's rows as text. Adds their counts to `summary`."""
    orders = 2 if both_orders else 1
    outputs = np.array([window.outputs[key] for key in window.keys], np.float32)
    predictions = predict_labels(matcher_config, outputs, orders)
    found = zip(predictions.finite.tolist(), predictions.probability.tolist(), predictions.label.tolist())
    lines = []
    for row in window.rows:
        finite, probability, label = (True, None, 0) if row.error else next(found)
        row.error = row.error if finite else NOT_FINITE
        if row.error:
            lines.append(scored_line(row, file, None, ""))
            summary.errors += 1
            summary.first_error = summary.first_error or f"line {row.line:,}: {row.error}"
        else:
            lines.append(scored_line(row, file, probability, matcher_config.labels[label], all_digits))
    finite = predictions.finite
    summary.rows += len(window.rows)
    summary.pairs += len(window.keys)
    summary.scored += len(window.new)
    summary.matches += int((predictions.label == matcher_config.decision.positive)[finite].sum())
    summary.truncated += int(predictions.truncated[finite].sum())
    summary.order_sensitive += int(predictions.order_sensitive[finite].sum())
    return "".join(lines)
