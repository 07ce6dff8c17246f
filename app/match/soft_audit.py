"""Statistics of soft labels before training: how many rows have them, how sure they are, whether they agree with the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List

from app.errors import UserError
from app.match.soft_targets import label_ids, more_probable_labels, soft_distributions
from app.text.dataset import LabelledPairs

UNSURE = 0.6  # if no label reaches it, a soft label is near to undecided
# Of two labels: if fewer rows agree, the probability is that of the other label. A teacher that guesses is far above it, unless
# almost all labels are the same.
FEWEST_AGREEING, ROWS_THAT_TELL = 0.2, 20


@dataclass
class SoftAudit:
    """Statistics of the soft labels of a training set."""

    hard_rows: int  # rows with a label only
    soft_rows: int  # rows with a soft label only
    both_rows: int
    mean_probability: Dict[str, float]  # label -> mean over the soft labels
    unsure_share: float  # share of the soft labels in which no label has UNSURE or more
    agreeing_rows: int  # rows with both whose label is the more probable one of the soft label

    def lines(self) -> List[str]:
        """The statistics as lines to print."""
        means = ", ".join(f"{label}: {mean:.3f}" for label, mean in self.mean_probability.items())
        rows = f"{self.soft_rows:,} rows have only a soft label, {self.hard_rows:,} only a label, {self.both_rows:,} both"
        lines = [f"  soft labels: {rows}; mean probability {means}; in {self.unsure_share:.1%} of them no label has {UNSURE}"]
        if self.both_rows:
            share = self.agreeing_rows / self.both_rows
            wrong = "; is it the probability of the positive label (--positive_label)?" if share < 0.5 else ""
            lines.append(f"  soft label and label agree in {share:.1%} of the rows with both{wrong}")
        return lines

    def check(self, pairs: LabelledPairs, positive: str) -> None:
        """Raises UserError if the soft labels of these training pairs are clearly not those of the positive label."""
        if len(self.mean_probability) != 2:
            return
        share, soft = self.agreeing_rows / max(1, self.both_rows), pairs.soft
        must = f"it must be the probability of the positive label, {positive!r} (--positive_label)"
        if self.both_rows >= ROWS_THAT_TELL and share < FEWEST_AGREEING:
            rows = f"{share:.1%} of the {self.both_rows:,} rows with both in {pairs.path}"
            raise UserError(f"{soft.columns.flag}: soft label and label agree in only {rows}; {must}")
        if soft.columns.columns != ["probability"] or len(soft.predicted) < 2:  # not known to be of a scored file
            return
        if len(soft.predicted) > 2:
            reason = f"the rows of {pairs.path} have {len(soft.predicted)} predictions, and each the probability of its own"
            raise UserError(f"{soft.columns.flag}: {reason}; {must}")
        (_, lower), (other, higher) = sorted(soft.predicted.items(), key=lambda item: item[1])
        if lower < higher and other != positive and other in self.mean_probability:  # positive from some probability on
            raise UserError(f"{soft.columns.flag}: {pairs.path} has the probability of {other!r}; {must}")


def audit_soft_labels(pairs: LabelledPairs, names: List[str], positive: int) -> SoftAudit:
    """The statistics of a training set that has soft labels."""
    hard, given = label_ids(pairs, names), pairs.soft.given
    soft, both = soft_distributions(pairs, names, positive)[given], given & (hard >= 0)
    agree = more_probable_labels(soft, positive) == hard[given]
    return SoftAudit(
        hard_rows=int((~given).sum()),
        soft_rows=int((hard < 0).sum()),
        both_rows=int(both.sum()),
        mean_probability=dict(zip(names, soft.mean(axis=0).tolist())),
        unsure_share=float((soft.max(axis=1) < UNSURE).mean()),
        agreeing_rows=int(agree.sum()),
    )
