"""Pair files -> the splits of a run: label ids, token ids, and the results of the data audit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

import numpy as np

from app.match.labels import label_names
from app.options import MatchOptions
from app.progress import say
from app.text.data_audit import audit_split, count_shared, drop_shared
from app.text.dataset import LabelledPairs, read_labelled_pairs
from app.text.features import EncodedPairs, encode_pairs
from app.text.tokenizer import WordPieceTokenizer


@dataclass
class EncodedSplit:
    """One labelled file, ready for batches."""

    pairs: LabelledPairs
    encoded: EncodedPairs
    labels: np.ndarray  # int64 [rows], positions in the list of label names


def read_splits(options: MatchOptions, names: Optional[List[str]] = None) -> Dict[str, LabelledPairs]:
    """Reads the files of a run: "train", "dev" and, if given, "test". `names`: the only labels allowed (a checkpoint's)."""
    bad_rows, reading = options.bad_rows, options.reading()
    train = read_labelled_pairs(options.train_set, bad_rows=bad_rows, labels=names or (), **reading)
    reading.update(bad_rows=bad_rows, labels=names or label_names(train), remembered=train.columns)
    splits = {"train": train, "dev": read_labelled_pairs(options.dev_set, **reading)}
    if options.test_set:
        splits["test"] = read_labelled_pairs(options.test_set, **reading)
    for pairs in splits.values():
        say(f"{pairs.path}: {pairs.described}")
        if pairs.bad:
            first = pairs.bad[0]
            say(f"{pairs.path}: {len(pairs.bad):,} bad rows left out, the first in line {first.line}: {first.error}")
    if options.drop_leaked:
        splits["train"] = drop_shared(train, [pairs for name, pairs in splits.items() if name != "train"])
        dropped = len(train) - len(splits["train"])
        say(f"--drop_leaked: {dropped:,} training rows removed, their pairs are also in the dev or test set")
    return splits


def encode_split(
    pairs: LabelledPairs, names: List[str], tokenizer: WordPieceTokenizer, max_seq_length: int, truncation: str
) -> EncodedSplit:
    """Tokenizes a split, and turns its labels into ids."""
    label_ids = {name: number for number, name in enumerate(names)}
    encoded = encode_pairs(tokenizer, pairs.text_a, pairs.text_b, max_seq_length, truncation)
    return EncodedSplit(pairs, encoded, np.array([label_ids[label] for label in pairs.labels], dtype=np.int64))


def audit(splits: Dict[str, EncodedSplit]) -> Dict[str, dict]:
    """Audits all splits, prints the findings, and returns them by split."""
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
