"""Pretraining speed: this project's step, the plain way, and PyTorch, in one run on the same model, examples and masks.

    .venv/bin/python tests/bench/bench_pretrain.py                        # on the sample corpus: a table and a JSON
    .venv/bin/python tests/bench/bench_pretrain.py --corpus MINE.txt.gz --model_size base --peer_python PATH/TO/python_with_torch

Each side runs as a process of its own, in turn, `--rounds` times; tokens are counted without padding.

    plain    Paddle, every sequence padded to 128, LM head over all positions
    ours     the loop of app/train: batches of like lengths, LM head on predicted positions only, the operations of cpu_kernels.py
    torch    Hugging Face's BertForPreTraining in PyTorch float32, padded to the batch's longest, where it is installed

Then tokenizing into shards, in MB of text a second by number of processes.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from sides import ROOT, print_table, run_side, timed

sys.path.insert(0, str(ROOT))
LENGTH = 128


def make_task(folder: str, size: str, batch_size: int, output: str):
    """The task on the shards of `folder`; the same model and examples on every side."""
    from app import runtime

    runtime.load_paddle()
    from app.encoder.from_scratch import encoder_from_scratch
    from app.options import PretrainOptions
    from app.pretrain.corpus import Corpus
    from app.pretrain.model import PretrainingModel
    from app.pretrain.task import PretrainTask
    from app.text.fast_tokenizer import FastWordPieceTokenizer

    runtime.choose_device("auto")
    runtime.set_seed(1)
    tokenizer = FastWordPieceTokenizer.load(Path(folder) / "tokenizer")
    options = PretrainOptions(
        output_dir=output, batch_size=batch_size, max_seq_length=LENGTH, learning_rate=1e-4, logging_steps=10**6, dev_sequences=1
    )
    model = PretrainingModel(encoder_from_scratch(size, tokenizer.size), 2)
    return PretrainTask(model, tokenizer, Corpus(Path(folder)), options, {}, 1.0), options


def ours(folder: str, size: str, batch_size: int, steps: int) -> float:
    """Tokens a second of the project's loop."""
    with tempfile.TemporaryDirectory() as output:
        task, options = make_task(folder, size, batch_size, output)
        from app.train.cpu_ops import use_fast_cpu_ops
        from app.train.trainer import Trainer

        use_fast_cpu_ops()
        trainer = Trainer(task, options, 10**6)
        made = iter(task.steps(0, 0))
        trainer.step(next(made))
        taken = [next(made) for _ in range(steps)]
        return sum(part["tokens"] for micro_batches in taken for part in micro_batches) / timed(lambda: [trainer.step(micro_batches) for micro_batches in taken])


def plain(folder: str, size: str, batch_size: int, steps: int) -> float:
    """Tokens a second with full padding and the LM head over all positions."""
    import paddle
    import paddle.nn.functional as F

    with tempfile.TemporaryDirectory() as output:
        task, options = make_task(folder, size, batch_size, output)
        from app.train.optimizer import build_optimizer

        optimizer = build_optimizer(task.model, options)
        task.model.train()

        def step(batch: dict) -> None:
            ids, segments, labels = full_width(batch, LENGTH)
            every = paddle.arange(ids.size)
            logits, sentence = task.model(paddle.to_tensor(ids), paddle.to_tensor(segments), every)
            loss = F.cross_entropy(logits, paddle.to_tensor(labels.reshape([-1])), ignore_index=-100)
            loss = loss + F.cross_entropy(sentence, paddle.to_tensor(batch["sentence_labels"]), ignore_index=-1)
            loss.backward()
            optimizer.step()
            optimizer.clear_grad()

        made = iter(task.steps(0, 0))
        step(next(made)[0])
        taken = [next(made)[0] for _ in range(steps)]
        return sum(batch["tokens"] for batch in taken) / timed(lambda: [step(batch) for batch in taken])


def full_width(batch: dict, length: int):
    """`input_ids`, `token_type_ids` and labels (-100 where nothing is predicted), int64 [rows, length]."""
    rows, width = batch["input_ids"].shape
    labels = np.full(rows * width, -100, np.int64)
    labels[batch["masked_positions"]] = batch["masked_lm_labels"]
    more = ((0, 0), (0, length - width))
    padded = [np.pad(batch[name], more) for name in ("input_ids", "token_type_ids")]
    return (*padded, np.pad(labels.reshape([rows, width]), more, constant_values=-100))


def torch(folder: str, size: str, batch_size: int, steps: int) -> float:
    """Tokens a second of PyTorch on the batches that `save_batches` left."""
    import torch
    from transformers import BertConfig, BertForPreTraining

    config = json.loads((Path(folder) / "config.json").read_text())
    names = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    rest = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = BertForPreTraining(BertConfig(**{name: config[name] for name in names}, **rest)).train()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, weight_decay=0.01)
    saved = np.load(Path(folder) / "batches.npz")

    def step(number: int) -> None:
        ids, segments, labels, sentence = (
            torch.tensor(saved[f"{name}{number}"]) for name in ("ids", "segments", "labels", "sentence")
        )
        output = model(
            input_ids=ids,
            token_type_ids=segments,
            attention_mask=(ids != 0).long(),
            labels=labels,
            next_sentence_label=sentence.clamp(min=0),
        )
        output.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    step(0)
    tokens = sum(int((saved[f"ids{number}"] != 0).sum()) for number in range(1, steps + 1))
    return tokens / timed(lambda: [step(number) for number in range(1, steps + 1)])


def save_batches(folder: str, size: str, batch_size: int, steps: int) -> float:
    """Leaves the batches of the other sides, and the model's shape, for PyTorch."""
    with tempfile.TemporaryDirectory() as output:
        task, _ = make_task(folder, size, batch_size, output)
        arrays, made = {}, iter(task.steps(0, 0))
        for number in range(steps + 1):
            batch = next(made)[0]
            ids, segments, labels = full_width(batch, batch["input_ids"].shape[1])
            arrays.update({f"ids{number}": ids, f"segments{number}": segments, f"labels{number}": labels})
            arrays[f"sentence{number}"] = batch["sentence_labels"]
        np.savez(Path(folder) / "batches.npz", **arrays)
        (Path(folder) / "config.json").write_text(json.dumps(task.model.encoder.config.to_dict()))
    return 0.0


SIDES = {"plain": plain, "ours": ours, "torch": torch, "save": save_batches}


def make_shards(folder: Path, corpus: str, vocab_size: int, processes: int) -> tuple:
    """Shards of the corpus; returns (bytes of text, seconds of tokenizing)."""
    from app.options import PretrainOptions
    from app.pretrain.corpus import Corpus
    from app.pretrain.documents import parse_sources
    from app.pretrain.prepare_shards import prepare_shards
    from app.pretrain.token_shards import build_shards

    options = PretrainOptions(corpus=corpus, shards_dir=str(folder), vocab_size=vocab_size)
    sources = parse_sources(corpus)
    if not (folder / "tokenizer").exists():
        prepare_shards(options, sources)
    again = folder / f"with{processes}"
    seconds = timed(build_shards, again, sources, folder / "tokenizer", False, options.dev_share, processes)
    return sum(header["size"] for header in Corpus(again).headers), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default=str(ROOT / "data/sample_corpus/corpus.txt.gz"))
    parser.add_argument("--vocab_size", type=int, default=8000)
    parser.add_argument("--model_size", default="mini")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer_python", default=sys.executable, help="a Python with torch and transformers")
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)  # the rest: how it calls itself
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        rate = SIDES[options.side](options.folder, options.model_size, options.batch_size, options.steps)
        print(f"rate {rate:.1f}", flush=True)
        return
    from app import machine

    cores = machine.cpu_count()
    with tempfile.TemporaryDirectory() as folder:
        tokenizing = {}
        for processes in dict.fromkeys([1, 2, cores]):
            size, seconds = make_shards(Path(folder), options.corpus, options.vocab_size, processes)
            tokenizing[processes] = size / seconds / 1e6
            print(f"tokenizing, {processes} process(es): {tokenizing[processes]:.1f} MB/s of {size / 1e6:.0f} MB")
        shape = ["--model_size", options.model_size, "--batch_size", str(options.batch_size), "--steps", str(options.steps)]
        arguments = ["--folder", folder, *shape]
        run_side(__file__, "save", arguments, sys.executable, folder)
        rates = {name: [] for name in ("plain", "ours", "torch")}
        for _ in range(options.rounds):
            for name in rates:
                python = options.peer_python if name == "torch" else sys.executable
                rates[name].append(run_side(__file__, name, arguments, python, folder))
    title = f"{options.model_size}, batch {options.batch_size} x {LENGTH}, {cores} {machine.cpu_vendor()} core(s)"
    results = print_table(title, "tokens/s", rates, "plain")
    print(json.dumps({"tokenizing MB/s": tokenizing, **results}))


if __name__ == "__main__":
    main()
