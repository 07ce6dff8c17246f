"""`python -m app average`: the weighted mean of two fine-tuned checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import List

from app import runtime
from app.errors import UserError
from app.flags import check, check_device, check_file, parse
from app.options import ReadOptions
from app.shell import script


@dataclass
class AverageOptions(ReadOptions):
    """Average the weights of two fine-tuned checkpoints. One was fine-tuned from the other, or both from the same checkpoint. The
    result often keeps what both can do."""

    first: str = ""
    """Fine-tuned checkpoint folder."""
    second: str = ""
    """Fine-tuned checkpoint folder. The new checkpoint has its threshold and its maximal length."""
    weight: float = 0.5
    """Weight of the second checkpoint, 0 to 1; the first one has the rest."""
    dev_set: str = ""
    """Labelled pairs to which the temperature of the probabilities is fitted; the formats are those of run_match.sh."""
    output_dir: str = ""
    """The new checkpoint folder. It must not exist yet."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("first", "second"):
            check(flag, getattr(self, flag), bool(getattr(self, flag)), "a fine-tuned checkpoint folder")
        check("weight", self.weight, 0 <= self.weight <= 1, "from 0 to 1")
        check("dev_set", self.dev_set, bool(self.dev_set), "a file of labelled pairs")
        check_file("dev_set", self.dev_set)
        check("output_dir", self.output_dir, bool(self.output_dir) and not Path(self.output_dir).exists(), "a new folder")
        check_device(self.device)


def main(arguments: List[str]) -> None:
    """Runs the command."""
    options = parse(AverageOptions, "python -m app average", arguments)
    runtime.load_paddle()
    runtime.choose_device(options.device)
    from app.match.average import average_matchers
    from app.match.checkpoint import save_matcher
    from app.match.decision import MIN_ROWS, can_be_fitted, fit_decision
    from app.match.evaluate import score_labelled_file
    from app.match.metrics import compute_metrics, metrics_table, summary_metrics
    from app.match.splits import provenance

    model, tokenizer, config = average_matchers(Path(options.first), Path(options.second), options.weight)
    split, logits = score_labelled_file(options.dev_set, model, tokenizer, config, **options.reading())
    if not can_be_fitted(split.labels.tolist()):
        raise UserError(f"{options.dev_set}: at least {MIN_ROWS} rows of each of two labels are needed to fit the probabilities")
    decision = fit_decision(logits, split.labels, config.decision, "")
    metrics = compute_metrics(logits, split.labels, decision, config.labels)
    data = {**config.data, **provenance({"dev": split})}
    config = replace(config, decision=decision, dev=summary_metrics(metrics), data=data)
    save_matcher(Path(options.output_dir), model, tokenizer, config)
    print(f"{options.dev_set}: {split.pairs.described}; {len(split.pairs):,} rows")
    print("\n".join(metrics_table(metrics, config.labels)))
    print(f"checkpoint:    {options.output_dir}")
    print(f"score a file:  {script('predict.py', '--model_name_or_path', options.output_dir, '--input_file', 'YOURS.tsv')}")
