"""`python -m app evaluate`: measure a fine-tuned checkpoint on labelled pairs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Literal

from app import runtime
from app.atomic import write_json
from app.flags import check, check_device, check_file, parse
from app.options import ReadOptions
from app.shell import in_repository
from app.text.labelled import read_pairs


@dataclass
class EvaluateOptions(ReadOptions):
    """Measure a fine-tuned checkpoint folder on labelled pairs."""

    model_name_or_path: str = in_repository("output/match/best")
    """Fine-tuned checkpoint folder."""
    test_set: str = in_repository("data/sample/test.tsv")
    """Labelled pairs: TSV, CSV, JSON lines, a JSON array or .xlsx; also packed with gzip."""
    bad_rows: Literal["stop", "skip"] = "stop"
    """A row that cannot be used ends the command with its line number, or is left out and counted."""
    result_file: str = ""
    """JSON file for the figures; empty: only the table."""
    batch_size: int = 64
    """Pairs scored at once."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_file("test_set", self.test_set)
        check("batch_size", self.batch_size, self.batch_size >= 1, "1 or more")
        check_device(self.device)


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
    reading = {**options.reading(), "remembered": card.columns}
    pairs = read_pairs(options.test_set, bad_rows=options.bad_rows, labels=card.labels, **reading)
    split = encode_split(pairs, card.labels, tokenizer, card.max_seq_length, card.truncation)
    logits = score_pairs(model, split.encoded, len(card.labels), options.batch_size)
    figures = measure(logits, split.labels, card.decision, card.labels)
    print(f"{options.test_set}: {pairs.described}; {len(pairs):,} rows, {len(pairs.bad):,} bad rows left out")
    print("\n".join(table(figures, card.labels)))
    if options.result_file:
        write_json(Path(options.result_file), figures)
