"""A labelled pair file in memory: its usable rows, and the errors of the other rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Sequence

from app.errors import UserError
from app.text.pair_file import PairFile, Row


@dataclass
class LabelledPairs:
    """The usable rows of a file, in file order, and its bad rows."""

    path: str
    text_a: List[str] = field(default_factory=list)
    text_b: List[str] = field(default_factory=list)
    labels: List[str] = field(default_factory=list)
    lines: List[int] = field(default_factory=list)  # line numbers, from 1
    bad: List[Row] = field(default_factory=list)
    columns: List[str] = field(default_factory=list)  # names of the columns that were read; empty if the file has no names
    described: str = ""  # format, encoding and columns in words, see `PairFile.described`

    def __len__(self) -> int:
        return len(self.text_a)

    def keep(self, rows: Sequence[int]) -> "LabelledPairs":
        """A copy with the rows at the given indices only."""
        kept = {name: [getattr(self, name)[row] for row in rows] for name in ("text_a", "text_b", "labels", "lines")}
        return LabelledPairs(self.path, bad=self.bad, columns=self.columns, described=self.described, **kept)


def read_labelled_pairs(
    path: str, columns: str = "", bad_rows: str = "stop", labels: Sequence[str] = (), **reading
) -> LabelledPairs:
    """Reads a labelled file into memory. `labels`: the only labels allowed; empty: any. `reading`: further arguments of PairFile.

    Raises UserError if there are bad rows and `bad_rows` is not "skip", or if no row is usable.
    """
    with PairFile(path, columns, labelled=True, **reading) as file:
        pairs = LabelledPairs(path, columns=file.columns if file.fields else [], described=file.described())
        for row in file:
            if not row.error and labels and row.label not in labels:
                row.error = f"label {row.label!r} is none of {', '.join(labels)}"
            if row.error:
                pairs.bad.append(row)
                continue
            pairs.text_a.append(row.text_a)
            pairs.text_b.append(row.text_b)
            pairs.labels.append(row.label)
            pairs.lines.append(row.line)
    if pairs.bad and bad_rows == "stop":
        raise UserError(f"{path}: {describe_bad_rows(pairs.bad)}. Fix the file, or continue without these rows: --bad_rows skip")
    if not len(pairs):
        raise UserError(f"{path}: no usable row")
    return pairs


def describe_bad_rows(bad: Sequence[Row]) -> str:
    """The number of bad rows, and line and error of the first five."""
    shown = "; ".join(f"line {row.line}: {row.error}" for row in bad[:5])
    return f"{len(bad):,} bad row(s): {shown}{' ...' if len(bad) > 5 else ''}"
