"""The first rows of a file -> which columns hold the two texts and the label. If that is not clear, the user has to decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Optional, Sequence, Union

from app.errors import UserError
from app.text.column_names import (
    find_label_column,
    find_text_columns,
    has_text_columns,
    is_code,
    is_number,
    looks_like_header,
    looks_like_labels,
)
from app.text.soft_labels import SoftColumns

MIN_NUMBERED_ROWS = 5  # rows that are enough to see that a column numbers them


@dataclass
class Columns:
    """Which columns hold the texts and the label."""

    positions: List[Union[int, str]]  # of text_a, text_b and, if there is one, the label: indices, or names (JSON)
    names: List[str]  # of all columns; empty if there is no header
    header: bool  # whether the first row is a header
    soft: List[Union[int, str]] = field(default_factory=list)  # of the soft labels: indices, or names (JSON)


class ColumnFinder:
    """Finds the columns of a file. Raises UserError if it is not clear which they are.

    `flag`: the value of --columns. `header`: the value of --header. `remembered`: names of the columns in training.
    `labelled`: whether a label column is required. `soft`: the columns of soft labels; then no label column is required, and a
    column of them is not the label column. `path` is for messages only.
    """

    def __init__(
        self,
        path: str,
        flag: str = "",
        header: str = "",
        remembered: Sequence[str] = (),
        labelled: bool = False,
        soft: Optional[SoftColumns] = None,
    ):
        self.path, self.header, self.labelled, self.soft = path, header, labelled, soft
        self.required = [name.strip() for name in flag.split(",")] if flag else []  # names, or numbers from 1
        self.numbered = bool(flag) and all(name.isascii() and name.isdigit() for name in self.required)
        self.remembered, self._soft_positions = list(remembered), []  # indices of the soft columns among the names
        if self.required and len(self.required) not in (2, 3):
            raise UserError(f"--columns {flag}: must be two names (texts) or three names (texts and label)")

    def of_objects(self, names: List[str], complete: bool = False) -> Columns:
        """The columns of JSON objects that have these names. `complete`: no object has further ones."""
        soft = list(self.soft.columns) if self.soft else []
        if self.soft and complete:
            self.soft.check_names(names, self.path)
        self._soft_positions = [position for position, name in enumerate(names) if name in soft]
        positions = self._by_name(names) or self._refuse(names)
        if self.soft and len(self.required) == 3:
            positions = self.required  # rows with a label may come later
        return self._columns(positions, soft, names, True)

    def of_rows(self, rows: List[List[str]]) -> Columns:
        """The columns of a file whose first rows are `rows`."""
        first = [cell.strip() for cell in rows[0]]
        if self.soft:
            self._soft_positions = self.soft.find(first)
        has_header = self.header == "yes" or (self.header != "no" and self._is_header(rows))
        soft = self.soft.positions(first, has_header, self.path) if self.soft else []
        if self.numbered:
            positions = [int(number) - 1 for number in self.required]
            if min(positions) < 0 or max(positions) >= len(first):
                raise UserError(f"--columns {','.join(self.required)}: {self.path} has columns 1 to {len(first)}")
        elif has_header:
            names = self._by_name(first)
            if not names and self.header != "yes":
                self._refuse(first)
            positions = [first.index(name) for name in names] if names else self._by_order(rows[1:] or rows, soft)
        elif self.required:
            raise UserError(f"--columns {','.join(self.required)}: {self.path} has no header (--header no); use column numbers")
        else:
            positions = self._by_order(rows, soft)
        return self._columns(positions, soft, first if has_header else [], has_header)

    def _columns(self, positions: list, soft: list, names: List[str], header: bool) -> Columns:
        """Raises UserError if a column is both a text and a soft label, or if a label column is missing."""
        if any(position in soft for position in positions[:2]):
            raise UserError(f"{self.soft.flag}: {self.path} has a text in this column")
        positions = positions[:2] + [position for position in positions[2:] if position not in soft]
        return Columns(self._check_label(positions), names, header, soft)

    def _is_header(self, rows: List[List[str]]) -> bool:
        if self.soft and not self.soft.numbered and self._soft_positions:
            return True
        if self.numbered:
            return has_text_columns(rows[0]) or looks_like_header(rows)
        return bool(self.required) or self._by_name([cell.strip() for cell in rows[0]]) != [] or looks_like_header(rows)

    def _by_name(self, names: List[str]) -> List[str]:
        """The names of the texts and, if there is one, the label. Empty if the texts are not found."""
        selected = self._select(names)
        repeated = [name for name in selected if names.count(name) > 1]
        if repeated:
            raise UserError(f"{self.path}: has two columns {repeated[0]!r}; select one with --columns and numbers, from 1")
        return selected

    def _select(self, names: List[str]) -> List[str]:
        if self.required:
            needed = self.required[:2] if self.soft else self.required  # a file of soft labels may have no label column
            missing = [name for name in needed if name not in names]
            if missing:
                raise UserError(f"{self.path}: no column {missing[0]!r} among {', '.join(names) or 'none'} (--columns)")
            return [name for name in self.required if name in names]
        label = [find_label_column([name for position, name in enumerate(names) if position not in self._soft_positions])]
        if len(self.remembered) >= 2 and all(name in names for name in self.remembered[:2]):
            texts, label = self.remembered[:2], self.remembered[2:] or label
        else:
            texts = list(find_text_columns(names) or ())
        return [*texts, *(name for name in label if name in names)] if texts else []

    def _refuse(self, names: List[str]) -> List[str]:
        raise UserError(
            f"{self.path}: has columns {', '.join(names) or 'none'}; which hold the two texts{' and the label' * self.labelled}? "
            f"Name them with --columns A,B{',LABEL' * self.labelled} (--header no: the first row is no header)"
        )

    def _by_order(self, rows: List[List[str]], soft: Sequence[int]) -> List[int]:
        """The indices of 2 or 3 columns without names: texts, then label. A first column that numbers the rows is skipped, and so
        are the columns `soft`.
        """
        width = len(rows[0])
        rows = [row for row in rows if len(row) == width]
        positions = list(range(width))[int(_numbers_rows([row[0].strip() for row in rows])) :]
        positions = [position for position in positions if position not in soft]
        if len(positions) not in (2, 3):
            raise UserError(f"{self.path}: {width} columns without known names; a row is {_shown(rows[0])}: {self._advice()}")
        for position in positions[:2]:
            if all(is_code(row[position]) for row in rows) and not all(is_code(cell) for row in rows for cell in row):
                content = "only numbers" if all(is_number(row[position]) for row in rows) else "no texts"
                raise UserError(f"{self.path}: column {position + 1} holds {content}, as in {_shown(rows[0])}: {self._advice()}")
        if not all(looks_like_labels([row[position] for row in rows]) for position in positions[2:]):
            raise UserError(f"{self.path}: column {positions[2] + 1} holds no labels, as in {_shown(rows[0])}: {self._advice()}")
        return positions

    def _advice(self) -> str:
        return f"select the columns of the two texts{' and of the label' * self.labelled} with --columns and numbers, from 1"

    def _check_label(self, positions: list) -> list:
        if self.labelled and not self.soft and len(positions) == 2:
            raise UserError(f"{self.path}: no label column; labelled pairs are needed here (name it with --columns A,B,LABEL)")
        return positions


def _numbers_rows(cells: List[str]) -> bool:
    """Whether a column numbers its rows: n, n + 1, n + 2, ..."""
    if len(cells) < MIN_NUMBERED_ROWS or not all(cell.isascii() and cell.isdigit() for cell in cells):
        return False
    return [int(cell) for cell in cells] == list(range(int(cells[0]), int(cells[0]) + len(cells)))


def _shown(cells: Sequence[str]) -> str:
    return " | ".join(cell[:20] for cell in cells)
