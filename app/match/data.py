"""Pair files -> the splits of a run: label numbers, token ids, and what the audit found."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

import numpy as np

from app.match.labels import label_names
from app.options import MatchOptions
from app.progress import say
from app.text.audit import audit_split, count_shared, drop_shared
from app.text.encode import EncodedPairs, encode_pairs
from app.text.labelled import Pairs, read_pairs
from app.text.tokenizer import PairTokenizer


@dataclass
class Split:
    """One labelled file, ready for batches."""

    pairs: Pairs
    encoded: EncodedPairs
    labels: np.ndarray  # int64 [rows], positions in the list of label names


def read_splits(options: MatchOptions, names: Optional[List[str]] = None) -> Dict[str, Pairs]:
    """Reads the files of a run: "train", "dev" and, where given, "test". `names` fixes the labels (a checkpoint's)."""
    train = read_pairs(options.train_set, bad_rows=options.bad_rows, labels=names or (), **options.reading())
    known, reading = names or label_names(train), {**options.reading(), "remembered": train.columns}
    splits = {"train": train, "dev": read_pairs(options.dev_set, bad_rows=options.bad_rows, labels=known, **reading)}
    if options.test_set:
        splits["test"] = read_pairs(options.test_set, bad_rows=options.bad_rows, labels=known, **reading)
    for pairs in splits.values():
        say(f"{pairs.path}: {pairs.described}")
        if pairs.bad:
            say(
                f"{pairs.path}: {len(pairs.bad):,} bad rows left out, the first in line {pairs.bad[0].line}: {pairs.bad[0].error}"
            )
    if options.drop_leaked:
        splits["train"] = drop_shared(train, [pairs for name, pairs in splits.items() if name != "train"])
        dropped = len(train) - len(splits["train"])
        say(f"--drop_leaked: {dropped:,} training rows dropped, their pairs stand in the dev or test set")
    return splits


def encode_split(pairs: Pairs, names: List[str], tokenizer: PairTokenizer, max_seq_length: int, truncation: str) -> Split:
    """Tokenizes a split and numbers its labels."""
    numbers = {name: number for number, name in enumerate(names)}
    encoded = encode_pairs(tokenizer, pairs.text_a, pairs.text_b, max_seq_length, truncation)
    return Split(pairs, encoded, np.array([numbers[label] for label in pairs.labels], dtype=np.int64))


def audit(splits: Dict[str, Split]) -> Dict[str, dict]:
    """Audits all splits, says what was found, and returns it by split."""
    found = {}
    for name, split in splits.items():
        result = audit_split(name, split.pairs, split.encoded)
        if name != "train":
            result.leaked = count_shared(split.pairs, splits["train"].pairs)
        if name == "dev" and "test" in splits:
            result.in_test = count_shared(split.pairs, splits["test"].pairs)
        for line in result.lines():
            say(line)
        found[name] = vars(result)
    return found


def provenance(splits: Dict[str, Split]) -> Dict[str, dict]:
    """What a model was trained and judged on: file name, rows, SHA-256 of the file."""
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
