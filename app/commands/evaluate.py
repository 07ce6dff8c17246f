"""`python -m app evaluate`: evaluate a fine-tuned checkpoint on labelled pairs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Literal

from app import runtime
from app.atomic import write_json
from app.default_matcher import AUTO, chosen, say_if_shipped
from app.flags import check, check_device, check_file, parse
from app.options import ReadOptions
from app.shell import in_repository


@dataclass
class EvaluateOptions(ReadOptions):
    """Evaluate a fine-tuned checkpoint folder on labelled pairs."""

    model_name_or_path: str = AUTO
    """Fine-tuned checkpoint folder. auto: output/match/best, or data/models/match-mini-zh if there is none."""
    test_set: str = in_repository("data/sample/test.tsv")
    """Labelled pairs: TSV, CSV, JSON lines, a JSON array, .xlsx, Parquet or Arrow; text files also in gzip."""
    bad_rows: Literal["stop", "skip"] = "stop"
    """stop: a row that cannot be used ends the command with its line number. skip: it is left out and counted."""
    result_file: str = ""
    """JSON file for the metrics. Empty: the metrics are only printed."""
    batch_size: int = 64
    """Pairs in one batch."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.model_name_or_path = chosen(self.model_name_or_path)
        check_file("test_set", self.test_set)
        check("batch_size", self.batch_size, self.batch_size >= 1, "1 or more")
        check_device(self.device)


def main(arguments: List[str]) -> None:
    """Runs the command."""
    options = parse(EvaluateOptions, "python -m app evaluate", arguments)
    say_if_shipped(options.model_name_or_path)
    runtime.load_paddle()
    runtime.choose_device(options.device)
    from app.match.checkpoint import load_matcher
    from app.match.evaluate import predict_logits
    from app.match.metrics import compute_metrics, metrics_table
    from app.match.splits import encode_labelled_file

    model, tokenizer, matcher_config = load_matcher(Path(options.model_name_or_path))
    split = encode_labelled_file(options.test_set, tokenizer, matcher_config, bad_rows=options.bad_rows, **options.reading())
    logits = predict_logits(model, split.encoded, len(matcher_config.labels), options.batch_size)
    metrics = compute_metrics(logits, split.labels, matcher_config.decision, matcher_config.labels)
    pairs = split.pairs
    print(f"{options.test_set}: {pairs.described}; {len(pairs):,} rows, {len(pairs.bad):,} bad rows left out")
    print("\n".join(metrics_table(metrics, matcher_config.labels)))
    if options.result_file:
        write_json(Path(options.result_file), metrics)
