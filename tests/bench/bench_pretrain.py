"""Pretraining speed of this project, of plain Paddle, and of PyTorch, on the same model, examples and masks.

    .venv/bin/python tests/bench/bench_pretrain.py                        # on the sample corpus: a table and a JSON
    .venv/bin/python tests/bench/bench_pretrain.py --corpus MINE.txt.gz --model_size base --peer_python PATH/TO/python_with_torch

Each side runs in its own process, one after the other, `--rounds` times. Tokens are counted without padding.

    plain    Paddle, every sequence padded to 128, masked-LM head on all positions
    ours     the trainer of app/train: batches of similar length, masked-LM head on masked positions only, app/train/cpu_ops.py
    torch    Hugging Face's BertForPreTraining in PyTorch float32, padded to the longest of a batch, if it is installed

Also measures tokenizing into shards, in MB of text per second by number of processes.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from sides import ROOT, print_table, run_side, timed

sys.path.insert(0, str(ROOT))
MAX_SEQ_LENGTH = 128


def make_task(folder: str, size: str, batch_size: int, output: str):
    """The pretraining task on the shards of `folder`, with the same model and examples for every side."""
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
        output_dir=output, batch_size=batch_size, max_seq_length=MAX_SEQ_LENGTH, learning_rate=1e-4, logging_steps=10**6, dev_sequences=1
    )
    model = PretrainingModel(encoder_from_scratch(size, tokenizer.size), 2)
    return PretrainTask(model, tokenizer, Corpus(Path(folder)), options, {}, 1.0), options


def ours(folder: str, size: str, batch_size: int, steps: int) -> float:
    """Tokens per second of the trainer."""
    with tempfile.TemporaryDirectory() as output:
        task, options = make_task(folder, size, batch_size, output)
        from app.train.cpu_ops import use_fast_cpu_ops
        from app.train.trainer import Trainer

        use_fast_cpu_ops()
        trainer = Trainer(task, options, 10**6)
        all_steps = iter(task.steps(0, 0))
        trainer.step(next(all_steps))
        timed_steps = [next(all_steps) for _ in range(steps)]
        tokens = sum(batch["tokens"] for micro_batches in timed_steps for batch in micro_batches)
        return tokens / timed(lambda: [trainer.step(micro_batches) for micro_batches in timed_steps])


def plain(folder: str, size: str, batch_size: int, steps: int) -> float:
    """Tokens per second with full padding and the masked-LM head on all positions."""
    import paddle
    import paddle.nn.functional as F

    with tempfile.TemporaryDirectory() as output:
        task, options = make_task(folder, size, batch_size, output)
        from app.train.optimizer import build_optimizer

        optimizer = build_optimizer(task.model, options)
        task.model.train()

        def step(batch: dict) -> None:
            ids, segments, labels = full_width(batch, MAX_SEQ_LENGTH)
            all_positions = paddle.arange(ids.size)
            logits, sentence = task.model(paddle.to_tensor(ids), paddle.to_tensor(segments), all_positions)
            loss = F.cross_entropy(logits, paddle.to_tensor(labels.reshape([-1])), ignore_index=-100)
            loss = loss + F.cross_entropy(sentence, paddle.to_tensor(batch["sentence_labels"]), ignore_index=-1)
            loss.backward()
            optimizer.step()
            optimizer.clear_grad()

        all_steps = iter(task.steps(0, 0))
        step(next(all_steps)[0])
        batches = [next(all_steps)[0] for _ in range(steps)]
        return sum(batch["tokens"] for batch in batches) / timed(lambda: [step(batch) for batch in batches])


def full_width(batch: dict, length: int):
    """`input_ids`, `token_type_ids` and labels (-100 at positions that are not predicted), int64 [rows, length]."""
    rows, width = batch["input_ids"].shape
    labels = np.full(rows * width, -100, np.int64)
    labels[batch["masked_lm_positions"]] = batch["masked_lm_labels"]
    padding = ((0, 0), (0, length - width))
    padded = [np.pad(batch[name], padding) for name in ("input_ids", "token_type_ids")]
    return (*padded, np.pad(labels.reshape([rows, width]), padding, constant_values=-100))


def torch(folder: str, size: str, batch_size: int, steps: int) -> float:
    """Tokens per second of PyTorch on the batches of `save_batches`."""
    import torch
    from transformers import BertConfig, BertForPreTraining

    config = json.loads((Path(folder) / "config.json").read_text())
    names = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    dropouts = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = BertForPreTraining(BertConfig(**{name: config[name] for name in names}, **dropouts)).train()
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
    """Saves the batches of the other sides and the shape of the model for PyTorch. Returns no rate."""
    with tempfile.TemporaryDirectory() as output:
        task, _ = make_task(folder, size, batch_size, output)
        arrays, all_steps = {}, iter(task.steps(0, 0))
        for number in range(steps + 1):
            batch = next(all_steps)[0]
            ids, segments, labels = full_width(batch, batch["input_ids"].shape[1])
            arrays.update({f"ids{number}": ids, f"segments{number}": segments, f"labels{number}": labels})
            arrays[f"sentence{number}"] = batch["sentence_labels"]
        np.savez(Path(folder) / "batches.npz", **arrays)
        (Path(folder) / "config.json").write_text(json.dumps(task.model.encoder.config.to_dict()))
    return 0.0


SIDES = {"plain": plain, "ours": ours, "torch": torch, "save": save_batches}


def make_shards(folder: Path, corpus: str, vocab_size: int, processes: int) -> tuple:
    """Makes the shards of the corpus. Returns (bytes of text, seconds of tokenizing)."""
    from app.options import PretrainOptions
    from app.pretrain.corpus import Corpus
    from app.pretrain.documents import parse_sources
    from app.pretrain.prepare_shards import prepare_shards
    from app.pretrain.token_shards import build_shards

    options = PretrainOptions(corpus=corpus, shards_dir=str(folder), vocab_size=vocab_size)
    sources = parse_sources(corpus)
    if not (folder / "tokenizer").exists():
        prepare_shards(options, sources)
    timed_folder = folder / f"with{processes}"
    seconds = timed(build_shards, timed_folder, sources, folder / "tokenizer", False, options.dev_share, processes)
    return sum(header["size"] for header in Corpus(timed_folder).headers), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default=str(ROOT / "data/sample_corpus/corpus.txt.gz"))
    parser.add_argument("--vocab_size", type=int, default=8000)
    parser.add_argument("--model_size", default="mini")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer_python", default=sys.executable, help="a Python with torch and transformers")
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)  # used by the processes of the sides
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
    title = f"{options.model_size}, batch {options.batch_size} x {MAX_SEQ_LENGTH}, {cores} {machine.cpu_vendor()} core(s)"
    results = print_table(title, "tokens/s", rates, "plain")
    print(json.dumps({"tokenizing MB/s": tokenizing, **results}))


if __name__ == "__main__":
    main()
