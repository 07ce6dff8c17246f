"""Options -> the data, the model at its starting point, and the matcher configuration of its checkpoints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Dict, List, Tuple

from app.encoder.from_scratch import encoder_from_scratch
from app.encoder.pretrained import load_pretrained
from app.errors import UserError
from app.match.checkpoint import load_matcher
from app.match.decision import Decision, can_be_fitted
from app.match.labels import positive_index
from app.match.matcher_config import MatcherConfig, read_matcher_config
from app.match.model import PairClassifier
from app.match.splits import EncodedSplit, provenance, read_splits
from app.options import MatchOptions
from app.progress import say
from app.text.dataset import LabelledPairs
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.tokenizer import WordPieceTokenizer
from app.text.vocabulary import count_words, learn_vocabulary

Built = Tuple[Dict[str, LabelledPairs], PairClassifier, WordPieceTokenizer, MatcherConfig]


def build(options: MatchOptions) -> Built:
    """Reads the files and builds the model: from a fine-tuned folder, from pretrained weights, or from scratch."""
    decision = Decision()
    if options.init_from_ckpt:
        model, tokenizer, before = load_matcher(Path(options.init_from_ckpt), options.dropout)
        (splits, names), source = read_splits(options, before.labels), options.init_from_ckpt
        decision = before.decision
    else:
        (splits, names), source = read_splits(options), options.model_name_or_path
        if source.startswith("scratch:"):
            train = splits["train"]
            tokens = learn_vocabulary(count_words(train.text_a + train.text_b), options.vocab_size)
            tokenizer = FastWordPieceTokenizer({token: number for number, token in enumerate(tokens)})
            encoder = encoder_from_scratch(source.partition(":")[2], tokenizer.size, options.dropout)
        else:
            encoder, tokenizer = load_pretrained(source, options.dropout)
        model = PairClassifier(encoder, len(names))
    _check_positions(model, options.max_seq_length)
    _check_for_two_labels(names, options)
    if options.positive_label or not options.init_from_ckpt:
        decision = replace(decision, positive=positive_index(names, options.positive_label))
    if options.threshold not in ("", "accuracy", "f1"):
        decision = replace(decision, threshold=float(options.threshold))
    _check_dev(splits["dev"], options, decision, names)
    started_from = source if source.startswith("scratch:") else Path(source).name
    columns = splits["train"].columns
    if len(columns) == 2:  # a file of soft labels without a label column
        columns = columns + splits["dev"].columns[2:]
    matcher_config = MatcherConfig(
        names, decision, options.max_seq_length, options.truncation, started_from=started_from, columns=columns
    )
    return splits, model, tokenizer, matcher_config


def _check_for_two_labels(names: List[str], options: MatchOptions) -> None:
    for flag, value in (("positive_label", options.positive_label), ("threshold", options.threshold)):
        if len(names) != 2 and value:
            raise UserError(f"--{flag} {value}: is for two labels; here are {len(names)}, and the most probable one is predicted")


def _check_dev(dev: LabelledPairs, options: MatchOptions, decision: Decision, names: List[str]) -> None:
    """Says what a small dev set cannot decide. Raises UserError if it cannot select the best checkpoint."""
    if len(names) == 2:
        say(f"labels: {', '.join(names)}; {names[decision.positive]} means that the texts match")
    if options.metric_for_best_model == "auc" and len(set(dev.labels)) < len(names):
        raise UserError(f"--metric_for_best_model auc: {options.dev_set} does not have every label, so its AUC is undefined")
    if not can_be_fitted(dev.labels):
        say(f"{options.dev_set}: too few rows of each label to fit probabilities or a threshold: they stay unchanged")


def _check_positions(model: PairClassifier, max_seq_length: int) -> None:
    config = model.encoder.config
    first = config.pad_token_id + 1 if config.model_type == "roberta" else 0  # RoBERTa's first position
    positions = config.max_position_embeddings - first
    if max_seq_length > positions:
        raise UserError(f"--max_seq_length {max_seq_length}: this model has {positions} positions, so {positions} at most")


def check_data_unchanged(options: MatchOptions, splits: Dict[str, EncodedSplit]) -> Dict[str, dict]:
    """Names, row counts and hashes of the files. Raises UserError if a resumed run was started with other files."""
    data = provenance(splits)
    if options.soft_label_column:
        data["train"]["soft_labels"] = {"column": options.soft_label_column, "weight": options.soft_label_weight}
    last = Path(options.output_dir) / "last"
    if options.resume and (last / "matcher.json").is_file():
        for name, before in read_matcher_config(last).data.items():
            if data.get(name) != before:
                raise UserError(
                    f"--{name}_set: {before['file']} has changed since the run in {options.output_dir} started; "
                    "it cannot be resumed"
                )
    return data
