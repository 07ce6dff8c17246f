"""`run_match.sh`: fine-tune on labelled pairs, keep the best by dev, measure it on dev and test, say how to predict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

from app.flags import parse
from app.options import MatchOptions
from app.shell import script
from app.train.run import run_training, start_device, train_task, write_results

SAMPLE = MatchOptions.train_set


def main(arguments: List[str]) -> int:
    """Runs the command; returns the exit code."""
    options = _with_defaults(parse(MatchOptions, "run_match.sh", arguments))
    return run_training("match", arguments, options, prepare=lambda: None, train=lambda: _run(options))


def _with_defaults(options: MatchOptions) -> MatchOptions:
    """Fills in what the options leave to the starting point and to the data."""
    options.epochs = options.epochs or (15 if _from_scratch(options) else 3)
    if options.train_set == SAMPLE and not options.test_set:
        options.test_set = SAMPLE.replace("train", "test")
    return options


def _from_scratch(options: MatchOptions) -> bool:
    return options.model_name_or_path.startswith("scratch:") and not options.init_from_ckpt


def _run(options: MatchOptions) -> None:
    from app.match.build import build, check_data_unchanged
    from app.match.data import audit, encode_split
    from app.match.task import MatchTask
    from app.progress import say

    machine = start_device(options)
    splits, model, tokenizer, card = build(options)
    width = model.encoder.config.hidden_size
    # Narrower models stand larger steps (Yang et al. 2022: in inverse proportion, from scratch).
    rate = options.learning_rate or (0.064 / width if _from_scratch(options) else 5e-5 * (768 / width) ** 1.5)
    say(f"model: {card.started_from}, {sum(p.size for p in model.parameters()):,} parameters, on {machine}")
    encoded = {
        name: encode_split(pairs, card.labels, tokenizer, options.max_seq_length, options.truncation)
        for name, pairs in splits.items()
    }
    findings = audit(encoded)
    card.data = check_data_unchanged(options, encoded)
    task = MatchTask(model, tokenizer, encoded, card, options)
    total_steps = options.max_steps or options.epochs * task.steps_in_epoch(0)
    train_task(task, replace(options, learning_rate=rate), options, total_steps, "pairs", audit=findings)
    _report(options, encoded)


def _report(options: MatchOptions, encoded: Dict[str, Any]) -> None:
    """Measures the best checkpoint on dev and test, beside two baselines; the test set has chosen nothing."""
    from app.match.baselines import baselines
    from app.match.checkpoint import load_matcher
    from app.match.evaluate import score_pairs
    from app.match.metrics import measure, table
    from app.progress import say

    best = Path(options.output_dir) / "best"
    model, _, card = load_matcher(best)
    results: Dict[str, Any] = {"best_step": card.step}
    for name in [name for name in ("dev", "test") if name in encoded]:
        split = encoded[name]
        logits = score_pairs(model, split.encoded, len(card.labels), options.batch_size * 2)
        figures = results[name] = measure(logits, split.labels, card.decision, card.labels)
        rules = figures["baselines"] = baselines(encoded["train"].pairs, split.pairs, card.labels[card.decision.positive])
        compared = ", ".join(f"{rule.replace('_', ' ')} {value:.1%}" for rule, value in rules.items())
        say()
        say(f"{name}: accuracy {figures['accuracy']:.1%}   (baselines: {compared})")
        for line in table(figures, card.labels):
            say(line)
    if results["dev"]["accuracy"] <= results["dev"]["baselines"]["majority"]:
        say()
        say("The model is no better on dev than always saying the commoner label: it has learned nothing of use. "
            "Train longer (--epochs), or try another --learning_rate.")  # fmt: skip
    write_results(options, results)
    flags = ["--model_name_or_path", str(best), "--input_file", "YOURS.tsv", "--result_file", "YOURS.scored.tsv"]
    say(f"score a file:  {script('predict.py', *flags)}")
