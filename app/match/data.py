"""Pair files -> the splits of a run: label numbers, token ids, and what the audit found."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

import numpy as np

from app.errors import UserError
from app.options import MatchOptions
from app.progress import say
from app.text.audit import audit_split, count_shared, drop_shared
from app.text.encode import EncodedPairs, encode_pairs
from app.text.labelled import Pairs, read_pairs
from app.text.tokenizer import PairTokenizer

MOST_LABELS = 100  # more distinct labels than this are a wrong column


@dataclass
class Split:
    """One labelled file, ready for batches."""

    pairs: Pairs
    encoded: EncodedPairs
    labels: np.ndarray  # int64 [rows], positions in the list of label names


def read_splits(options: MatchOptions, names: Optional[List[str]] = None) -> Dict[str, Pairs]:
    """Reads the files of a run: "train", "dev" and, where given, "test". `names` fixes the labels (a checkpoint's)."""
    train = read_pairs(options.train_set, options.columns, options.bad_rows, names or ())
    known = names or label_names(train)
    splits = {"train": train, "dev": read_pairs(options.dev_set, options.columns, options.bad_rows, known)}
    if options.test_set:
        splits["test"] = read_pairs(options.test_set, options.columns, options.bad_rows, known)
    for pairs in splits.values():
        if pairs.encoding != "utf-8":
            say(f"{pairs.path}: read as {pairs.encoding.upper()}")
        if pairs.bad:
            say(
                f"{pairs.path}: {len(pairs.bad):,} bad rows left out, the first in line {pairs.bad[0].line}: {pairs.bad[0].error}"
            )
    if options.drop_leaked:
        splits["train"] = drop_shared(train, [pairs for name, pairs in splits.items() if name != "train"])
        dropped = len(train) - len(splits["train"])
        say(f"--drop_leaked: {dropped:,} training rows dropped, their pairs stand in the dev or test set")
    return splits


def label_names(train: Pairs) -> List[str]:
    """The labels of the training set, sorted: as numbers where all are integers. Raises UserError for a wrong column."""
    counts = Counter(train.labels)
    names = sorted(counts, key=lambda name: (int(name), name) if _all_integers(counts) else name)
    if len(names) < 2:
        raise UserError(f"{train.path}: every label is {names[0]!r}; two at least are needed")
    first = train.labels[0]
    if train.lines[0] == 1 and counts[first] == 1 and len(names) > 2 and not first.lstrip("-").isdigit():
        raise UserError(
            f"{train.path}: line 1 looks like a header ({first!r} is no other row's label); name its columns with --columns"
        )
    if len(names) > MOST_LABELS:
        raise UserError(f"{train.path}: {len(names):,} different labels; is that the label column? (--columns a,b,label)")
    return names


def _all_integers(names) -> bool:
    return all(name.lstrip("-").isdigit() for name in names)


def positive_index(names: List[str], wanted: str) -> int:
    """The position of the label that means "match". Raises UserError where `wanted` is no label."""
    if wanted and wanted not in names:
        raise UserError(f"--positive_label {wanted}: the labels are {', '.join(names)}")
    return names.index(wanted or ("1" if "1" in names else names[-1]))


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
