"""`run_match.sh`: fine-tune on labelled pairs, keep the best by dev, measure it on dev and test, say how to predict."""

from __future__ import annotations

import dataclasses
import json
import shlex
import shutil
from pathlib import Path
from typing import Any, Dict, List

from app import runtime
from app.atomic import lock_folder, recover_folder, write_json
from app.errors import Interrupted, UserError
from app.options import SIZES, MatchOptions, parse
from app.train import parallel

SAMPLE = MatchOptions.train_set
FREE_TO_CHANGE = {"resume", "overwrite", "device", "logging_steps", "save_steps"}  # by a run that goes on


def main(arguments: List[str]) -> int:
    """Runs the command; returns the exit code."""
    options = _with_defaults(parse(MatchOptions, "run_match.sh", arguments))
    processes = parallel.processes_wanted(options.num_processes, options.device)
    several = processes > 1 and not parallel.launched()
    options.num_processes = processes if several else runtime.world_size()
    if not parallel.launched_by_us():
        _claim_folder(options)
    if several:
        return parallel.launch(["match", *arguments], processes, str(Path(options.output_dir) / "log"))
    runtime.load_paddle()
    try:
        _run(options)
        return 0
    except Interrupted as stop:
        again = [argument for argument in arguments if argument not in ("--resume", "--overwrite")]
        raise Interrupted(f"{stop}; go on with: bash run_match.sh {shlex.join([*again, '--resume'])}") from None


def _with_defaults(options: MatchOptions) -> MatchOptions:
    """Fills in what the options leave to the starting point and to the data."""
    scratch = options.model_name_or_path.startswith("scratch:") and not options.init_from_ckpt
    if not options.learning_rate:  # from scratch, narrower models stand larger steps (Yang et al. 2022: in inverse proportion)
        options.learning_rate = 0.064 / SIZES[options.model_name_or_path.partition(":")[2]][1] if scratch else 5e-5
    options.epochs = options.epochs or (15 if scratch else 3)
    if options.train_set == SAMPLE and not options.test_set:
        options.test_set = SAMPLE.replace("train", "test")
    return options


def _claim_folder(options: MatchOptions) -> None:
    """Makes sure that no earlier run is overwritten by accident, and that a run that goes on is the same run."""
    folder = Path(options.output_dir)
    if runtime.rank() == 0:
        lock_folder(folder)
        for name in ("state", "best", "last"):
            recover_folder(folder / name)
    settings = dataclasses.asdict(options)
    if options.resume and (folder / "state").is_dir():
        before = json.loads((folder / "options.json").read_text(encoding="utf-8"))
        for name in settings.keys() - FREE_TO_CHANGE:
            if before.get(name) != settings[name]:
                raise UserError(
                    f"--{name} {settings[name]}: the run in {folder} has {before.get(name)}; --resume keeps its options"
                )
    elif ((folder / "state").is_dir() or (folder / "best").is_dir()) and not options.overwrite:
        raise UserError(f"--output_dir {folder}: holds a run already; --resume goes on with it, --overwrite starts anew")
    elif runtime.rank() == 0:
        for name in ("state", "best", "last", "vdl"):
            shutil.rmtree(folder / name, ignore_errors=True)
        for name in ("journal.jsonl", "metrics.json"):
            (folder / name).unlink(missing_ok=True)
        write_json(folder / "options.json", settings)


def _run(options: MatchOptions) -> None:
    from app.match.build import build, check_data_unchanged
    from app.match.data import audit, encode_split
    from app.match.task import MatchTask
    from app.train.cpu_kernels import use_fast_kernels
    from app.train.journal import clock, say
    from app.train.loop import Trainer

    device = runtime.choose_device(options.device)
    if device == "cpu":
        use_fast_kernels()
    parallel.start()
    runtime.seed_everything(options.seed)  # before the model is built: its head is random
    splits, model, tokenizer, card = build(options)
    say(f"model: {card.started_from}, {sum(p.size for p in model.parameters()):,} parameters, on {_machine(device)}")
    encoded = {
        name: encode_split(pairs, card.labels, tokenizer, options.max_seq_length, options.truncation)
        for name, pairs in splits.items()
    }
    findings = audit(encoded)
    card.data = check_data_unchanged(options, encoded)
    task = MatchTask(model, tokenizer, encoded, card, options)
    total_steps = options.max_steps or options.epochs * task.steps_per_epoch
    trainer = Trainer(task, options, total_steps)
    say(
        f"training: {total_steps:,} steps of {task.rows_a_step} pairs, peak learning rate {options.learning_rate:g}, "
        + (f"going on from step {trainer.progress.step:,}" if trainer.progress.step else "from the start")
    )
    trainer.journal.event("start", step=trainer.progress.step, options=dataclasses.asdict(options), audit=findings)
    progress = trainer.run()
    say(f"trained {progress.step:,} steps in {clock(progress.seconds)}; best on dev at step {progress.best_step:,}")
    _report(options, encoded)


def _machine(device: str) -> str:
    import os

    each = f"cpu, {os.environ['OMP_NUM_THREADS']} thread(s)" if device == "cpu" else device
    return f"{runtime.world_size()} processes, {each} each" if runtime.world_size() > 1 else each


def _report(options: MatchOptions, encoded: Dict[str, Any]) -> None:
    """Measures the best checkpoint on dev and test, beside two baselines; the test set has chosen nothing."""
    from app.match.baselines import baselines
    from app.match.checkpoint import load_matcher
    from app.match.evaluate import score_pairs
    from app.match.metrics import measure, table
    from app.train.journal import say

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
    if runtime.rank() == 0:
        write_json(Path(options.output_dir) / "metrics.json", results)
    say()
    say(f"checkpoint: {best}   figures: {options.output_dir}/metrics.json   curves: visualdl --logdir {options.output_dir}/vdl")
    say(f"score a file:  python predict.py --model_name_or_path {best} --input_file YOURS.tsv --result_file YOURS.scored.tsv")
