"""The options of the main commands: one documented, validated dataclass for each. `--help` is made from these texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Tuple

from app.default_matcher import AUTO, SHIPPED, chosen
from app.flags import check, check_device, check_file
from app.read_options import ReadOptions, TrainingReadOptions
from app.shell import in_repository

# Layers and hidden size of models from scratch: BERT's published miniatures (Turc et al. 2019, google-research/bert), base and
# large, and a smaller one for the sample.
SIZES = {"nano": (2, 64), "tiny": (2, 128), "mini": (4, 256), "small": (4, 512), "medium": (8, 512), "base": (12, 768),
         "large": (24, 1024)}  # fmt: skip
Sizes = Literal["nano", "tiny", "mini", "small", "medium", "base", "large"]
Truncation = Literal["longest_first", "only_first", "only_second"]
OLD_NAMES = {  # options and values of earlier versions, in options.json and matcher.json
    "masked_share": "masked_lm_prob",
    "short_sequences": "short_seq_prob",
    "select_by": "metric_for_best_model",
    "keep_checkpoints": "save_total_limit",
    "only_a": "only_first",
    "only_b": "only_second",
}


def renamed(name: Any) -> Any:
    """The name that an option or a value of an earlier version has now; everything else is returned unchanged."""
    return OLD_NAMES.get(name, name) if isinstance(name, str) else name


@dataclass
class TrainOptions:
    """The options of the trainer, for all tasks."""

    output_dir: str = in_repository("output/match")
    """Run folder: best/ and last/ checkpoints, state/ for --resume, metrics.json, journal.jsonl, vdl/."""
    resume: bool = False
    """Continue the unfinished run in --output_dir exactly from its last save; start a new run if there is none."""
    overwrite: bool = False
    """Start again if --output_dir holds a run already."""
    batch_size: int = 32
    """Rows per process and micro-batch. The global batch size of an optimizer step is batch_size x processes x
    gradient_accumulation_steps."""
    gradient_accumulation_steps: int = 1
    """Micro-batches whose gradients are added before the weights are updated."""
    learning_rate: float = 0.0
    """Peak learning rate. 0: chosen by hidden size. From pretrained weights 5e-5 for 768, more for smaller models (256: 2.6e-4,
    312: 1.9e-4); from scratch 0.064 / hidden size (nano 1e-3, base 8e-5)."""
    weight_decay: float = 0.01
    """Weight decay of all parameters except biases and layer norms."""
    epochs: int = 0
    """Passes over the training set. 0: 3 from pretrained weights, 15 from scratch."""
    max_steps: int = 0
    """Number of optimizer steps, instead of --epochs. 0: --epochs decides."""
    warmup_proportion: float = 0.1
    """Share of the steps with linear warm-up to the peak learning rate. After them it falls linearly to 0."""
    optimizer: Literal["adamw", "lamb"] = "adamw"
    """AdamW, or LAMB for very large batches (You et al. 2020)."""
    max_grad_norm: float = 1.0
    """Gradients with a larger global norm are scaled down to it. 0: never."""
    eval_steps: int = 0
    """Evaluate every N steps, and at the end of each epoch. 0: at the end of each epoch only."""
    save_steps: int = 500
    """Save what --resume needs every N steps, and at the end of each epoch."""
    logging_steps: int = 50
    """Log loss and speed every N steps (screen, journal.jsonl, VisualDL)."""
    save_total_limit: int = 0
    """Keep the newest checkpoints of this many saves in checkpoints/step_N/, beside best/ and last/. 0: keep none there."""
    budget: str = ""
    """Maximal wall-clock time of the training: 90s, 45m or 8h. The learning rate falls to 0 by its end. Empty: no limit."""
    early_stopping: int = 0
    """Stop after this many evaluations in a row without a better result. 0: never."""
    seed: int = 42
    """Seed of weights, data order and dropout. The same seed gives the same run."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""
    num_processes: int = 0
    """Processes that train together. 0: one for each GPU that --device allows; one on CPU."""
    recompute: bool = False
    """Compute the activations of the encoder's layers again for the gradients instead of keeping them: less memory, a third more
    time."""
    amp: Literal["none", "O1"] = "none"
    """Mixed precision, on GPU. O1: matrix products in half precision."""
    amp_dtype: Literal["bfloat16", "float16"] = "bfloat16"
    """Half precision format: bfloat16 (Ampere and newer) or float16 (with loss scaling)."""

    def __post_init__(self) -> None:
        for flag in ("batch_size", "gradient_accumulation_steps", "save_steps", "logging_steps"):
            check(flag, getattr(self, flag), getattr(self, flag) >= 1, "1 or more")
        for flag in ("epochs", "max_steps", "eval_steps", "early_stopping", "save_total_limit", "num_processes", "seed"):
            check(flag, getattr(self, flag), getattr(self, flag) >= 0, "0 or more")
        for flag in ("learning_rate", "weight_decay", "max_grad_norm"):
            check(flag, getattr(self, flag), 0 <= getattr(self, flag) < float("inf"), "0 or more")
        check("warmup_proportion", self.warmup_proportion, 0 <= self.warmup_proportion < 1, "from 0 to below 1")
        check_device(self.device)
        check("budget", self.budget, not self.budget or self.seconds > 0, "a time such as 90s, 45m or 8h")
        check("amp", self.amp, self.amp == "none" or self.device != "cpu", "none with --device cpu (mixed precision is for GPU)")

    @property
    def seconds(self) -> float:
        """The budget in seconds; 0 if there is none."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", self.budget)
        return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]] if match else 0.0


@dataclass
class PretrainOptions(TrainOptions):
    """Pretrain a BERT or ERNIE on documents, with masked LM and a sentence task. AutoModel and run_match.sh load the result."""

    output_dir: str = in_repository("output/pretrain")
    """Run folder: best/ and last/ checkpoints, shards/, state/ for --resume, metrics.json, journal.jsonl, vdl/."""
    learning_rate: float = 0.0
    """Peak learning rate. 0: 0.128 / hidden size (tiny 1e-3, base 1.7e-4); half of it with --init_from_ckpt."""
    epochs: int = 5
    """Passes over the corpus. Not used with --max_steps; --budget can end the training earlier."""
    corpus: str = in_repository("data/sample_corpus/corpus.txt.gz")
    """Documents: FILE or FILE:WEIGHT, several with commas between. .txt (one sentence per line, blank lines between documents) or
    .jsonl ("text"), each also .gz. The weight is the number of passes over the file in one epoch."""
    shards_dir: str = ""
    """Folder of the tokenized corpus, which several runs can share. Empty: OUTPUT_DIR/shards."""
    vocab_file: str = ""
    """vocab.txt to use (BERT's with one column or ERNIE's with two). Empty: a vocabulary is learned from the corpus."""
    vocab_size: int = 8000
    """Tokens of a vocabulary that is learned from the corpus."""
    max_unknown: float = 0.02
    """Share of unknown tokens above which the vocabulary is refused."""
    tokenize_processes: int = 0
    """Processes that tokenize the corpus. 0: one per processor."""
    dev_share: float = 0.02
    """Share of the documents held out for evaluation."""
    dev_sequences: int = 1000
    """Maximal number of held-out sequences in an evaluation."""
    architecture: Literal["bert", "ernie"] = "bert"
    """Architecture of a model from scratch, and the names of its tensors."""
    model_size: Sizes = "tiny"
    """Layers and hidden size: nano 2x64, tiny 2x128, mini 4x256, small 4x512, medium 8x512, base 12x768, large 24x1024."""
    init_from_ckpt: str = ""
    """Start from these weights and their vocabulary (a folder of this program, PaddleNLP or Hugging Face; a PaddleNLP name)."""
    max_seq_length: int = 128
    """Maximal number of tokens in a sequence, with [CLS] and [SEP]."""
    short_seq_prob: float = 0.1
    """Probability of a sequence with a random shorter length."""
    sentence_task: Literal["nsp", "sop", "structbert", "none"] = "nsp"
    """Classification of segment pairs: next or other (nsp), in order or swapped (sop), next, previous or other (structbert)."""
    masking: Literal["token", "whole_word", "ngram", "span"] = "token"
    """Masks single tokens, whole words (jieba's in Chinese), ERNIE's n-grams of words, or SpanBERT's spans of words."""
    masked_lm_prob: float = 0.15
    """Share of the tokens to predict. Of these, 80 % become [MASK], 10 % a random token, 10 % stay."""
    dropout: float = 0.0
    """Dropout during pretraining (fine-tuning reads 0.1 from the checkpoint's config.json)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check("max_seq_length", self.max_seq_length, 8 <= self.max_seq_length <= 512, "from 8 to 512")
        check("vocab_size", self.vocab_size, self.vocab_size >= 100, "100 or more")
        for flag in ("max_unknown", "dev_share", "masked_lm_prob"):
            check(flag, getattr(self, flag), 0 < getattr(self, flag) < 1, "above 0 and below 1")
        for flag in ("short_seq_prob", "dropout"):
            check(flag, getattr(self, flag), 0 <= getattr(self, flag) < 1, "from 0 to below 1")
        check("dev_sequences", self.dev_sequences, self.dev_sequences >= 1, "1 or more")
        check("tokenize_processes", self.tokenize_processes, self.tokenize_processes >= 0, "0 or more")
        check_file("vocab_file", self.vocab_file)
        both = bool(self.vocab_file and self.init_from_ckpt)
        check("vocab_file", self.vocab_file, not both, "empty with --init_from_ckpt (its vocabulary is used)")


def check_threshold(threshold: str) -> None:
    """Raises UserError if it is neither a number from 0 to 1 nor a metric to which a threshold can be fitted."""
    is_valid = threshold in ("accuracy", "f1") or bool(re.fullmatch(r"0?\.\d+|0|1|1\.0*", threshold))
    check("threshold", threshold, is_valid, "a number from 0 to 1, accuracy or f1")


@dataclass
class MatchOptions(TrainingReadOptions, TrainOptions):
    """Fine-tune a pretrained BERT or ERNIE (or one from scratch) to say whether two texts match; evaluate and save it."""

    model_name_or_path: str = in_repository(SHIPPED)
    """Encoder to start from: a folder (of PaddleNLP, Hugging Face or this program), a PaddleNLP name such as
    ernie-3.0-medium-zh, or scratch:SIZE with SIZE nano, tiny, mini, small, medium, base or large."""
    init_from_ckpt: str = ""
    """Start from the weights of this fine-tuned checkpoint folder, including its classifier."""
    train_set: str = in_repository("data/sample/train.tsv")
    """Labelled pairs for training: TSV, CSV, JSON lines, a JSON array, .xlsx, Parquet or Arrow; text files also in gzip."""
    dev_set: str = in_repository("data/sample/dev.tsv")
    """Labelled pairs that select the best checkpoint."""
    test_set: str = ""
    """Labelled pairs for the final evaluation; they select nothing. Empty: data/sample/test.tsv with the sample, else none."""
    bad_rows: Literal["stop", "skip"] = "stop"
    """stop: a row that cannot be used ends the run with its line number. skip: it is left out and counted."""
    positive_label: str = ""
    """The label that means "match". Empty: 1 of 0 and 1, yes of no and yes, and so on; with --init_from_ckpt, its own."""
    drop_leaked: bool = False
    """Remove pairs from the training set that are also in the dev or test set."""
    max_seq_length: int = 128
    """Maximal number of tokens in a pair, with [CLS] and two [SEP]."""
    truncation: Truncation = "longest_first"
    """Which text of a pair that is too long loses tokens."""
    dropout: float = -1.0
    """Dropout of the encoder and before the classifier. -1: the encoder's own (0.1 in BERT and ERNIE; from scratch 0)."""
    vocab_size: int = 8000
    """Tokens of the vocabulary that is learned from the training texts, for scratch:SIZE."""
    metric_for_best_model: Literal["accuracy", "f1", "auc", "loss"] = "accuracy"
    """The dev metric that selects the best checkpoint (f1, auc: of the positive label; with more labels, macro averages)."""
    threshold: str = ""
    """Probability from which a pair is predicted to match: a number, or accuracy or f1 to fit it to that metric on the dev set.
    Empty: 0.5; with --init_from_ckpt, the checkpoint's."""

    def __post_init__(self) -> None:
        TrainOptions.__post_init__(self)
        TrainingReadOptions.__post_init__(self)
        for flag in ("train_set", "dev_set", "test_set"):
            check_file(flag, getattr(self, flag))
        check("train_set", "", bool(self.train_set), "a file")
        check("dev_set", "", bool(self.dev_set), "a file (it selects the best checkpoint)")
        check("max_seq_length", self.max_seq_length, self.max_seq_length >= 5, "5 or more ([CLS] a [SEP] b [SEP])")
        check("dropout", self.dropout, self.dropout == -1 or 0 <= self.dropout < 1, "-1, or from 0 to below 1")
        check("vocab_size", self.vocab_size, self.vocab_size >= 100, "100 or more")
        if self.threshold:
            check_threshold(self.threshold)
        name, scratch = self.model_name_or_path, re.fullmatch(r"scratch:(.*)", self.model_name_or_path)
        check("model_name_or_path", name, not scratch or scratch[1] in SIZES, f"scratch: and one of {', '.join(SIZES)}")
        checkpoint = self.init_from_ckpt
        check("init_from_ckpt", checkpoint, not checkpoint or Path(checkpoint).is_dir(), "an existing folder")


@dataclass
class ScoringOptions:
    """What is scored, and with which checkpoint."""

    model_name_or_path: str = AUTO
    """Fine-tuned checkpoint folder. It holds everything that prediction needs: labels, lengths, threshold.
    auto: output/match/best, or data/models/match-mini-zh if there is none."""
    input_file: Tuple[str, ...] = ()
    """Pairs to score: TSV, CSV, JSON lines, a JSON array, .xlsx, Parquet or Arrow, text files also in gzip; several, or patterns
    such as "parts/*.tsv"; - is standard input. A label column is kept and not used."""
    result_file: str = ""
    """File for the rows with probability, prediction and error; a folder for several inputs; - is standard output. Empty: beside
    the input, NAME.scored.tsv for NAME.tsv."""
    text_a: str = ""
    """First text of one pair to score on the terminal (instead of --input_file)."""
    text_b: str = ""
    """Second text of that pair."""


@dataclass
class PredictOptions(ReadOptions, ScoringOptions):
    """Score pairs with a fine-tuned checkpoint folder: the rows of files, or one pair on the terminal."""

    overwrite: bool = False
    """Start again if an earlier scoring of the same file was stopped, instead of continuing it."""
    symmetric: bool = False
    """Score both orders of the texts and average them: the order then changes nothing. Takes twice the time."""
    sort_by_probability: bool = False
    """Group the rows with the same first text, the most probable match first."""
    top_k: int = 0
    """Keep this many of the rows with the same first text, the most probable matches (sorts as well). 0: all."""
    cache: str = ""
    """File on a local disk that keeps scores between runs, and for several runs at the same time. Empty: within one run only."""
    engine: str = "auto"
    """What computes: dygraph (the reference), fp32, bf16, fp16 (GPU) or int8 (CPU; it needs onnxruntime and paddle2onnx, which
    Python 3.13 does not have). auto: the fastest on this machine that decides as the reference does (--max_decision_change)."""
    max_decision_change: float = 0.001
    """Share of the pairs on which the engine that auto selects may decide differently from the reference."""
    ray: str = ""
    """Score files on a Ray cluster: local (this machine only), auto (the running cluster) or HOST:PORT (see docs/scale.md)."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.model_name_or_path = chosen(self.model_name_or_path)
        one_pair = bool(self.text_a or self.text_b)
        check("input_file", "", bool(self.input_file) != one_pair, "given, or --text_a and --text_b instead")
        both = bool(self.text_a.strip() and self.text_b.strip())
        check("text_b", self.text_b, not one_pair or both, "given together with --text_a, neither empty")
        check("top_k", self.top_k, self.top_k >= 0, "0 or more")
        check("max_decision_change", self.max_decision_change, 0 <= self.max_decision_change <= 1, "from 0 to 1")
        check_device(self.device)
