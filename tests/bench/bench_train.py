"""Training speed of this project, of the loop of the course, and of PyTorch, on the same rows and the same model.

    .venv/bin/python tests/bench/bench_train.py --train_set data/lcqmc/train.tsv          # prints a table and a JSON
    .venv/bin/python tests/bench/bench_train.py --shapes 4x312 --peer_python PATH/TO/python_with_torch

Each side runs in its own process, one after the other, `--rounds` times; the table shows the median. The time is from texts to
updated weights: it includes tokenizing, but not loading the model.

    course   the loop of the course: the default environment, PaddleNLP's Python tokenizer for each row, shuffled batches of 32
             padded to their longest row, a metric in every step
    ours     the trainer of app/train in one process; ours x N: in N processes with one thread each (also 32 rows per step)
    torch    PyTorch float32 with Hugging Face's BERT and its fast tokenizer, the same batches as course; if it is installed
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from sides import ROOT, print_table, run_side, timed

sys.path.insert(0, str(ROOT))
SHAPES = {"12x768": (12, 768, 12, 3072, 160), "4x312": (4, 312, 12, 1200, 960)}  # layers, hidden, heads, feed-forward, rows
BATCH = 32
VOCABULARY = 21128  # BERT's for Chinese
LEARNING_RATE = 5e-5


def rows_of(path: str, count: int) -> list:
    """The first `count` rows as (text_a, text_b, label)."""
    from app.text.dataset import read_labelled_pairs

    pairs = read_labelled_pairs(path)
    return [(a, b, int(label)) for a, b, label in list(zip(pairs.text_a, pairs.text_b, pairs.labels))[:count]]


def make_model(folder: Path, shape: str, rows: list) -> None:
    """Writes a PaddleNLP folder with random weights of this shape and a vocabulary of the rows."""
    from app import runtime

    runtime.load_paddle()
    from paddlenlp.transformers import BertConfig, BertModel

    from app.text.fast_tokenizer import FastWordPieceTokenizer
    from app.text.vocabulary import count_words, learn_vocabulary

    layers, hidden, heads, inner, _ = SHAPES[shape]
    tokens = learn_vocabulary(count_words([text for row in rows for text in row[:2]]), VOCABULARY, min_frequency=1)
    tokens += [f"[unused{number}]" for number in range(VOCABULARY - len(tokens))]
    FastWordPieceTokenizer({token: number for number, token in enumerate(tokens)}).save(folder)
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=inner
    )
    BertModel(config).save_pretrained(str(folder), safe_serialization=True)


def shuffled_batches(rows: list) -> list:
    """The batches of the course: shuffled, without regard to length."""
    order = list(range(len(rows)))
    random.Random(1).shuffle(order)
    return [[rows[i] for i in order[begin : begin + BATCH]] for begin in range(0, len(order), BATCH)]


def course(folder: str, rows: list) -> float:
    """Seconds of one epoch in the loop of the course."""
    import paddle
    import paddle.nn.functional as F
    from paddlenlp.data import Pad, Stack, Tuple
    from paddlenlp.transformers import AutoModel, AutoTokenizer, LinearDecayWithWarmup

    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoder = AutoModel.from_pretrained(folder)
    dropout, head = paddle.nn.Dropout(0.1), paddle.nn.Linear(encoder.config.hidden_size, 2)
    parameters = encoder.parameters() + head.parameters()
    schedule = LinearDecayWithWarmup(LEARNING_RATE, len(rows) // BATCH, 0.1)
    optimizer = paddle.optimizer.AdamW(schedule, parameters=parameters, weight_decay=0.01)
    metric = paddle.metric.Accuracy()
    collate = Tuple(Pad(axis=0, pad_val=0), Pad(axis=0, pad_val=0), Stack(dtype="int64"))
    encoder.train()

    def epoch(rows: list) -> None:
        for batch in shuffled_batches(rows):
            examples = []
            for text_a, text_b, label in batch:
                encoded = tokenizer(text=text_a, text_pair=text_b, max_length=128, truncation=True)
                examples.append((encoded["input_ids"], encoded["token_type_ids"], label))
            input_ids, segments, labels = (paddle.to_tensor(array) for array in collate(examples))
            logits = head(dropout(encoder(input_ids, token_type_ids=segments)[1]))
            loss = F.cross_entropy(logits, labels)
            metric.update(metric.compute(F.softmax(logits), labels).numpy())
            float(loss), metric.accumulate()
            loss.backward()
            optimizer.step()
            schedule.step()
            optimizer.clear_grad()

    epoch(rows[:BATCH])  # warm-up
    return timed(epoch, rows)


def ours(folder: str, rows: list) -> float:
    """Seconds of one epoch in the trainer of app/train."""
    from app import runtime

    runtime.load_paddle()
    from app.encoder.pretrained import load_pretrained
    from app.match.decision import Decision
    from app.match.matcher_config import MatcherConfig
    from app.match.model import PairClassifier
    from app.match.splits import encode_split
    from app.match.task import MatchTask
    from app.options import MatchOptions
    from app.text.dataset import LabelledPairs
    from app.train import distributed
    from app.train.cpu_ops import use_fast_cpu_ops
    from app.train.trainer import Trainer

    device = runtime.choose_device("auto")
    if device == "cpu":
        use_fast_cpu_ops()
    distributed.start(device)
    encoder, tokenizer = load_pretrained(folder)
    model, names = PairClassifier(encoder, 2), ["0", "1"]
    with tempfile.TemporaryDirectory() as output:
        options = MatchOptions(
            output_dir=output, learning_rate=LEARNING_RATE, batch_size=BATCH // runtime.world_size(), logging_steps=10**6
        )

        def epoch(rows: list) -> None:
            a, b, labels = zip(*rows)
            split = encode_split(
                LabelledPairs("", list(a), list(b), [str(label) for label in labels], []), names, tokenizer, 128, "longest_first"
            )
            task = MatchTask(
                model, tokenizer, {"train": split, "dev": split}, MatcherConfig(names, Decision(), 128, "longest_first"), options
            )
            trainer = Trainer(task, options, task.steps_in_epoch(0))
            for micro_batches in task.steps(0, 0):
                trainer.step(micro_batches)
            trainer.logger.close()

        return timed(epoch, rows)  # no warm-up: a second Trainer would register the exchange of gradients twice


def torch(folder: str, rows: list) -> float:
    """Seconds of one epoch in PyTorch."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    config = json.loads((Path(folder) / "config.json").read_text())
    names = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    model = BertForSequenceClassification(BertConfig(**{name: config[name] for name in names})).train()
    tokenizer = BertTokenizerFast(str(Path(folder) / "vocab.txt"))
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=0.01)

    def epoch(rows: list) -> None:
        for batch in shuffled_batches(rows):
            a, b, labels = zip(*batch)
            inputs = tokenizer(list(a), list(b), padding=True, truncation=True, max_length=128, return_tensors="pt")
            loss = model(**inputs, labels=torch.tensor(labels)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()

    epoch(rows[:BATCH])
    return timed(epoch, rows)


SIDES = {"course": course, "ours": ours, "torch": torch}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train_set", default=str(ROOT / "data/sample/train.tsv"))
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer_python", default=sys.executable, help="a Python with torch and transformers")
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)  # used by the processes of the sides
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--rows", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        rows = json.loads(Path(options.rows).read_text(encoding="utf-8"))
        print(f"rate {len(rows) / SIDES[options.side](options.folder, rows):.2f}", flush=True)
        return
    from app import machine

    cores, results = machine.cpu_count(), {}
    for shape in options.shapes:
        with tempfile.TemporaryDirectory() as folder:
            rows = rows_of(options.train_set, SHAPES[shape][-1])
            (Path(folder) / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
            make_model(Path(folder), shape, rows)
            sides = [("course", "course", 1), ("ours", "ours", 1), (f"ours x {cores}", "ours", cores), ("torch", "torch", 1)]
            rates = {name: [] for name, _, _ in sides}
            arguments = ["--folder", folder, "--rows", f"{folder}/rows.json"]
            for _ in range(options.rounds):
                for name, side, processes in sides:
                    python = options.peer_python if side == "torch" else sys.executable
                    rates[name].append(run_side(__file__, side, arguments, python, folder, processes))
        title = (
            f"{shape}, {len(rows)} pairs of {Path(options.train_set).name}, batch {BATCH}, {cores} {machine.cpu_vendor()} core(s)"
        )
        results[shape] = print_table(title, "pairs/s", rates, "course")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
