"""`run_match.sh`: fine-tune on labelled pairs, keep the checkpoint that is best on dev, evaluate it on dev and test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

from app.flags import parse
from app.options import MatchOptions
from app.shell import script
from app.train.run import start_device, train_task, training_run, write_results

SAMPLE = MatchOptions.train_set


def main(arguments: List[str]) -> int:
    """Runs the command. Returns the exit code."""
    options = _with_defaults(parse(MatchOptions, "run_match.sh", arguments))
    with training_run("match", arguments, options) as run:
        if run.starts_processes:
            return run.start_processes()
        _train_and_evaluate(options)
    return 0


def _with_defaults(options: MatchOptions) -> MatchOptions:
    """Fills in the defaults that depend on the model and on the data."""
    options.epochs = options.epochs or (15 if _from_scratch(options) else 3)
    if options.train_set == SAMPLE and not options.test_set:
        options.test_set = SAMPLE.replace("train", "test")
    return options


def _from_scratch(options: MatchOptions) -> bool:
    return options.model_name_or_path.startswith("scratch:") and not options.init_from_ckpt


def _default_learning_rate(options: MatchOptions, hidden_size: int) -> float:
    """Narrower models need larger steps (Yang et al. 2022: in inverse proportion to the width, from scratch)."""
    return 0.064 / hidden_size if _from_scratch(options) else 5e-5 * (768 / hidden_size) ** 1.5


def _train_and_evaluate(options: MatchOptions) -> None:
    device = start_device(options)
    from app.match.build import build, check_data_unchanged
    from app.match.splits import audit, encode_split, with_soft_targets
    from app.match.task import MatchTask
    from app.progress import say

    splits, model, tokenizer, matcher_config = build(options)
    learning_rate = options.learning_rate or _default_learning_rate(options, model.encoder.config.hidden_size)
    parameters = sum(parameter.size for parameter in model.parameters())
    say(f"model: {matcher_config.started_from}, {parameters:,} parameters, on {device}")
    encoded = {
        name: encode_split(pairs, matcher_config.labels, tokenizer, options.max_seq_length, options.truncation)
        for name, pairs in splits.items()
    }
    labels, positive = matcher_config.labels, matcher_config.decision.positive
    encoded["train"] = with_soft_targets(encoded["train"], labels, positive, options.soft_label_weight)
    findings = audit(encoded, labels, positive)
    matcher_config.data = check_data_unchanged(options, encoded)
    task = MatchTask(model, tokenizer, encoded, matcher_config, options)
    total_steps = options.max_steps or options.epochs * task.steps_in_epoch(0)
    train_task(task, replace(options, learning_rate=learning_rate), options, total_steps, "pairs", audit=findings)
    _report(options, encoded)


def _report(options: MatchOptions, encoded: Dict[str, Any]) -> None:
    """Evaluates the best checkpoint on dev and test, beside two baselines. The test set has selected nothing."""
    from app.match.baselines import baselines
    from app.match.checkpoint import load_matcher
    from app.match.evaluate import predict_logits
    from app.match.metrics import compute_metrics, metrics_table
    from app.progress import say

    best = Path(options.output_dir) / "best"
    model, _, matcher_config = load_matcher(best)
    labels, decision = matcher_config.labels, matcher_config.decision
    results: Dict[str, Any] = {"best_step": matcher_config.step}
    train = replace(encoded["train"].pairs, labels=[labels[label] for label in encoded["train"].labels])
    for name in [name for name in ("dev", "test") if name in encoded]:
        split = encoded[name]
        logits = predict_logits(model, split.encoded, len(labels), options.batch_size * 2)
        metrics = results[name] = compute_metrics(logits, split.labels, decision, labels)
        accuracies = metrics["baselines"] = baselines(train, split.pairs, labels, decision.positive)
        compared = ", ".join(f"{baseline.replace('_', ' ')} {accuracy:.1%}" for baseline, accuracy in accuracies.items())
        say()
        say(f"{name}: accuracy {metrics['accuracy']:.1%}   (baselines: {compared})")
        for line in metrics_table(metrics, labels):
            say(line)
    if results["dev"]["accuracy"] <= results["dev"]["baselines"]["majority"]:
        say()
        say("On dev, the model is not better than always predicting the most frequent label: it has learned nothing useful. "
            "Train longer (--epochs), or try another --learning_rate.")  # fmt: skip
    write_results(options, results)
    flags = ["--model_name_or_path", str(best), "--input_file", "YOURS.tsv", "--result_file", "YOURS.scored.tsv"]
    say(f"score a file:  {script('predict.py', *flags)}")
