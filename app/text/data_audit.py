"""What to know of labelled pairs before training on them: balance, lengths, unknown tokens, duplicates, leaks."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

import numpy as np

from app.errors import UserError
from app.text.dataset import LabelledPairs
from app.text.features import EncodedPairs

Key = Tuple[str, str]
ALIKE = "in either order, whatever their case, width and spaces"


@dataclass
class SplitAudit:
    """Counts of one split. Lengths are tokens of `[CLS] A [SEP] B [SEP]` after truncation."""

    name: str
    rows: int
    bad_rows: int
    labels: Dict[str, int]
    length_mean: float
    length_percentiles: Dict[str, int]  # of 50, 95, 99 and 100 %
    truncated_rows: int  # rows that lost tokens
    unknown_share: float  # [UNK] among all tokens
    duplicates: int  # rows whose pair stood before, with the same label
    conflicts: int  # rows whose pair stood before, with another label
    leaked: int = 0  # rows whose pair is in the training set as well (`pair_keys`)
    in_test: int = 0  # rows of the dev set whose pair is in the test set as well

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
            (self.truncated_rows, "rows lost tokens to --max_seq_length"),
            (self.duplicates, "rows repeat an earlier pair"),
            (self.conflicts, "rows repeat an earlier pair with another label"),
            (self.leaked, f"rows are in the training set too, {ALIKE} (--drop_leaked takes them out of it)"),
            (self.in_test, f"rows are in the test set too, {ALIKE}: what they choose is not measured fairly there"),
        )
        return lines + [f"  {count:,} {what}" for count, what in findings if count]


def audit_split(name: str, pairs: LabelledPairs, encoded: EncodedPairs) -> SplitAudit:
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
        truncated_rows=int(encoded.truncated.sum()),
        unknown_share=encoded.unknown / len(encoded.tokens),
        duplicates=duplicates,
        conflicts=conflicts,
    )


def pair_keys(pairs: LabelledPairs) -> List[Key]:
    """What each pair is but for the order of its texts, case, width (ＡＢ and AB) and white space."""
    plain: Dict[str, str] = {}
    for texts in (pairs.text_a, pairs.text_b):
        for text in texts:
            if text not in plain:
                plain[text] = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    both = ((plain[a], plain[b]) for a, b in zip(pairs.text_a, pairs.text_b))
    return [(a, b) if a <= b else (b, a) for a, b in both]


def count_shared(pairs: LabelledPairs, other: LabelledPairs) -> int:
    """How many rows of `pairs` stand in the other split too (`pair_keys`)."""
    known = set(pair_keys(other))
    return sum(key in known for key in pair_keys(pairs))


def drop_shared(pairs: LabelledPairs, others: Sequence[LabelledPairs]) -> LabelledPairs:
    """The split without the rows that stand in one of the others too.

    Raises UserError where no row is left, or none of a label.
    """
    unwanted = {key for other in others for key in pair_keys(other)}
    kept = pairs.keep([row for row, key in enumerate(pair_keys(pairs)) if key not in unwanted])
    lost = sorted(set(pairs.labels) - set(kept.labels))
    if lost:
        what = f"with the label {lost[0]!r} " if len(kept) else ""
        raise UserError(f"--drop_leaked: leaves no row {what}of {pairs.path}: all stand in the dev or test set; use other ones")
    return kept
