"""`run_pretrain.sh`: documents -> token shards -> a BERT or ERNIE, pretrained and evaluated on held-out documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import List

from app import runtime
from app.errors import UserError
from app.flags import parse
from app.options import PretrainOptions
from app.shell import command, script
from app.train.run import start_device, train_task, training_run, write_results


def main(arguments: List[str]) -> int:
    """Runs the command. Returns the exit code."""
    options = parse(PretrainOptions, "run_pretrain.sh", arguments)
    options.shards_dir = options.shards_dir or str(Path(options.output_dir) / "shards")
    with training_run("pretrain", arguments, options) as run:
        if run.prepares:
            _prepare(options)
        if run.starts_processes:
            return run.start_processes()
        _train(options)
    return 0


def _prepare(options: PretrainOptions) -> None:
    """Makes the vocabulary and the token shards, once for all processes."""
    from app.pretrain.corpus import Corpus
    from app.pretrain.documents import check_several_documents, parse_sources
    from app.pretrain.prepare_shards import prepare_shards
    from app.progress import say

    sources = parse_sources(options.corpus)
    check_several_documents(sources)
    prepare_shards(options, sources)
    corpus = Corpus(Path(options.shards_dir), [source.weight for source in sources])
    documents, held_out = len(corpus.held_out), int(corpus.held_out.sum())
    say(
        f"corpus: {documents:,} documents, {len(corpus.sentences) - 1:,} sentences, {corpus.sentences[-1]:,} tokens, "
        f"unknown {corpus.unknown_share:.2%}; {held_out:,} documents held out"
    )
    if not 2 <= held_out <= documents - 2:
        raise UserError(
            f"--dev_share {options.dev_share:g}: {held_out} of {documents:,} documents held out; at least two are needed for "
            "training and two for evaluation: choose another share, or give more documents (a blank line ends one)"
        )
    if corpus.unknown_share > options.max_unknown:
        raise UserError(
            f"--max_unknown {options.max_unknown:g}: {corpus.unknown_share:.2%} of the tokens are unknown to the vocabulary; "
            "use another vocabulary, or a larger --vocab_size"
        )


def _train(options: PretrainOptions) -> None:
    device = start_device(options)
    from app.pretrain.build import build
    from app.progress import say

    task, started_from = build(options)
    # Narrower models need larger steps (Yang et al. 2022: in inverse proportion to the width).
    hidden_size = task.model.encoder.config.hidden_size
    learning_rate = options.learning_rate or (0.064 if options.init_from_ckpt else 0.128) / hidden_size
    parameters = sum(parameter.size for parameter in task.model.parameters())
    say(f"model: {parameters:,} parameters, started from {started_from}, on {device}, matmul at {task.matmul_rate:,.0f} GFLOP/s")
    total_steps = options.max_steps or sum(task.steps_in_epoch(epoch) for epoch in range(options.epochs))
    options_with_rate = replace(options, learning_rate=learning_rate)
    train_task(task, options_with_rate, options, total_steps, "sequences", started_from=started_from)
    if runtime.rank() == 0:
        _report(options)


def _report(options: PretrainOptions) -> None:
    from app.atomic import read_json
    from app.progress import say

    metadata = read_json(Path(options.output_dir) / "best" / "pretraining.json")
    best = write_results(options, {"best_step": metadata["step"], "held_out": metadata["held_out"]})
    say("held out:     " + ", ".join(f"{name} {value:.4f}" for name, value in metadata["held_out"].items()))
    say(f"fill a gap:   {command('fill', '--model_name_or_path', str(best), '我想[MASK]一张信用卡')}")
    say(f"fine-tune:    {script('run_match.sh', '--model_name_or_path', str(best))}")
