"""`python -m app evaluate`: measure a fine-tuned checkpoint on labelled pairs."""

from __future__ import annotations

from pathlib import Path
from typing import List

from app import runtime
from app.atomic import write_json
from app.flags import parse
from app.options import EvaluateOptions
from app.text.pairs import read_pairs


def main(arguments: List[str]) -> None:
    """Runs the command."""
    options = parse(EvaluateOptions, "python -m app evaluate", arguments)
    runtime.load_paddle()
    runtime.choose_device(options.device)
    from app.match.checkpoint import load_matcher
    from app.match.data import encode_split
    from app.match.evaluate import score_pairs
    from app.match.metrics import measure, table

    model, tokenizer, card = load_matcher(Path(options.model_name_or_path))
    pairs = read_pairs(options.test_set, options.columns, options.bad_rows, card.labels)
    split = encode_split(pairs, card.labels, tokenizer, card.max_seq_length, card.truncation)
    logits = score_pairs(model, split.encoded, len(card.labels), options.batch_size)
    figures = measure(logits, split.labels, card.decision, card.labels)
    print(f"{options.test_set}: {len(pairs):,} rows, {len(pairs.bad):,} bad rows left out")
    print("\n".join(table(figures, card.labels)))
    if options.result_file:
        write_json(Path(options.result_file), figures)
