"""Statistics of labelled pairs before training: label balance, lengths, unknown tokens, duplicates, leaks between the splits."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

import numpy as np

from app.errors import UserError
from app.text.dataset import LabelledPairs
from app.text.features import EncodedPairs

SOFT_CONFLICT = 0.1  # of the probability of a label


@dataclass
class SplitAudit:
    """Statistics of one split. Lengths are tokens of `[CLS] A [SEP] B [SEP]` after truncation."""

    name: str
    rows: int
    bad_rows: int
    labels: Dict[str, int]  # label -> rows
    length_mean: float
    length_percentiles: Dict[str, int]  # 50, 95 and 99 %, and the longest
    truncated_rows: int  # rows that lost tokens
    unknown_share: float  # share of [UNK] among all tokens, 0 to 1
    duplicates: int  # rows with the pair and the label of an earlier row
    conflicts: int  # rows with the pair of an earlier row, but another label
    soft_conflicts: int = 0  # rows with the pair of an earlier row, but a soft label that differs by more than SOFT_CONFLICT
    leaked: int = 0  # rows whose pair is also in the training set (compared as `normalized_pairs`)
    in_test: int = 0  # rows of the dev set whose pair is also in the test set

    def lines(self) -> List[str]:
        """The statistics as lines to print."""
        labelled = sum(self.labels.values())  # all rows, or with soft labels some of them
        balance = ", ".join(f"{label}: {count / labelled:.1%}" for label, count in sorted(self.labels.items())) or "none"
        percentiles = ", ".join(f"{name} {value}" for name, value in self.length_percentiles.items())
        lines = [
            f"{self.name}: {self.rows:,} rows (labels {balance}); "
            f"tokens per pair: mean {self.length_mean:.1f}, {percentiles}; unknown tokens {self.unknown_share:.2%}"
        ]
        normalized = "ignoring order, case, width and spaces"
        findings = (
            (self.bad_rows, "bad rows left out"),
            (self.truncated_rows, "rows truncated to --max_seq_length"),
            (self.duplicates, "rows repeat an earlier pair"),
            (self.conflicts, "rows repeat an earlier pair with another label"),
            (self.soft_conflicts, f"rows repeat an earlier pair with a soft label that differs by more than {SOFT_CONFLICT}"),
            (self.leaked, f"rows are also in the training set, {normalized} (--drop_leaked removes them from it)"),
            (self.in_test, f"rows are also in the test set, {normalized}: selecting a model on them biases its test metrics"),
        )
        return lines + [f"  {count:,} {finding}" for count, finding in findings if count]


def audit_split(name: str, pairs: LabelledPairs, encoded: EncodedPairs) -> SplitAudit:
    """The statistics of one split; `leaked` and `in_test` are left at 0."""
    first_rows: Dict[tuple, int] = {}  # pair -> the first row that has it
    duplicates = conflicts = soft_conflicts = 0
    for row, pair in enumerate(zip(pairs.text_a, pairs.text_b)):
        first = first_rows.setdefault(pair, row)
        if first == row:
            continue
        labels = pairs.labels[first], pairs.labels[row]
        if labels[0] != labels[1] and all(labels):
            conflicts += 1
        elif pairs.soft and np.abs(pairs.soft.values[first] - pairs.soft.values[row]).max() > SOFT_CONFLICT:
            soft_conflicts += 1
        else:
            duplicates += 1
    lengths = encoded.lengths
    percentiles = {f"{percent} %": int(np.percentile(lengths, percent)) for percent in (50, 95, 99)}
    return SplitAudit(
        name=name,
        rows=len(pairs),
        bad_rows=len(pairs.bad),
        labels=dict(Counter(filter(None, pairs.labels))),
        length_mean=float(lengths.mean()),
        length_percentiles={**percentiles, "longest": int(lengths.max())},
        truncated_rows=int(encoded.truncated.sum()),
        unknown_share=encoded.unknown_count / len(encoded.tokens),
        duplicates=duplicates,
        conflicts=conflicts,
        soft_conflicts=soft_conflicts,
    )


def normalized_pairs(pairs: LabelledPairs) -> List[Tuple[str, str]]:
    """The pairs without differences in the order of the texts, in case, in width (ＡＢ and AB) and in white space."""
    normalized: Dict[str, str] = {}
    for texts in (pairs.text_a, pairs.text_b):
        for text in texts:
            if text not in normalized:
                normalized[text] = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    both = ((normalized[a], normalized[b]) for a, b in zip(pairs.text_a, pairs.text_b))
    return [(a, b) if a <= b else (b, a) for a, b in both]


def count_shared(pairs: LabelledPairs, other: LabelledPairs) -> int:
    """The number of rows of `pairs` whose normalized pair is also in `other`."""
    other_pairs = set(normalized_pairs(other))
    return sum(pair in other_pairs for pair in normalized_pairs(pairs))


def drop_shared(pairs: LabelledPairs, others: Sequence[LabelledPairs]) -> LabelledPairs:
    """The split without the rows whose normalized pair is in one of `others`.

    Raises UserError if no row is left, or none with one of the labels. With soft labels, a label may have no row of its own.
    """
    unwanted = {pair for other in others for pair in normalized_pairs(other)}
    kept = pairs.keep([row for row, pair in enumerate(normalized_pairs(pairs)) if pair not in unwanted])
    lost = sorted(set(pairs.labels) - set(kept.labels))
    if lost and not (pairs.soft and len(kept)):
        rows = f"row with the label {lost[0]!r}" if len(kept) else "row"
        raise UserError(f"--drop_leaked: leaves no {rows} of {pairs.path}: all are also in the dev or test set; use other sets")
    return kept
