"""The first rows of a file -> which cells are the two texts and the label. What is not clear is asked, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Sequence, Union

from app.errors import UserError
from app.text.column_names import find_label, find_pair, is_code, is_number, knows_pair, looks_like_header, looks_like_labels

ENOUGH = 5  # rows that show that a column counts them


@dataclass
class Columns:
    """Where the texts and the label are."""

    positions: List[Union[int, str]]  # of text_a, text_b and, where there is one, the label: positions, or names (JSON)
    names: List[str]  # of all columns; empty where there is no header
    header: bool  # whether the first row is one


class ColumnFinder:
    """What the user and the checkpoint say: `wanted` by --columns, `header` by --header, `remembered` from training."""

    def __init__(self, path: str, wanted: str = "", header: str = "", remembered: Sequence[str] = (), labelled: bool = False):
        self.path, self.header, self.labelled = path, header, labelled
        self.wanted = [name.strip() for name in wanted.split(",")] if wanted else []
        self.numbered = bool(wanted) and all(name.isascii() and name.isdigit() for name in self.wanted)
        self.remembered = list(remembered)
        if self.wanted and len(self.wanted) not in (2, 3):
            raise UserError(f"--columns {wanted}: two names (texts) or three (texts and label) are needed")

    def of_objects(self, names: List[str]) -> Columns:
        """Of JSON objects with these names."""
        return Columns(self._with_label(self._by_name(names) or self._unknown(names)), names, True)

    def of_rows(self, rows: List[List[str]]) -> Columns:
        """Of these first rows of cells."""
        first = [cell.strip() for cell in rows[0]]
        has_header = self.header == "yes" or (self.header != "no" and self._is_header(rows))
        if self.numbered:
            positions = [int(number) - 1 for number in self.wanted]
            if min(positions) < 0 or max(positions) >= len(first):
                raise UserError(f"--columns {','.join(self.wanted)}: {self.path} has columns 1 to {len(first)}")
        elif has_header:
            named = self._by_name(first)
            if not named and self.header != "yes":
                self._unknown(first)
            positions = [first.index(name) for name in named] if named else self._by_order(rows[1:] or rows)
        elif self.wanted:
            raise UserError(f"--columns {','.join(self.wanted)}: {self.path} has no header (--header no); number its columns")
        else:
            positions = self._by_order(rows)
        return Columns(self._with_label(positions), first if has_header else [], has_header)

    def _is_header(self, rows: List[List[str]]) -> bool:
        if self.numbered:
            return knows_pair(rows[0]) or looks_like_header(rows)
        return bool(self.wanted) or self._by_name([cell.strip() for cell in rows[0]]) != [] or looks_like_header(rows)

    def _by_name(self, names: List[str]) -> List[str]:
        """The chosen names among these; empty where none is known."""
        chosen = self._chosen(names)
        twice = [name for name in chosen if names.count(name) > 1]
        if twice:
            raise UserError(f"{self.path}: has two columns {twice[0]!r}; --columns with numbers, from 1, says which is meant")
        return chosen

    def _chosen(self, names: List[str]) -> List[str]:
        if self.wanted:
            missing = [name for name in self.wanted if name not in names]
            if missing:
                raise UserError(f"{self.path}: no column {missing[0]!r} among {', '.join(names) or 'none'} (--columns)")
            return self.wanted
        if len(self.remembered) >= 2 and all(name in names for name in self.remembered[:2]):
            found, label = self.remembered[:2], self.remembered[2:] or [find_label(names)]
        else:
            found, label = list(find_pair(names) or ()), [find_label(names)]
        return [*found, *(name for name in label if name in names)] if found else []

    def _unknown(self, names: List[str]) -> List[str]:
        raise UserError(
            f"{self.path}: has columns {', '.join(names) or 'none'}; which hold the two texts{' and the label' * self.labelled}? "
            f"--columns A,B{',LABEL' * self.labelled} names them (--header no: the first row is no header)"
        )

    def _by_order(self, rows: List[List[str]]) -> List[int]:
        """Of 2 or 3 columns without names: the texts, then the label. A first column that counts the rows is passed over."""
        width = len(rows[0])
        rows = [row for row in rows if len(row) == width]
        positions = list(range(width))[int(_counts([row[0].strip() for row in rows])) :]
        if len(positions) not in (2, 3):
            raise UserError(f"{self.path}: {width} columns without known names; a row is {_shown(rows[0])}: {self._ask()}")
        for position in positions[:2]:
            if all(is_code(row[position]) for row in rows) and not all(is_code(cell) for row in rows for cell in row):
                what = "numbers alone" if all(is_number(row[position]) for row in rows) else "no texts"
                raise UserError(f"{self.path}: column {position + 1} holds {what}, as {_shown(rows[0])}: {self._ask()}")
        if not all(looks_like_labels([row[position] for row in rows]) for position in positions[2:]):
            raise UserError(f"{self.path}: column {positions[2] + 1} holds no labels, as {_shown(rows[0])}: {self._ask()}")
        return positions

    def _ask(self) -> str:
        return f"--columns with the numbers of the two texts{' and of the label' * self.labelled}, from 1, says which they are"

    def _with_label(self, positions: list) -> list:
        if self.labelled and len(positions) == 2:
            raise UserError(f"{self.path}: no label column; labelled pairs are needed here (--columns A,B,LABEL names it)")
        return positions


def _counts(cells: List[str]) -> bool:
    """Whether a column counts its rows."""
    if len(cells) < ENOUGH or not all(cell.isascii() and cell.isdigit() for cell in cells):
        return False
    return [int(cell) for cell in cells] == list(range(int(cells[0]), int(cells[0]) + len(cells)))


def _shown(cells: Sequence[str]) -> str:
    return " | ".join(cell[:20] for cell in cells)
