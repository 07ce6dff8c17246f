"""A labelled pair file in memory: its usable rows, and the errors of the other rows."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import List, Optional, Sequence

import numpy as np

from app.errors import UserError
from app.text.pair_file import PairFile, Row
from app.text.soft_labels import SoftLabels


@dataclass
class LabelledPairs:
    """The usable rows of a file, in file order, and its bad rows."""

    path: str
    text_a: List[str] = field(default_factory=list)
    text_b: List[str] = field(default_factory=list)
    labels: List[str] = field(default_factory=list)  # "" of a row that has a soft label only
    lines: List[int] = field(default_factory=list)  # line numbers, from 1
    bad: List[Row] = field(default_factory=list)
    columns: List[str] = field(default_factory=list)  # names of the columns that were read; empty if the file has no names
    described: str = ""  # format, encoding and columns in words, see `PairFile.described`
    soft: Optional[SoftLabels] = None  # None if the file was read without --soft_label_column

    def __len__(self) -> int:
        return len(self.text_a)

    def keep(self, rows: Sequence[int]) -> "LabelledPairs":
        """A copy with the rows at the given indices only."""
        kept = {name: [getattr(self, name)[row] for row in rows] for name in ("text_a", "text_b", "labels", "lines")}
        soft = self.soft and replace(self.soft, values=self.soft.values[list(rows)])
        return LabelledPairs(self.path, bad=self.bad, columns=self.columns, described=self.described, soft=soft, **kept)


def read_labelled_pairs(
    path: str, columns: str = "", bad_rows: str = "stop", labels: Sequence[str] = (), **reading
) -> LabelledPairs:
    """Reads a labelled file into memory. `labels`: the only labels allowed; empty: any. `reading`: further arguments of PairFile.

    Raises UserError if there are bad rows and `bad_rows` is not "skip", or if no row is usable.
    """
    with PairFile(path, columns, labelled=True, **reading) as file:
        pairs = LabelledPairs(path, columns=file.columns if file.fields else [], described=file.described())
        width, values = len(file.soft_columns.columns) if file.soft_columns else 0, array("d")
        none, predicted = (float("nan"),) * width, {}
        for row in file:
            if not row.error and labels and row.label and row.label not in labels:
                row.error = f"label {row.label!r} is none of {', '.join(labels)}"
            if row.error:
                pairs.bad.append(row)
                continue
            pairs.text_a.append(row.text_a)
            pairs.text_b.append(row.text_b)
            pairs.labels.append(row.label)
            pairs.lines.append(row.line)
            values.extend(row.soft_label or none)
            if row.soft_label and row.prediction:
                predicted[row.prediction] = max(row.soft_label[0], predicted.get(row.prediction, 0.0))
        if file.soft_columns:
            pairs.soft = SoftLabels(file.soft_columns, np.array(values).reshape(-1, width), predicted)
    if pairs.bad and bad_rows == "stop":
        raise UserError(f"{path}: {describe_bad_rows(pairs.bad)}. Fix the file, or continue without these rows: --bad_rows skip")
    if not len(pairs):
        raise UserError(f"{path}: no usable row")
    return pairs


def describe_bad_rows(bad: Sequence[Row]) -> str:
    """The number of bad rows, and line and error of the first five."""
    shown = "; ".join(f"line {row.line}: {row.error}" for row in bad[:5])
    return f"{len(bad):,} bad row(s): {shown}{' ...' if len(bad) > 5 else ''}"
