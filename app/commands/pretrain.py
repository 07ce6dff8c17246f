"""`run_pretrain.sh`: documents -> shards -> a BERT or ERNIE, pretrained and measured on held-out documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import List

from app import runtime
from app.errors import UserError
from app.flags import parse
from app.options import PretrainOptions
from app.shell import command, script
from app.train.run import run_training, start_device, train_task, write_results


def main(arguments: List[str]) -> int:
    """Runs the command; returns the exit code."""
    options = parse(PretrainOptions, "run_pretrain.sh", arguments)
    options.shards_dir = options.shards_dir or str(Path(options.output_dir) / "shards")
    return run_training("pretrain", arguments, options, prepare=lambda: _prepare(options), train=lambda: _run(options))


def _prepare(options: PretrainOptions) -> None:
    """Vocabulary and shards, made once for all processes."""
    from app.pretrain.corpus import Corpus
    from app.pretrain.documents import check_several_documents, parse_sources
    from app.pretrain.prepare import prepare_shards
    from app.progress import say

    sources = parse_sources(options.corpus)
    check_several_documents(sources)
    prepare_shards(options, sources)
    corpus = Corpus(Path(options.shards_dir), [source.weight for source in sources])
    held_out = int(corpus.held_out.sum())
    say(
        f"corpus: {len(corpus.held_out):,} documents, {len(corpus.sentences) - 1:,} sentences, {corpus.sentences[-1]:,} tokens, "
        f"unknown {corpus.unknown_share:.2%}; {held_out:,} documents held out"
    )
    if not 2 <= held_out <= len(corpus.held_out) - 2:
        raise UserError(
            f"--dev_share {options.dev_share:g}: {held_out} of {len(corpus.held_out):,} documents held out; "
            "two at least are needed on both sides: choose another share, or give more documents (a blank line ends one)"
        )
    if corpus.unknown_share > options.max_unknown:
        raise UserError(
            f"--max_unknown {options.max_unknown:g}: {corpus.unknown_share:.2%} of the tokens are unknown to the vocabulary; "
            "take another, or a larger --vocab_size"
        )


def _run(options: PretrainOptions) -> None:
    from app.pretrain.build import build
    from app.progress import say

    machine = start_device(options)
    task, source = build(options)
    # Narrower models stand larger steps (Yang et al. 2022: in inverse proportion).
    rate = options.learning_rate or (0.064 if options.init_from_ckpt else 0.128) / task.model.encoder.config.hidden_size
    parameters = sum(parameter.size for parameter in task.model.parameters())
    say(f"model: {parameters:,} parameters, started from {source}, on {machine}, {task.matmul_rate:,.0f} GFLOP/s by its matmul")
    total_steps = options.max_steps or sum(task.steps_in_epoch(epoch) for epoch in range(options.epochs))
    train_task(task, replace(options, learning_rate=rate), options, total_steps, "sequences", started_from=source)
    if runtime.rank() == 0:
        _report(options)


def _report(options: PretrainOptions) -> None:
    from app.atomic import read_json
    from app.progress import say

    card = read_json(Path(options.output_dir) / "best" / "pretraining.json")
    best = write_results(options, {"best_step": card["step"], "held_out": card["held_out"]})
    say("held out:     " + ", ".join(f"{name} {value:.4f}" for name, value in card["held_out"].items()))
    say(f"fill a gap:   {command('fill', '--model_name_or_path', str(best), '我想[MASK]一张信用卡')}")
    say(f"fine-tune:    {script('run_match.sh', '--model_name_or_path', str(best))}")
