"""`predict.py`: score the pairs of a file, or one pair on the terminal."""

from __future__ import annotations

import time
from typing import List

from app.flags import parse
from app.options import PredictOptions
from app.progress import ProgressCounter


def main(arguments: List[str]) -> None:
    """Runs the command."""
    options = parse(PredictOptions, "predict.py", arguments)
    from app.predict.matcher import Matcher

    if options.input_file:
        from app.text.pairs import PairFile

        PairFile(options.input_file, options.columns).__exit__()  # a broken file is said before the model loads
    matcher = Matcher.load(options.model_name_or_path, options.device, options.batch_size)
    if options.text_a:
        _score_one(matcher, options.text_a, options.text_b)
    else:
        _score_file(matcher, options)


def _score_one(matcher, text_a: str, text_b: str) -> None:
    score = matcher.score([(text_a, text_b)])[0]
    decision, labels = matcher.card.decision, matcher.card.labels
    if len(labels) == 2:
        told = f"probability of {labels[decision.positive]!r} {score.probability:.4f}, threshold {decision.threshold:g}"
    else:
        told = f"probability {score.probability:.4f}"
    print(f"prediction: {score.prediction}   ({told})")
    if score.cut:
        print(f"the pair is longer than {matcher.card.max_seq_length} tokens and was cut")


def _score_file(matcher, options: PredictOptions) -> None:
    from app.predict.scored import default_result, score_file

    result = options.result_file or default_result(options.input_file)
    began = time.perf_counter()
    with ProgressCounter("scoring", "rows") as done:
        summary = score_file(matcher, options.input_file, result, options.columns, done)
    seconds = time.perf_counter() - began
    positive = matcher.card.labels[matcher.card.decision.positive]
    print(f"{result}: {summary.rows:,} rows, {summary.matches:,} predicted {positive!r}, {summary.rows / seconds:,.0f} rows/s")
    if summary.cut:
        print(f"  {summary.cut:,} rows were longer than {matcher.card.max_seq_length} tokens and were cut")
    if summary.errors:
        print(f"  {summary.errors:,} rows could not be scored (column `error`), the first in {summary.first_error}")
