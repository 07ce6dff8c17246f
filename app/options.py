"""What can be chosen: one documented, validated dataclass a command. `--help` is made from these texts."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Literal, Tuple

from app.flags import check, check_device, check_file
from app.shell import in_repository

# Models from scratch: layers, hidden size. BERT's published miniatures (Turc et al. 2019, google-research/bert), base and
# large, and one smaller still, for the sample.
SIZES = {
    "nano": (2, 64),
    "tiny": (2, 128),
    "mini": (4, 256),
    "small": (4, 512),
    "medium": (8, 512),
    "base": (12, 768),
    "large": (24, 1024),
}


Engines = Literal["auto", "dygraph", "fp32", "bf16", "fp16", "int8"]
Truncation = Literal["longest_first", "only_a", "only_b"]


@dataclass
class ReadOptions:
    """How pair files are read. What is left empty, a file's content decides."""

    columns: str = ""
    """Columns of the pair files, "text_a,text_b,label" by name or by number, from 1 (prediction needs no label). Empty: by known
    header or order."""
    header: Literal["", "yes", "no"] = ""
    """Whether the first row names the columns. Empty: by what it says."""
    input_format: Literal["", "tsv", "csv", "jsonl", "json", "xlsx", "parquet", "arrow"] = ""
    """tsv, csv (with commas or semicolons), jsonl, json (one array), xlsx, parquet or arrow. Empty: by the content."""
    encoding: str = ""
    """Encoding of the files, as Python names it (big5, shift_jis, latin-1). Empty: UTF-8 or GB18030, by the content."""

    def __post_init__(self) -> None:
        fits = not self.encoding
        with contextlib.suppress(LookupError, UnicodeDecodeError):
            fits = fits or b"a\t,;\n{".decode(self.encoding) == "a\t,;\n{"  # bytes are cut into lines before they are decoded
        check("encoding", self.encoding, fits, "the name of an encoding in which ASCII is ASCII")

    def reading(self) -> Dict[str, str]:
        """The arguments of `PairFile` that say how to read."""
        return {"columns": self.columns, "header": self.header, "kind": self.input_format, "encoding": self.encoding}


@dataclass
class TrainOptions:
    """What the training loop of every task takes."""

    output_dir: str = in_repository("output/match")
    """Run folder: best/ and last/ checkpoints, state/ for --resume, metrics.json, journal.jsonl, vdl/."""
    resume: bool = False
    """Go on with the unfinished run in --output_dir exactly where its last save left it; start where there is none."""
    overwrite: bool = False
    """Start anew where --output_dir holds a run already."""
    batch_size: int = 32
    """Rows a process takes a step (a step sees batch_size x processes x gradient_accumulation_steps rows)."""
    gradient_accumulation_steps: int = 1
    """Parts that a step's gradients are summed over before the weights change once."""
    learning_rate: float = 0.0
    """Peak learning rate. 0 chooses by hidden size: from pretrained weights 5e-5 for 768, more for less (256: 2.6e-4, 312:
    1.9e-4); from scratch 0.064 / hidden size (nano 1e-3, base 8e-5)."""
    weight_decay: float = 0.01
    """AdamW weight decay, of everything but biases and layer norms."""
    epochs: int = 0
    """Passes over the training set. 0 chooses: 3 from pretrained weights, 15 from scratch."""
    max_steps: int = 0
    """End after that many optimizer steps instead; 0: after --epochs."""
    warmup_proportion: float = 0.1
    """Share of all steps in which the learning rate rises from 0 to its peak; then it falls linearly to 0."""
    optimizer: Literal["adamw", "lamb"] = "adamw"
    """AdamW, or LAMB for very large batches (You et al. 2020)."""
    max_grad_norm: float = 1.0
    """Gradients longer than this (their global norm) are scaled down to it; 0: never."""
    eval_steps: int = 0
    """Evaluate every that many steps; 0: at the end of each epoch only (which is always done)."""
    save_steps: int = 500
    """Save what --resume needs every that many steps, and at the end of each epoch."""
    logging_steps: int = 50
    """Write loss and speed to the journal every that many steps."""
    keep_checkpoints: int = 0
    """Keep the newest that many of the checkpoints of all saves as checkpoints/step_N/, beside best/ and last/."""
    budget: str = ""
    """Wall-clock time to train for at most, as 90s, 45m or 8h; the learning rate then falls to 0 by its end. Empty: no limit."""
    early_stopping: int = 0
    """Stop after that many evaluations in a row without a better result; 0: never."""
    seed: int = 42
    """Decides weights, data order and dropout: the same seed gives the same run."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""
    num_processes: int = 0
    """Processes that train together. 0: one for each GPU that --device allows, one on CPU."""
    recompute: bool = False
    """Keep no activations of the encoder's layers, compute them again for the gradients: less memory, a third more time."""
    amp: Literal["none", "O1"] = "none"
    """Mixed precision, on GPU: O1, matrix products in half precision."""
    amp_dtype: Literal["bfloat16", "float16"] = "bfloat16"
    """Half precision format: bfloat16 (Ampere and newer) or float16 (with loss scaling)."""

    def __post_init__(self) -> None:
        for flag in ("batch_size", "gradient_accumulation_steps", "save_steps", "logging_steps"):
            check(flag, getattr(self, flag), getattr(self, flag) >= 1, "1 or more")
        for flag in ("epochs", "max_steps", "eval_steps", "early_stopping", "keep_checkpoints", "num_processes", "seed"):
            check(flag, getattr(self, flag), getattr(self, flag) >= 0, "0 or more")
        for flag in ("learning_rate", "weight_decay", "max_grad_norm"):
            check(flag, getattr(self, flag), 0 <= getattr(self, flag) < float("inf"), "0 or more")
        check("warmup_proportion", self.warmup_proportion, 0 <= self.warmup_proportion < 1, "from 0 to below 1")
        check_device(self.device)
        check("budget", self.budget, not self.budget or self.seconds > 0, "a time such as 90s, 45m or 8h")
        check("amp", self.amp, self.amp == "none" or self.device != "cpu", "none with --device cpu (mixed precision is for GPU)")

    @property
    def seconds(self) -> float:
        """The budget in seconds; 0 where there is none."""
        parts = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", self.budget)
        return float(parts[1]) * {"s": 1, "m": 60, "h": 3600}[parts[2]] if parts else 0.0


@dataclass
class PretrainOptions(TrainOptions):
    """Pretrain a BERT or ERNIE on documents: masked LM and a sentence task; AutoModel and run_match.sh load the result."""

    output_dir: str = in_repository("output/pretrain")
    """Run folder: best/ and last/ checkpoints, shards/, state/ for --resume, metrics.json, journal.jsonl, vdl/."""
    learning_rate: float = 0.0
    """Peak learning rate. 0 chooses: 0.128 / hidden size (tiny 1e-3, base 1.7e-4), half of it with --init_from_ckpt."""
    epochs: int = 5
    """Passes over the corpus (--max_steps or --budget end earlier)."""
    corpus: str = in_repository("data/sample_corpus/corpus.txt.gz")
    """Documents: FILE or FILE:WEIGHT, several with commas. .txt (a sentence a line, a blank line between documents) or .jsonl
    ("text"), each also .gz. The weight says how often an epoch goes through the file."""
    shards_dir: str = ""
    """Where the tokenized corpus is kept, for other runs as well. Empty: OUTPUT_DIR/shards."""
    vocab_file: str = ""
    """vocab.txt to use (BERT's one column or ERNIE's two). Empty: learned from the corpus."""
    vocab_size: int = 8000
    """Tokens of a vocabulary learned from the corpus."""
    max_unknown: float = 0.02
    """Share of unknown tokens above which the vocabulary is refused."""
    tokenize_processes: int = 0
    """Processes that tokenize the corpus; 0: one a processor."""
    dev_share: float = 0.02
    """Share of the documents held out to measure on."""
    dev_sequences: int = 1000
    """Held-out sequences measured at each evaluation, at most."""
    architecture: Literal["bert", "ernie"] = "bert"
    """Whose layers and names."""
    model_size: Literal["nano", "tiny", "mini", "small", "medium", "base", "large"] = "tiny"
    """Layers and width: nano 2x64, tiny 2x128, mini 4x256, small 4x512, medium 8x512, base 12x768, large 24x1024."""
    init_from_ckpt: str = ""
    """Go on from these weights (a folder of ours, PaddleNLP's or Hugging Face's, or a PaddleNLP name), with their vocabulary."""
    max_seq_length: int = 128
    """Tokens of a sequence at most, with [CLS] and [SEP]."""
    short_sequences: float = 0.1
    """Share of sequences that aim at a random smaller length."""
    sentence_task: Literal["nsp", "sop", "structbert", "none"] = "nsp"
    """Asked of segment pairs: next or other (nsp), order (sop), next, previous or other (structbert), or nothing."""
    masking: Literal["token", "whole_word", "ngram", "span"] = "token"
    """What is masked together: nothing, words (jieba's in Chinese), ERNIE's n-grams of words, SpanBERT's spans of words."""
    masked_share: float = 0.15
    """Share of tokens to predict; of these 80 % become [MASK], 10 % a random token, 10 % stay."""
    dropout: float = 0.0
    """Dropout during pretraining (fine-tuning finds 0.1 in the checkpoint's config.json)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check("max_seq_length", self.max_seq_length, 8 <= self.max_seq_length <= 512, "from 8 to 512")
        check("vocab_size", self.vocab_size, self.vocab_size >= 100, "100 or more")
        for flag in ("max_unknown", "dev_share", "masked_share"):
            check(flag, getattr(self, flag), 0 < getattr(self, flag) < 1, "above 0 and below 1")
        for flag in ("short_sequences", "dropout"):
            check(flag, getattr(self, flag), 0 <= getattr(self, flag) < 1, "from 0 to below 1")
        check("dev_sequences", self.dev_sequences, self.dev_sequences >= 1, "1 or more")
        check("tokenize_processes", self.tokenize_processes, self.tokenize_processes >= 0, "0 or more")
        check_file("vocab_file", self.vocab_file)
        both = bool(self.vocab_file and self.init_from_ckpt)
        check("vocab_file", self.vocab_file, not both, "empty with --init_from_ckpt (its vocabulary is used)")


@dataclass
class MatchOptions(ReadOptions, TrainOptions):
    """Fine-tune a pretrained BERT or ERNIE (or one from scratch) to say whether two texts match; evaluate and save it."""

    model_name_or_path: str = in_repository("data/models/bert-mini-zh")
    """Where to start: a folder (PaddleNLP's, Hugging Face's or one of ours), a PaddleNLP name such as ernie-3.0-medium-zh,
    or scratch:SIZE with SIZE nano, tiny, mini, small, medium, base or large."""
    init_from_ckpt: str = ""
    """Start from the weights of this fine-tuned checkpoint folder, its classification head included."""
    train_set: str = in_repository("data/sample/train.tsv")
    """Labelled pairs to learn from: TSV, CSV, JSON lines, a JSON array, .xlsx, Parquet or Arrow; text also packed with gzip."""
    dev_set: str = in_repository("data/sample/dev.tsv")
    """Labelled pairs that choose the best checkpoint."""
    test_set: str = ""
    """Labelled pairs for the figure to report; chooses nothing. Empty: data/sample/test.tsv with the sample, else none."""
    bad_rows: Literal["stop", "skip"] = "stop"
    """A row that cannot be used ends the run with its line number, or is left out and counted."""
    positive_label: str = ""
    """The label that means "match". Empty: 1 of 0 and 1, yes of no and yes, and the like; with --init_from_ckpt, its own."""
    drop_leaked: bool = False
    """Take pairs out of the training set that stand in the dev or test set too."""
    max_seq_length: int = 128
    """Tokens of a pair at most, with [CLS] and two [SEP]."""
    truncation: Truncation = "longest_first"
    """Which text of a pair that is too long loses tokens."""
    dropout: float = -1.0
    """Dropout of the encoder and before the classifier; -1: the encoder's own (0.1 in BERT and ERNIE; from scratch 0)."""
    vocab_size: int = 8000
    """Tokens of the vocabulary learned from the training texts, for scratch:SIZE."""
    select_by: Literal["accuracy", "f1", "auc", "loss"] = "accuracy"
    """The dev figure by which a checkpoint is the best (f1, auc: of the positive label; with more labels, macro averages)."""
    threshold: str = ""
    """Probability from which a pair counts as a match: a number, or accuracy or f1 to fit it to that on the dev set. Empty: 0.5,
    with --init_from_ckpt its own."""

    def __post_init__(self) -> None:
        TrainOptions.__post_init__(self)
        ReadOptions.__post_init__(self)
        for flag in ("train_set", "dev_set", "test_set"):
            check_file(flag, getattr(self, flag))
        check("train_set", "", bool(self.train_set), "a file")
        check("dev_set", "", bool(self.dev_set), "a file (it chooses the best checkpoint)")
        check("max_seq_length", self.max_seq_length, self.max_seq_length >= 5, "5 or more ([CLS] a [SEP] b [SEP])")
        check("dropout", self.dropout, self.dropout == -1 or 0 <= self.dropout < 1, "-1, or from 0 to below 1")
        check("vocab_size", self.vocab_size, self.vocab_size >= 100, "100 or more")
        fits = self.threshold in ("", "accuracy", "f1") or bool(re.fullmatch(r"0?\.\d+|0|1|1\.0*", self.threshold))
        check("threshold", self.threshold, fits, "a number from 0 to 1, accuracy or f1")
        scratch = re.fullmatch(r"scratch:(.*)", self.model_name_or_path)
        check(
            "model_name_or_path",
            self.model_name_or_path,
            not scratch or scratch[1] in SIZES,
            f"scratch: and one of {', '.join(SIZES)}",
        )
        check(
            "init_from_ckpt",
            self.init_from_ckpt,
            not self.init_from_ckpt or Path(self.init_from_ckpt).is_dir(),
            "an existing folder",
        )


@dataclass
class ScoringOptions:
    """What is scored, and with what."""

    model_name_or_path: str = in_repository("output/match/best")
    """Fine-tuned checkpoint folder. It holds everything prediction needs: labels, lengths, threshold."""
    input_file: Tuple[str, ...] = ()
    """Pairs to score: TSV, CSV, JSON lines, a JSON array, .xlsx, Parquet or Arrow, text also packed with gzip; several, or
    patterns such as "parts/*.tsv"; - is standard input. A label column may be there; it is kept and not used."""
    result_file: str = ""
    """Where to write the rows with probability, prediction and error; a folder for several inputs; - is standard output.
    Empty: beside the input, NAME.scored.tsv."""
    text_a: str = ""
    """First text of one pair to score on the terminal (instead of --input_file)."""
    text_b: str = ""
    """Second text of that pair."""


@dataclass
class PredictOptions(ReadOptions, ScoringOptions):
    """Score pairs with a fine-tuned checkpoint folder: files row by row, or one pair on the terminal."""

    overwrite: bool = False
    """Start anew where an earlier scoring of the same file was stopped, instead of going on with it."""
    symmetric: bool = False
    """Score both orders of the texts and average: which text stands first then changes nothing. Takes twice as long."""
    sort_by_probability: bool = False
    """Put the rows with the same first text together, the likeliest match first."""
    top_k: int = 0
    """Keep that many of the rows with the same first text, the likeliest matches (sorts as well); 0: all."""
    cache: str = ""
    """File on a local disk that keeps scores between runs, and for several runs at once. Empty: known within a run only."""
    engine: Engines = "auto"
    """What computes. auto: the fastest on this machine that decides as the reference (dygraph) does. int8 is for CPU (it needs
    onnxruntime and paddle2onnx, which Python 3.13 does not have), fp16 is for GPU."""
    max_decision_change: float = 0.001
    """Share of pairs on which the engine that auto takes may decide otherwise than the reference."""
    ray: str = ""
    """Score files on a Ray cluster: local (of this machine alone), auto (the one it belongs to) or HOST:PORT (docs/scale.md)."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_pair = bool(self.text_a or self.text_b)
        check("input_file", "", bool(self.input_file) != one_pair, "given, or --text_a and --text_b instead")
        check(
            "text_b",
            self.text_b,
            not one_pair or bool(self.text_a.strip() and self.text_b.strip()),
            "given together with --text_a, neither empty",
        )
        check("top_k", self.top_k, self.top_k >= 0, "0 or more")
        check("max_decision_change", self.max_decision_change, 0 <= self.max_decision_change <= 1, "from 0 to 1")
        check_device(self.device)
