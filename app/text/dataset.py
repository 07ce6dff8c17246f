"""A labelled pair file, read whole: its usable rows, and what is wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Sequence

from app.errors import UserError
from app.text.pair_file import PairFile, Row


@dataclass
class LabelledPairs:
    """The usable rows of a file, in file order; what was wrong with the others."""

    path: str
    text_a: List[str] = field(default_factory=list)
    text_b: List[str] = field(default_factory=list)
    labels: List[str] = field(default_factory=list)
    lines: List[int] = field(default_factory=list)
    bad: List[Row] = field(default_factory=list)
    columns: List[str] = field(default_factory=list)  # the names of those that were read, where they have names
    described: str = ""  # what was taken for what, in words

    def __len__(self) -> int:
        return len(self.text_a)

    def keep(self, rows: Sequence[int]) -> "LabelledPairs":
        """The same pairs, only those of the given positions."""
        chosen = {name: [getattr(self, name)[i] for i in rows] for name in ("text_a", "text_b", "labels", "lines")}
        return LabelledPairs(self.path, bad=self.bad, columns=self.columns, described=self.described, **chosen)


def read_labelled_pairs(path: str, columns: str = "", bad_rows: str = "stop", labels: Sequence[str] = (), **reading) -> LabelledPairs:
    """Reads a labelled file whole. `labels`, where given, are the only labels allowed; `reading`: see PairFile.

    Raises UserError with the first five bad rows and their count, unless `bad_rows` is "skip".
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
        raise UserError(f"{path}: {describe_bad_rows(pairs.bad)}. Mend the file, or go on without them: --bad_rows skip")
    if not len(pairs):
        raise UserError(f"{path}: no usable row")
    return pairs


def describe_bad_rows(bad: Sequence[Row]) -> str:
    """The first five bad rows by line, and how many there are."""
    shown = "; ".join(f"line {row.line}: {row.error}" for row in bad[:5])
    return f"{len(bad):,} bad row(s): {shown}{' ...' if len(bad) > 5 else ''}"
