"""Pair files -> the splits of a run: label ids, token ids, and the results of the data audit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import numpy as np

from app.errors import UserError
from app.match.labels import label_names, sorted_labels
from app.match.matcher_config import MatcherConfig
from app.match.soft_audit import audit_soft_labels
from app.match.soft_targets import label_ids, more_probable_labels, soft_targets
from app.options import MatchOptions
from app.progress import say
from app.text.data_audit import audit_split, count_shared, drop_shared
from app.text.dataset import LabelledPairs, read_labelled_pairs
from app.text.features import EncodedPairs, encode_pairs
from app.text.soft_labels import parse_soft_columns
from app.text.tokenizer import WordPieceTokenizer


@dataclass
class EncodedSplit:
    """One labelled file, ready for batches."""

    pairs: LabelledPairs
    encoded: EncodedPairs
    labels: np.ndarray  # int64 [rows], positions in the list of label names; with `targets`: the more probable label
    targets: Optional[np.ndarray] = None  # float32 [rows, labels], with soft labels only: the distribution to learn


def read_splits(options: MatchOptions, names: Optional[List[str]] = None) -> Tuple[Dict[str, LabelledPairs], List[str]]:
    """Reads the files of a run: "train", "dev" and, if given, "test". Returns them, and the names of the labels.

    `names`: the only labels allowed (a checkpoint's). Without, they are those of --soft_label_column or of the training set; if
    the training set has soft labels and not two labels, those of the dev set. Only the training set has soft labels.
    """
    reading, soft = {"bad_rows": options.bad_rows, **options.reading()}, parse_soft_columns(options.soft_label_column)
    names = names or (sorted_labels(soft.labels) if soft else [])
    train = read_labelled_pairs(options.train_set, labels=names, soft_label_column=options.soft_label_column, **reading)
    if not names and not (soft and len(set(train.labels) - {""}) < 2):
        names = label_names(train)
    reading.update(remembered=train.columns)
    dev = read_labelled_pairs(options.dev_set, labels=names, **reading)
    if not names:
        names = label_names(dev)
        unknown = sorted(set(train.labels) - {"", *names})
        if unknown:
            raise UserError(f"{train.path}: its only label is {unknown[0]!r}; the labels in {dev.path} are {', '.join(names)}")
    splits = {"train": train, "dev": dev}
    if soft:
        soft.check_labels(names)
    if options.test_set:
        splits["test"] = read_labelled_pairs(options.test_set, labels=names, **reading)
    for pairs in splits.values():
        say(f"{pairs.path}: {pairs.described}")
        if pairs.bad:
            first = pairs.bad[0]
            say(f"{pairs.path}: {len(pairs.bad):,} bad rows left out, the first in line {first.line}: {first.error}")
    if options.drop_leaked:
        splits["train"] = drop_shared(train, [pairs for name, pairs in splits.items() if name != "train"])
        dropped = len(train) - len(splits["train"])
        say(f"--drop_leaked: {dropped:,} training rows removed, their pairs are also in the dev or test set")
    if soft:
        _check_soft_labels_are_used(splits["train"], options)
    return splits, names


def _check_soft_labels_are_used(train: LabelledPairs, options: MatchOptions) -> None:
    """Raises UserError if --soft_label_column or --soft_label_weight would change nothing."""
    given = train.soft.given
    if not given.any():
        raise UserError(f"{train.soft.columns.flag}: no usable row of {train.path} has a soft label")
    both = any(label and soft for label, soft in zip(train.labels, given.tolist()))
    if options.soft_label_weight != MatchOptions.soft_label_weight and not both:
        raise UserError(
            f"--soft_label_weight {options.soft_label_weight}: is for rows with a label and a soft label; {train.path} has none"
        )


def encode_split(
    pairs: LabelledPairs, names: List[str], tokenizer: WordPieceTokenizer, max_seq_length: int, truncation: str
) -> EncodedSplit:
    """Tokenizes a split, and turns its labels into ids."""
    encoded = encode_pairs(tokenizer, pairs.text_a, pairs.text_b, max_seq_length, truncation)
    return EncodedSplit(pairs, encoded, label_ids(pairs, names))


def encode_labelled_file(path: str, tokenizer: WordPieceTokenizer, matcher_config: MatcherConfig, **reading) -> EncodedSplit:
    """Reads and tokenizes a file for a checkpoint that exists. `reading`: arguments of `read_labelled_pairs`."""
    names = matcher_config.labels
    pairs = read_labelled_pairs(path, labels=names, remembered=matcher_config.columns, **reading)
    return encode_split(pairs, names, tokenizer, matcher_config.max_seq_length, matcher_config.truncation)


def with_soft_targets(train: EncodedSplit, names: List[str], positive: int, weight: float) -> EncodedSplit:
    """The training split with the targets of its soft labels; without soft labels, the same split. See `soft_targets`."""
    if train.pairs.soft is None:
        return train
    targets = soft_targets(train.pairs, names, positive, weight)
    return replace(train, targets=targets, labels=more_probable_labels(targets, positive))


def audit(splits: Dict[str, EncodedSplit], names: List[str], positive: int) -> Dict[str, dict]:
    """Audits all splits, prints the findings, and returns them by split. `positive`: position of the positive label.

    Raises UserError if the soft labels are clearly not those of the positive label.
    """
    findings = {}
    for name, split in splits.items():
        result = audit_split(name, split.pairs, split.encoded)
        if name != "train":
            result.leaked = count_shared(split.pairs, splits["train"].pairs)
        if name == "dev" and "test" in splits:
            result.in_test = count_shared(split.pairs, splits["test"].pairs)
        for line in result.lines():
            say(line)
        findings[name] = vars(result)
        if split.pairs.soft:
            soft = audit_soft_labels(split.pairs, names, positive)
            for line in soft.lines():
                say(line)
            soft.check(split.pairs, names[positive])
            findings[name]["soft_labels"] = vars(soft)
    return findings


def provenance(splits: Dict[str, EncodedSplit]) -> Dict[str, dict]:
    """The files that a model was trained and evaluated on: name, rows, SHA-256."""
    return {
        name: {"file": Path(split.pairs.path).name, "rows": len(split.pairs), "sha256": _file_hash(Path(split.pairs.path))}
        for name, split in splits.items()
    }


def _file_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
