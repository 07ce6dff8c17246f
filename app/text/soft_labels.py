"""Soft labels in a pair file: a probability where a label could stand. The columns that hold them, and a cell -> its value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from app.errors import UserError
from app.text.column_names import is_number

TOLERANCE = 0.01  # how far the probabilities of a row may be from adding up to 1: three of 0.33 are right


@dataclass(frozen=True)
class SoftColumns:
    """The value of --soft_label_column: one column for the positive label, or a column for each label."""

    columns: List[str]  # names, or numbers from 1
    labels: List[str]  # the label of each column; empty: the only column is that of the positive label

    @property
    def flag(self) -> str:
        """The flag and its value, for messages."""
        value = ",".join(f"{label}={column}" for label, column in zip(self.labels, self.columns)) or self.columns[0]
        return f"--soft_label_column {value}"

    def described(self, columns: List[str]) -> str:
        """In words. `columns`: these columns as they are shown."""
        return " + ".join(f"{column} of {label}" for label, column in zip(self.labels, columns)) or columns[0]

    @property
    def numbered(self) -> bool:
        """Whether they are numbers."""
        return all(column.isascii() and column.isdigit() for column in self.columns)

    def find(self, first: List[str]) -> List[int]:
        """The indices of those that are in a file whose first row is `first`, if it is a header."""
        if self.numbered:
            return [int(number) - 1 for number in self.columns]
        return [position for position, name in enumerate(first) if name in self.columns]

    def positions(self, first: List[str], has_header: bool, path: object) -> List[int]:
        """Their indices in a file whose first row is `first`. Raises UserError if they are not there."""
        if self.numbered:
            positions = self.find(first)
            if min(positions) < 0 or max(positions) >= len(first):
                raise UserError(f"{self.flag}: {path} has columns 1 to {len(first)}")
            for number, position in zip(self.columns, positions):
                if has_header and number in first and first[position] != number:
                    raise UserError(f"{self.flag}: in {path}, the column named {number!r} is not column {number}; rename it")
            return positions
        if not has_header:
            raise UserError(f"{self.flag}: {path} has no header; use a column number, from 1")
        self.check_names(first, path)
        return [first.index(name) for name in self.columns]

    def check_names(self, names: List[str], path: object) -> None:
        """Raises UserError if a column is missing, or is there twice."""
        for name in self.columns:
            if name not in names:
                raise UserError(f"{self.flag}: {path} has no column {name!r}, but {', '.join(names)}")
            if names.count(name) > 1:
                raise UserError(f"{self.flag}: {path} has two columns {name!r}; use a column number, from 1")

    def check_labels(self, names: List[str]) -> None:
        """Raises UserError if these columns are not those of the labels `names`."""
        if not self.labels and len(names) != 2:
            wanted = ",".join(f"{name}=COLUMN" for name in names[:5]) + ",..." * (len(names) > 5)
            raise UserError(
                f"{self.flag}: one column is for two labels; here are {len(names)}. Name a column for each: "
                f"--soft_label_column {wanted} (`probability` of predict.py is that of the predicted label only)"
            )
        if self.labels and set(self.labels) != set(names):
            raise UserError(f"{self.flag}: must name a column for each label; the labels are {', '.join(names)}")

    def read(self, cells: Sequence[object]) -> Tuple[float, ...]:
        """The probabilities in the cells of one row, in the order of `columns`; empty if all cells are empty. Those of several
        columns are divided by their sum. Raises ValueError, whose text is the reason why they cannot be used.
        """
        values = [read_probability(cell) for cell in cells]
        empty = [column for column, value in zip(self.columns, values) if value is None]
        if len(empty) == len(values):
            return ()
        if empty:
            raise ValueError(f"the soft label has no value in column {empty[0]}")
        total = sum(values)
        if self.labels and abs(total - 1) > TOLERANCE + 1e-9:
            raise ValueError(f"the soft label adds up to {total:.6g}, not to 1")
        return tuple(value / total for value in values) if self.labels else tuple(values)


@dataclass
class SoftLabels:
    """The soft labels of the rows of a file."""

    columns: SoftColumns
    values: np.ndarray  # float64 [rows, columns], 0 to 1; nan where the row has none
    predicted: Dict[str, float] = field(default_factory=dict)  # of a scored file: each `prediction` -> its highest probability

    @property
    def given(self) -> np.ndarray:
        """Whether each row has a soft label: bool [rows]."""
        return ~np.isnan(self.values[:, 0])


def parse_soft_columns(value: str) -> Optional[SoftColumns]:
    """The value of --soft_label_column: `COLUMN`, or `LABEL=COLUMN,LABEL=COLUMN,...`. None if it is empty.

    Raises UserError if it is neither.
    """
    if not value:
        return None
    parts = [part.rpartition("=") for part in value.split(",")]
    labels, columns = [part[0].strip() for part in parts], [part[2].strip() for part in parts]
    one = len(parts) == 1 and not parts[0][1] and columns[0]
    several = len(parts) > 1 and all(labels + columns) and len(set(labels)) == len(set(columns)) == len(parts)
    if not (one or several):
        raise UserError(
            f"--soft_label_column {value}: must be the column of the positive label, or LABEL=COLUMN,LABEL=COLUMN,... "
            "with a column for each label, by name or by number from 1"
        )
    return SoftColumns(columns, labels if several else [])


def read_probability(value: object) -> Optional[float]:
    """The probability in a cell, 0 to 1; None if it is empty. Raises ValueError, whose text is the reason, for anything else."""
    shown = f"the soft label {str(value)[:20]!r}"
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str):
        if not is_number(value):  # float() reads more: nan, 1_0, and digits of any script
            raise ValueError(f"{shown} is not a decimal number")
        value = float(value.strip())  # float() does not strip all white space
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{shown} is not a decimal number")
    if not 0 <= value <= 1:  # nan neither
        raise ValueError(f"{shown} is not from 0 to 1")
    return abs(float(value))  # of -0.0, too
