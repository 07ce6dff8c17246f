"""What can be chosen: one documented, validated dataclass a command. `--help` is made from these texts."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import List, Literal, Type, TypeVar

from app.errors import UserError

Choice = TypeVar("Choice")

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


def parse(options: Type[Choice], command: str, arguments: List[str]) -> Choice:
    """Command line -> `options`. Raises UserError, one line that names the flag, the value and what is allowed."""
    import tyro

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(options, prog=command, args=arguments, use_underscores=True)
    except SystemExit as leaving:
        if not leaving.code:
            raise  # --help
        raise UserError(f"{_one_line(said.getvalue())} (all flags: {command} --help)") from None


def _one_line(boxed: str) -> str:
    """The parser's message without its frame: the text up to the first rule, and the flags it proposes."""
    text = [line.strip("│╭╮╰╯─ ") for line in boxed.splitlines()]
    end = next((number for number, line in enumerate(text) if number and not line), len(text))
    message = " ".join(text[1:end])
    proposed = [line.split()[0] for line in text[end:] if line.startswith("--")] if "Unrecognized" in message else []
    return message + (f"; did you mean {' or '.join(dict.fromkeys(proposed))}?" if proposed else "")


def check(flag: str, value: object, allowed: bool, expected: str) -> None:
    """Raises UserError naming the flag, its value and what is allowed."""
    if not allowed:
        shown = value if value != "" else "(empty)"
        raise UserError(f"--{flag} {shown}: must be {expected}")


def check_file(flag: str, path: str) -> None:
    """Raises UserError where `path` is given and no file."""
    check(flag, path, not path or Path(path).is_file(), "an existing file")


@dataclass
class TrainOptions:
    """What the training loop of every task takes."""

    output_dir: str = "output/match"
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
    """Peak learning rate. 0 chooses: 5e-5 from pretrained weights; from scratch 0.064 / hidden size (nano 1e-3, base 8e-5)."""
    weight_decay: float = 0.01
    """AdamW weight decay, of everything but biases and layer norms."""
    epochs: int = 0
    """Passes over the training set. 0 chooses: 3 from pretrained weights, 15 from scratch."""
    max_steps: int = 0
    """End after that many optimizer steps instead; 0: after --epochs."""
    warmup_proportion: float = 0.1
    """Share of all steps in which the learning rate rises from 0 to its peak; then it falls linearly to 0."""
    max_grad_norm: float = 1.0
    """Gradients longer than this (their global norm) are scaled down to it; 0: never."""
    eval_steps: int = 0
    """Evaluate every that many steps; 0: at the end of each epoch only (which is always done)."""
    save_steps: int = 500
    """Save what --resume needs every that many steps, and at the end of each epoch."""
    logging_steps: int = 50
    """Write loss and speed to the journal every that many steps."""
    early_stopping: int = 0
    """Stop after that many evaluations in a row without a better result; 0: never."""
    seed: int = 42
    """Decides weights, data order and dropout: the same seed gives the same run."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""
    num_processes: int = 0
    """Processes that train together. 0: one for each GPU that --device allows, one on CPU."""
    amp: Literal["none", "O1", "O2"] = "none"
    """Mixed precision, on GPU: O1 (matrix products in half precision) or O2 (all but norms and losses)."""
    amp_dtype: Literal["bfloat16", "float16"] = "bfloat16"
    """Half precision format: bfloat16 (Ampere and newer) or float16 (with loss scaling)."""

    def __post_init__(self) -> None:
        for flag in ("batch_size", "gradient_accumulation_steps", "save_steps", "logging_steps"):
            check(flag, getattr(self, flag), getattr(self, flag) >= 1, "1 or more")
        for flag in ("epochs", "max_steps", "eval_steps", "early_stopping", "num_processes", "seed"):
            check(flag, getattr(self, flag), getattr(self, flag) >= 0, "0 or more")
        for flag in ("learning_rate", "weight_decay", "max_grad_norm"):
            check(flag, getattr(self, flag), getattr(self, flag) >= 0, "0 or more")
        check("warmup_proportion", self.warmup_proportion, 0 <= self.warmup_proportion < 1, "from 0 to below 1")
        check("device", self.device, bool(re.fullmatch(r"auto|cpu|gpu|gpu:\d+", self.device)), "auto, cpu, gpu or gpu:N")
        check("amp", self.amp, self.amp == "none" or self.device != "cpu", "none with --device cpu (mixed precision is for GPU)")


@dataclass
class MatchOptions(TrainOptions):
    """Fine-tune a pretrained BERT or ERNIE (or one from scratch) to say whether two texts match; evaluate and save it."""

    model_name_or_path: str = "scratch:nano"
    """Where to start: a folder (PaddleNLP's, Hugging Face's or one of ours), a PaddleNLP name such as ernie-3.0-medium-zh,
    or scratch:SIZE with SIZE nano, tiny, mini, small, medium, base or large."""
    init_from_ckpt: str = ""
    """Start from the weights of this fine-tuned checkpoint folder, its classification head included."""
    train_set: str = "data/sample/train.tsv"
    """Labelled pairs to learn from: .tsv, .csv or .jsonl, each also .gz."""
    dev_set: str = "data/sample/dev.tsv"
    """Labelled pairs that choose the best checkpoint."""
    test_set: str = ""
    """Labelled pairs for the figure to report; chooses nothing. Empty: data/sample/test.tsv with the sample, else none."""
    columns: str = ""
    """Columns of the pair files, "text_a,text_b,label" by name (or by number, from 1). Empty: by known header or order."""
    bad_rows: Literal["stop", "skip"] = "stop"
    """A row that cannot be used ends the run with its line number, or is left out and counted."""
    positive_label: str = ""
    """The label that means "match". Empty: 1 where there is one, else the last of the two in sorted order."""
    drop_leaked: bool = False
    """Take pairs out of the training set that stand in the dev or test set too."""
    max_seq_length: int = 128
    """Tokens of a pair at most, with [CLS] and two [SEP]."""
    truncation: Literal["longest_first", "only_a", "only_b"] = "longest_first"
    """Which text of a pair that is too long loses tokens."""
    dropout: float = -1.0
    """Dropout of the encoder and before the classifier; -1: the encoder's own (0.1 in BERT and ERNIE; from scratch 0)."""
    vocab_size: int = 8000
    """Tokens of the vocabulary learned from the training texts, for scratch:SIZE."""
    select_by: Literal["accuracy", "f1", "auc", "loss"] = "accuracy"
    """The dev figure by which a checkpoint is the best (f1, auc: of the positive label; with more labels, macro averages)."""
    threshold: str = "0.5"
    """Probability from which a pair counts as a match: a number, or accuracy or f1 to fit it to that on the dev set."""
    trust_pickle: bool = False
    """Load .pdparams weights although they hold code that loading would run. Only for files whose source you trust."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("train_set", "dev_set", "test_set"):
            check_file(flag, getattr(self, flag))
        check("train_set", "", bool(self.train_set), "a file")
        check("dev_set", "", bool(self.dev_set), "a file (it chooses the best checkpoint)")
        check("max_seq_length", self.max_seq_length, self.max_seq_length >= 5, "5 or more ([CLS] a [SEP] b [SEP])")
        check("dropout", self.dropout, self.dropout == -1 or 0 <= self.dropout < 1, "-1, or from 0 to below 1")
        check("vocab_size", self.vocab_size, self.vocab_size >= 100, "100 or more")
        fits = self.threshold in ("accuracy", "f1") or bool(re.fullmatch(r"0?\.\d+|0|1|1\.0*", self.threshold))
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
class PredictOptions:
    """Score pairs with a fine-tuned checkpoint folder: a file row by row, or one pair on the terminal."""

    model_name_or_path: str = "output/match/best"
    """Fine-tuned checkpoint folder. It holds everything prediction needs: labels, lengths, threshold."""
    input_file: str = ""
    """Pairs to score: .tsv, .csv or .jsonl, each also .gz. A label column may be there; it is kept and not used."""
    result_file: str = ""
    """Where to write the input's rows with probability, prediction and error. Empty: beside the input, NAME.scored.tsv."""
    text_a: str = ""
    """First text of one pair to score on the terminal (instead of --input_file)."""
    text_b: str = ""
    """Second text of that pair."""
    columns: str = ""
    """Columns of the input, "text_a,text_b" by name (or by number, from 1). Empty: by known header or order."""
    batch_size: int = 64
    """Pairs scored at once."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""

    def __post_init__(self) -> None:
        one_pair = bool(self.text_a or self.text_b)
        check("input_file", self.input_file, bool(self.input_file) != one_pair, "given, or --text_a and --text_b instead")
        check(
            "text_b",
            self.text_b,
            not one_pair or bool(self.text_a.strip() and self.text_b.strip()),
            "given together with --text_a, neither empty",
        )
        check_file("input_file", self.input_file)
        check("batch_size", self.batch_size, self.batch_size >= 1, "1 or more")
        check("device", self.device, bool(re.fullmatch(r"auto|cpu|gpu|gpu:\d+", self.device)), "auto, cpu, gpu or gpu:N")


@dataclass
class EvaluateOptions:
    """Measure a fine-tuned checkpoint folder on labelled pairs."""

    model_name_or_path: str = "output/match/best"
    """Fine-tuned checkpoint folder."""
    test_set: str = "data/sample/test.tsv"
    """Labelled pairs: .tsv, .csv or .jsonl, each also .gz."""
    columns: str = ""
    """Columns of the file, "text_a,text_b,label" by name (or by number, from 1). Empty: by known header or order."""
    bad_rows: Literal["stop", "skip"] = "stop"
    """A row that cannot be used ends the command with its line number, or is left out and counted."""
    result_file: str = ""
    """JSON file for the figures; empty: only the table."""
    batch_size: int = 64
    """Pairs scored at once."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""

    def __post_init__(self) -> None:
        check_file("test_set", self.test_set)
        check("batch_size", self.batch_size, self.batch_size >= 1, "1 or more")
        check("device", self.device, bool(re.fullmatch(r"auto|cpu|gpu|gpu:\d+", self.device)), "auto, cpu, gpu or gpu:N")
