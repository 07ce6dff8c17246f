"""`python -m app average`: the weighted mean of two fine-tuned checkpoints."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator, List, Literal

from app import runtime
from app.atomic import lock_folder
from app.errors import UserError
from app.flags import check, check_device, check_file, parse
from app.options import ReadOptions, check_threshold
from app.shell import script
from app.train.run_folder import forget_claim


@dataclass
class AverageOptions(ReadOptions):
    """Average the weights of two fine-tuned checkpoints. One was fine-tuned from the other, or both from the same checkpoint. The
    result often keeps what both can do."""

    first: str = ""
    """Fine-tuned checkpoint folder."""
    second: str = ""
    """Fine-tuned checkpoint folder. The new checkpoint has its maximal length and truncation."""
    weight: float = 0.5
    """Weight of the second checkpoint, 0 to 1; the first one has the rest."""
    dev_set: str = ""
    """Labelled pairs, in the formats of run_match.sh. The temperature of the probabilities is fitted to them."""
    bad_rows: Literal["stop", "skip"] = "stop"
    """stop: a row that cannot be used ends the command with its line number. skip: it is left out and counted."""
    threshold: str = "0.5"
    """Probability from which a pair is predicted to match: a number; accuracy or f1 fit it to that metric on the dev set."""
    output_dir: str = ""
    """The new checkpoint folder. It must not exist yet, or be empty."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("first", "second"):
            check(flag, getattr(self, flag), bool(getattr(self, flag)), "a fine-tuned checkpoint folder")
        check("weight", self.weight, 0 <= self.weight <= 1, "from 0 to 1")
        check("dev_set", self.dev_set, bool(self.dev_set), "a file of labelled pairs")
        check_file("dev_set", self.dev_set)
        check_threshold(self.threshold)
        check("output_dir", self.output_dir, bool(self.output_dir), "a new folder")
        check_device(self.device)


def main(arguments: List[str]) -> None:
    """Runs the command."""
    options = parse(AverageOptions, "python -m app average", arguments)
    with _new_folder(Path(options.output_dir)):
        _average(options)
    print(f"checkpoint:    {options.output_dir}")
    print(f"score a file:  {script('predict.py', '--model_name_or_path', options.output_dir, '--input_file', 'YOURS.tsv')}")


@contextlib.contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """A block that writes into a new or empty folder, which no other process uses meanwhile. If the block fails, it is gone."""
    is_new = not folder.exists()
    _check_empty(folder)  # before the lock: nothing is written into the folder of somebody else
    descriptor = lock_folder(folder)
    try:
        yield
    except BaseException:
        if is_new:
            forget_claim(folder)
        raise
    finally:
        os.close(descriptor)


def _check_empty(folder: Path) -> None:
    if folder.is_dir() and set(os.listdir(folder)) - {".lock"}:
        raise UserError(f"--output_dir {folder}: is not empty; a new folder is expected")


def _average(options: AverageOptions) -> None:
    runtime.load_paddle()
    runtime.choose_device(options.device)
    from app.match.average import average_matchers, check_comparable
    from app.match.checkpoint import load_matcher, save_matcher
    from app.match.decision import MIN_ROWS, can_be_fitted, fit_decision
    from app.match.evaluate import predict_logits
    from app.match.metrics import compute_metrics, metrics_table, summary_metrics
    from app.match.splits import encode_labelled_file, provenance

    first, second = load_matcher(Path(options.first)), load_matcher(Path(options.second))
    check_comparable(first, second)
    _, tokenizer, matcher_config = second
    split = encode_labelled_file(options.dev_set, tokenizer, matcher_config, bad_rows=options.bad_rows, **options.reading())
    if not can_be_fitted(split.labels.tolist()):
        raise UserError(f"{options.dev_set}: has fewer than {MIN_ROWS} rows of a label: too few to fit the probabilities")
    fitted = options.threshold if options.threshold in ("accuracy", "f1") else ""
    before = replace(matcher_config.decision, threshold=0.5 if fitted else float(options.threshold))
    accuracies = []
    for name, model in (("first", first[0]), ("second", second[0]), ("mean", second[0])):
        if name == "mean":
            matcher_config = average_matchers(first, second, options.weight)  # changes the model of `second`
        logits = predict_logits(model, split.encoded, len(matcher_config.labels), 64)
        decision = fit_decision(logits, split.labels, before, fitted)
        metrics = compute_metrics(logits, split.labels, decision, matcher_config.labels)
        accuracies.append(metrics["accuracy"])
        print(f"{name + ':':8} dev accuracy {metrics['accuracy']:.4f}   (threshold {decision.threshold:.4g})")
    print("\n".join(metrics_table(metrics, matcher_config.labels)))
    if accuracies[2] < min(accuracies[:2]):
        print("the mean is worse than both on this dev set: do the two have a common start?")
    data = {**matcher_config.data, **provenance({"dev": split})}
    dev = summary_metrics(metrics)
    _check_empty(Path(options.output_dir))
    matcher_config = replace(matcher_config, decision=decision, dev=dev, data=data, columns=split.pairs.columns)
    save_matcher(Path(options.output_dir), model, tokenizer, matcher_config)
