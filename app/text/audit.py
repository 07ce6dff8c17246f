"""What to know of labelled pairs before training on them: balance, lengths, unknown tokens, duplicates, leaks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Dict, List, Sequence

import numpy as np

from app.text.encode import EncodedPairs
from app.text.labelled import Pairs


@dataclass
class SplitAudit:
    """Counts of one split. Lengths are tokens of `[CLS] A [SEP] B [SEP]` after truncation."""

    name: str
    rows: int
    bad_rows: int
    labels: Dict[str, int]
    length_mean: float
    length_percentiles: Dict[str, int]  # of 50, 95, 99 and 100 %
    cut_rows: int  # rows that lost tokens
    unknown_share: float  # [UNK] among all tokens
    duplicates: int  # rows whose pair stood before, with the same label
    conflicts: int  # rows whose pair stood before, with another label
    leaked: int = 0  # rows whose pair is in the training set as well

    def lines(self) -> List[str]:
        """The audit in plain words."""
        balance = ", ".join(f"{label}: {count / self.rows:.1%}" for label, count in sorted(self.labels.items()))
        percentiles = ", ".join(f"{name} {value}" for name, value in self.length_percentiles.items())
        lines = [
            f"{self.name}: {self.rows:,} rows (labels {balance}); "
            f"tokens a pair: mean {self.length_mean:.1f}, {percentiles}; unknown tokens {self.unknown_share:.2%}"
        ]
        findings = (
            (self.bad_rows, "bad rows left out"),
            (self.cut_rows, "rows lost tokens to --max_seq_length"),
            (self.duplicates, "rows repeat an earlier pair"),
            (self.conflicts, "rows repeat an earlier pair with another label"),
            (self.leaked, "rows are in the training set too (--drop_leaked takes them out of it)"),
        )
        return lines + [f"  {count:,} {what}" for count, what in findings if count]


def audit_split(name: str, pairs: Pairs, encoded: EncodedPairs) -> SplitAudit:
    """Counts what is in one split."""
    seen: Dict[tuple, int] = {}  # pair -> the row where it first stands
    duplicates = conflicts = 0
    for row, pair in enumerate(zip(pairs.text_a, pairs.text_b)):
        earlier = seen.setdefault(pair, row)
        if earlier != row and pairs.labels[earlier] == pairs.labels[row]:
            duplicates += 1
        elif earlier != row:
            conflicts += 1
    lengths = encoded.lengths
    percentiles = {f"{share} %": int(np.percentile(lengths, share)) for share in (50, 95, 99)}
    return SplitAudit(
        name=name,
        rows=len(pairs),
        bad_rows=len(pairs.bad),
        labels=dict(Counter(pairs.labels)),
        length_mean=float(lengths.mean()),
        length_percentiles={**percentiles, "longest": int(lengths.max())},
        cut_rows=int(encoded.cut.sum()),
        unknown_share=encoded.unknown / len(encoded.tokens),
        duplicates=duplicates,
        conflicts=conflicts,
    )


def shared_pairs(train: Pairs, other: Pairs) -> set:
    """The pairs, as (text_a, text_b), that stand in both."""
    return set(zip(train.text_a, train.text_b)) & set(zip(other.text_a, other.text_b))


def drop_pairs(pairs: Pairs, unwanted: set) -> Pairs:
    """The split without the unwanted pairs."""
    keep: Sequence[int] = [row for row, pair in enumerate(zip(pairs.text_a, pairs.text_b)) if pair not in unwanted]
    return pairs.keep(keep)
