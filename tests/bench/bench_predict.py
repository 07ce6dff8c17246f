"""Prediction speed from file to file: this project, the loop of the course, sentence-transformers, ONNX Runtime and OpenVINO.

    .venv/bin/python tests/bench/bench_predict.py --input_file data/lcqmc/dev.tsv --peer_python PATH/TO/python_with_peers
    .venv/bin/python tests/bench/bench_predict.py --input_file data/lcqmc/dev.tsv --shape 12x768 --rows 3000

All sides score the same rows of the same file with a model of the same shape, and write a file with a probability for each row.
The weights are random. They only influence how many probabilities are close to the threshold, which bf16 and int8 compute again in
float32 (see `spread_logits`). Each side runs in its own process, one after the other, `--rounds` times; the time to load the model
is not counted. The peers sort by length and pad to the longest of a batch if they can.

    course        the loop of the course: PaddleNLP's tokenizer for each text, rows in the order of the file, dygraph
    dygraph ...   predict.py with this --engine; auto: with the engine that it selects
    arrays        the engine that auto selects, on arrays that were prepared before: the upper limit of file scoring
    st_fp32, st_bf16                     CrossEncoder.predict of sentence-transformers
    onnxruntime_fp32, onnxruntime_int8   ONNX Runtime (int8: dynamic quantization)
    openvino_fp32, openvino_bf16

On a processor without bf16 instructions, leave st_bf16 and openvino_bf16 out (--sides): they emulate bf16, which takes minutes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sides import ROOT, final_rate, print_table, run_side

sys.path.insert(0, str(ROOT))
SHAPES = {"12x768": (12, 768, 12, 3072), "4x312": (4, 312, 12, 1200)}
OURS = ("auto", "dygraph", "fp32", "bf16", "int8")
BATCH = 32
SPREAD_ROWS = 200
COURSE_ROWS = 500  # its rate does not change with more rows: it does not sort and prepares nothing


def read_rows(path: str, rows: int) -> list:
    """The first (text_a, text_b) of a TSV with a header."""
    with open(path, encoding="utf-8") as file:
        next(file)
        return [tuple(line.split("\t")[:2]) for line, _ in zip(file, range(rows))]


def write_rows(folder: str, pairs: list, probabilities) -> None:
    """Writes the file of scores that every side writes."""
    with open(Path(folder) / "scored.tsv", "w", encoding="utf-8") as file:
        file.writelines(f"{a}\t{b}\t{probability:.6f}\n" for (a, b), probability in zip(pairs, probabilities))


def make_model(folder: str, shape: str) -> float:
    """Writes a fine-tuned checkpoint folder and a Hugging Face folder of the same shape, with random weights. Returns no rate."""
    from app import runtime

    runtime.load_paddle()
    from paddlenlp.transformers import BertConfig, BertModel

    from app.match.checkpoint import save_matcher
    from app.match.decision import Decision
    from app.match.matcher_config import MatcherConfig
    from app.match.model import PairClassifier
    from app.text.fast_tokenizer import FastWordPieceTokenizer
    from app.text.vocabulary import count_words, learn_vocabulary

    layers, width, heads, inner = SHAPES[shape]
    runtime.choose_device("cpu")
    runtime.set_seed(1)
    pairs = read_rows(str(Path(folder) / "in.tsv"), 10**9)
    tokens = learn_vocabulary(count_words([text for pair in pairs for text in pair]), 21128)
    tokens += [f"[unused{number}]" for number in range(21128 - len(tokens))]
    config = {
        "vocab_size": 21128, "num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads, "intermediate_size": inner,
    }  # fmt: skip
    tokenizer = FastWordPieceTokenizer({token: number for number, token in enumerate(tokens)})
    model = PairClassifier(BertModel(BertConfig(**config)), 2)
    spread_logits(model, tokenizer, pairs[:SPREAD_ROWS])
    save_matcher(Path(folder) / "best", model, tokenizer, MatcherConfig(["0", "1"], Decision(), 128, "longest_first"))
    hugging_face = Path(folder) / "hugging_face"
    hugging_face.mkdir()
    tokenizer.save(hugging_face)
    (hugging_face / "config.json").write_text(
        json.dumps({"architectures": ["BertForSequenceClassification"], "model_type": "bert", "num_labels": 2, **config})
    )
    return 0.0


def spread_logits(model, tokenizer, pairs: list) -> None:
    """Scales the random classifier so that half of the pairs match, and the probability of 5 % of them is within 0.05 of the threshold.

    With trained models, it is 1 % to 12 % of the pairs.
    """
    import paddle

    from app.text.features import encode_pairs, pad_batch

    encoded = encode_pairs(tokenizer, *map(list, zip(*pairs)), 128)
    batch = pad_batch(encoded, np.arange(len(pairs)), int(encoded.lengths.max()))
    model.eval()
    with paddle.no_grad():
        logits = model(paddle.to_tensor(batch["input_ids"]), paddle.to_tensor(batch["token_type_ids"])).numpy()
    margins = logits[:, 1] - logits[:, 0]
    middle = np.median(margins)
    scale = 0.2 / np.quantile(np.abs(margins - middle), 0.05)  # sigmoid(0.2) = 0.55
    model.classifier.weight.set_value(model.classifier.weight * scale)
    model.classifier.bias.set_value(np.array([middle * scale, 0], np.float32))


def course(folder: str, rows: int) -> float:
    """Rows per second of the loop of the course."""
    import paddle
    from paddlenlp.data import Pad, Tuple
    from paddlenlp.transformers import AutoModel, BertTokenizer

    tokenizer = BertTokenizer.from_pretrained(str(Path(folder) / "best"))
    encoder = AutoModel.from_pretrained(str(Path(folder) / "best"))
    head = paddle.nn.Linear(encoder.config.hidden_size, 2)
    encoder.eval()
    began = time.perf_counter()
    pairs = read_rows(str(Path(folder) / "in.tsv"), min(rows, COURSE_ROWS))
    collate = Tuple(Pad(pad_val=tokenizer.pad_token_id), Pad(pad_val=0))
    probabilities, batch = [], []

    def predict() -> None:
        ids, segments = collate(batch)
        with paddle.no_grad():
            _, pooled = encoder(paddle.to_tensor(ids), paddle.to_tensor(segments))[:2]
            probabilities.extend(paddle.nn.functional.softmax(head(pooled)).numpy()[:, 1].tolist())

    for text_a, text_b in pairs:
        encoded = tokenizer(text=text_a, text_pair=text_b, max_seq_len=128)
        batch.append((encoded["input_ids"], encoded["token_type_ids"]))
        if len(batch) == BATCH:
            predict()
            batch.clear()
    if batch:
        predict()
    write_rows(folder, pairs, probabilities)
    return len(pairs) / (time.perf_counter() - began)


def ours(folder: str, rows: int, engine: str) -> float:
    """Rows per second of predict.py, from its last line."""
    command = [
        sys.executable,
        "predict.py",
        "--model_name_or_path",
        f"{folder}/best",
        "--input_file",
        f"{folder}/in.tsv",
        "--engine",
        engine,
        "--max_decision_change",
        "1",  # the decisions of random weights mean nothing
    ]
    done = subprocess.run([*command, "--result_file", f"{folder}/out.tsv"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    print(done.stdout, file=sys.stderr)
    return final_rate(done.stdout)


def arrays(folder: str, rows: int) -> float:
    """Rows per second of the engine alone, on prepared batches."""
    from concurrent.futures import ThreadPoolExecutor

    from app import runtime
    from app.match.matcher_config import read_matcher_config
    from app.text.batch_sampler import prediction_batches
    from app.text.fast_tokenizer import FastWordPieceTokenizer
    from app.text.features import encode_pairs, pad_batch

    runtime.prepare()
    checkpoint = Path(folder) / "best"
    decision = read_matcher_config(checkpoint).decision
    engine = open_selected(checkpoint)[1]
    text_a, text_b = zip(*read_rows(f"{folder}/in.tsv", rows))
    encoded = encode_pairs(FastWordPieceTokenizer.load(checkpoint), list(text_a), list(text_b), 128)

    def compute(batches: list, run) -> np.ndarray:
        logits = threads.map(lambda batch: run(batch["input_ids"], batch["token_type_ids"]), batches)
        return np.concatenate(list(logits)) if batches else np.zeros((0, 2))

    def prepare(rows: np.ndarray) -> list:
        batches = prediction_batches(encoded.lengths[rows], engine.batch_tokens, 128, engine.batch_shapes)
        return [(rows[selected], pad_batch(encoded, rows[selected], length)) for selected, length in batches]

    with ThreadPoolExecutor(engine.threads) as threads:
        row_numbers, batches = zip(*prepare(np.arange(len(text_a))))
        close = []
        for _ in range(2):  # in the first pass, oneDNN prepares the operations of each shape
            began = time.perf_counter()
            logits = compute(batches, engine.run)
            compute(close, engine.run_float32)
            seconds = time.perf_counter() - began
            is_close = decision.is_close(decision.probabilities(logits), engine.rescore_margin)
            close = [batch for _, batch in prepare(np.unique(np.concatenate(row_numbers)[is_close]))]
            compute(close, engine.run_float32)
    engine.close()
    return len(text_a) / seconds


def open_selected(checkpoint: Path) -> tuple:
    """The engine that `--engine auto` selects by the earlier comparison on this machine: (name, engine)."""
    from app.engine.process_pool import EngineProcessPool
    from app.engine.select import candidates, open_first

    return open_first(candidates(checkpoint, "auto", 1.0), lambda name: EngineProcessPool(name, checkpoint, "auto"), print)


def sentence_transformers(folder: str, rows: int, dtype: str) -> float:
    """Rows per second of CrossEncoder.predict."""
    import torch
    from sentence_transformers import CrossEncoder

    hugging_face_model(folder)
    model = CrossEncoder(f"{folder}/hugging_face", max_length=128, model_kwargs={"dtype": getattr(torch, dtype)})
    began = time.perf_counter()
    pairs = read_rows(f"{folder}/in.tsv", rows)
    scores = model.predict(pairs, batch_size=BATCH, show_progress_bar=False, apply_softmax=True)
    write_rows(folder, pairs, scores[:, 1])
    return len(pairs) / (time.perf_counter() - began)


def hugging_face_model(folder: str):
    """The Hugging Face model. The first call saves its random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    checkpoint = Path(folder) / "hugging_face"
    if not (checkpoint / "model.safetensors").exists():
        torch.manual_seed(1)
        BertForSequenceClassification(BertConfig.from_pretrained(str(checkpoint))).save_pretrained(str(checkpoint))
    return BertForSequenceClassification.from_pretrained(str(checkpoint)).eval()


def sorted_loop(folder: str, rows: int, run) -> float:
    """Rows per second of `run(input_ids, attention_mask, token_type_ids) -> logits` on rows sorted by length."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(f"{folder}/hugging_face", use_fast=True)
    began = time.perf_counter()
    pairs = read_rows(f"{folder}/in.tsv", rows)
    encoded = tokenizer([a for a, _ in pairs], [b for _, b in pairs], truncation=True, max_length=128)
    order = sorted(range(len(pairs)), key=lambda row: len(encoded["input_ids"][row]))
    probabilities = np.empty(len(pairs))
    for begin in range(0, len(order), BATCH):
        batch_rows = order[begin : begin + BATCH]
        names = ("input_ids", "attention_mask", "token_type_ids")
        batch = tokenizer.pad({name: [encoded[name][row] for row in batch_rows] for name in names}, return_tensors="np")
        logits = run(*[batch[name].astype(np.int64) for name in names])
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities[batch_rows] = (exponentials / exponentials.sum(axis=1, keepdims=True))[:, 1]
    write_rows(folder, pairs, probabilities)
    return len(pairs) / (time.perf_counter() - began)


def onnx_file(folder: str) -> str:
    """The path of the Hugging Face model as ONNX. The first call exports it."""
    import torch

    path = f"{folder}/model.onnx"
    if not Path(path).exists():
        names = ["input_ids", "attention_mask", "token_type_ids"]
        example = tuple(torch.ones(2, 8, dtype=torch.int64) for _ in names)
        axes = {name: {0: "rows", 1: "length"} for name in names}
        torch.onnx.export(
            hugging_face_model(folder), example, path, input_names=names, output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False
        )  # fmt: skip
    return path


def onnx(folder: str, rows: int, precision: str) -> float:
    """Rows per second of ONNX Runtime."""
    import onnxruntime

    path = onnx_file(folder)
    if precision == "int8":
        from onnxruntime.quantization import quantize_dynamic

        quantize_dynamic(path, f"{folder}/int8.onnx")
        path = f"{folder}/int8.onnx"
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = ("input_ids", "attention_mask", "token_type_ids")
    return sorted_loop(folder, rows, lambda *arrays: session.run(["logits"], dict(zip(names, arrays)))[0])


def openvino(folder: str, rows: int, precision: str) -> float:
    """Rows per second of OpenVINO."""
    import openvino as ov

    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    model = ov.Core().compile_model(onnx_file(folder), "CPU", settings)
    names = ("input_ids", "attention_mask", "token_type_ids")
    return sorted_loop(folder, rows, lambda *arrays: model(dict(zip(names, arrays)))["logits"])


SIDES = {
    "model": lambda folder, rows: make_model(folder, Path(folder, "shape").read_text()),
    "course": course,
    **{name: (lambda folder, rows, name=name: ours(folder, rows, name)) for name in OURS},
    "arrays": arrays,
    "st_fp32": lambda folder, rows: sentence_transformers(folder, rows, "float32"),
    "st_bf16": lambda folder, rows: sentence_transformers(folder, rows, "bfloat16"),
    "onnxruntime_fp32": lambda folder, rows: onnx(folder, rows, "fp32"),
    "onnxruntime_int8": lambda folder, rows: onnx(folder, rows, "int8"),
    "openvino_fp32": lambda folder, rows: openvino(folder, rows, "f32"),
    "openvino_bf16": lambda folder, rows: openvino(folder, rows, "bf16"),
}
PEERS = [name for name in SIDES if name.startswith(("st_", "onnxruntime_", "openvino_"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input_file", default=str(ROOT / "data/sample/train.tsv"), help="TSV with a header")
    parser.add_argument("--shape", choices=list(SHAPES), default="4x312", help="layers x width")
    parser.add_argument("--rows", type=int, default=8802, help="maximum number of rows")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--sides", nargs="+", default=["course", "fp32", "auto", "arrays", *PEERS])
    parser.add_argument("--peer_python", default=sys.executable, help="a Python with tests/bench/requirements.txt")
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)  # used by the processes of the sides
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(f"rate {SIDES[options.side](options.folder, options.rows):.1f}", flush=True)
        return
    from app import machine, runtime

    with tempfile.TemporaryDirectory() as folder:
        lines = Path(options.input_file).read_text(encoding="utf-8").splitlines(keepends=True)
        Path(folder, "in.tsv").write_text("".join(lines[: options.rows + 1]), encoding="utf-8")
        Path(folder, "shape").write_text(options.shape)
        arguments = ["--folder", folder, "--rows", str(options.rows)]
        run_side(__file__, "model", arguments, sys.executable, folder)
        rates = {name: [] for name in options.sides}
        for _ in range(options.rounds):
            for name in rates:
                python = options.peer_python if name in PEERS else sys.executable
                rates[name].append(run_side(__file__, name, arguments, python, folder))
                print(f"  {name}: {rates[name][-1]:,.1f} rows/s", file=sys.stderr, flush=True)
        runtime.prepare()
        selected = ""
        if "auto" in rates:
            name, engine = open_selected(Path(folder) / "best")
            engine.close()
            selected = f"; auto selects {name}"
    processor = f"{machine.cpu_count()} cores, {machine.cpu_name()}"
    title = f"{options.shape}, {options.rows:,} rows of {options.input_file}, {processor}{selected}"
    print(json.dumps(print_table(title, "rows/s", rates, "course")))


if __name__ == "__main__":
    main()
