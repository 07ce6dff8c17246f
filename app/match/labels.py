"""The labels of a training set: their order, and which of two means "match"."""

from __future__ import annotations

import re
from collections import Counter
from typing import Collection, List

from app.errors import UserError
from app.text.dataset import LabelledPairs

MAX_LABELS = 100  # with more distinct labels, the label column is probably wrong
INTEGER = re.compile(r"-?\d+", re.ASCII)
BINARY_LABELS = [  # (no match, match)
    ("0", "1"), ("-1", "1"), ("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("negative", "positive"), ("neg", "pos"),
    ("different", "same"), ("mismatch", "match"), ("not_match", "match"), ("no_match", "match"), ("unmatched", "matched"),
    ("not_duplicate", "duplicate"), ("not_entailment", "entailment"), ("not_similar", "similar"), ("dissimilar", "similar"),
    ("not_paraphrase", "paraphrase"), ("not_equivalent", "equivalent"), ("否", "是"), ("不是", "是"), ("错", "对"),
    ("不同", "相同"),
    ("不匹配", "匹配"), ("不相似", "相似"), ("不一致", "一致"), ("不相关", "相关"), ("负", "正"), ("负例", "正例"),
]  # fmt: skip


def label_names(train: LabelledPairs) -> List[str]:
    """The labels of the training set, sorted. Raises UserError for a wrong column."""
    counts = Counter(filter(None, train.labels))
    names = sorted_labels(counts)
    if len(names) < 2:
        raise UserError(f"{train.path}: every label is {names[0]!r}; at least two are needed")
    first = train.labels[0]
    if train.lines[0] == 1 and counts[first] == 1 and len(names) > 2 and not INTEGER.fullmatch(first):
        raise UserError(
            f"{train.path}: line 1 looks like a header ({first!r} is no other row's label); name its columns with --columns"
        )
    if len(names) > MAX_LABELS:
        raise UserError(f"{train.path}: {len(names):,} different labels; is that the label column? (--columns a,b,label)")
    return names


def sorted_labels(labels: Collection[str]) -> List[str]:
    """The labels in order: as numbers if all are integers."""
    all_integers = all(map(INTEGER.fullmatch, labels))
    return sorted(labels, key=lambda name: (int(name), name) if all_integers else name)


def positive_index(names: List[str], wanted: str) -> int:
    """The position of the label that means "match"; the last one of more than two labels. Raises UserError if it is not clear."""
    if wanted:
        if wanted not in names:
            raise UserError(f"--positive_label {wanted}: the labels are {', '.join(names)}")
        return names.index(wanted)
    lowered = [re.sub(r"[\s_-]+", "_", name.lower()) if not INTEGER.fullmatch(name) else name for name in names]
    known = next((pair[1] for pair in BINARY_LABELS if set(pair) == set(lowered)), None)
    if known is None and len(names) == 2:
        labels = " and ".join(map(repr, names))
        raise UserError(f"the labels are {labels}; --positive_label must say which one means that the texts match")
    return lowered.index(known) if known else len(names) - 1
