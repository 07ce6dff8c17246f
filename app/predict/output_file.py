"""The scored file: each input row unchanged, with the cells `probability`, `prediction` and `error` after its own."""

from __future__ import annotations

import csv
import io
import json
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence

from app.errors import UserError
from app.text.pair_file import PairFile, Row

ADDED = ["probability", "prediction", "error"]
NOT_FINITE = "the model's logits are not finite (nan or inf)"


class ScoredRows(ABC):
    """Receives the scored rows of one file, window by window."""

    last: Optional[Dict[str, Any]] = None  # the last line of the journal; None if no row was scored before

    @abstractmethod
    def begin(self, resume: bool, overwrite: bool) -> None:
        """Opens it."""

    @abstractmethod
    def write(self, rows: bytes, line: Dict[str, Any]) -> None:
        """Appends scored rows. `line`: what a journal keeps about them."""

    @abstractmethod
    def publish(self, summary: Any, arrange: Callable[[Path], Path]) -> None:
        """Makes the result of the rows, after the last one. See `ResumableRows.publish`."""

    @abstractmethod
    def close(self) -> None:
        """Closes it."""


class StandardOutput(ScoredRows):
    """Writes scored rows to standard output at once. A killed command cannot continue."""

    def begin(self, resume: bool, overwrite: bool) -> None:
        """Standard output is open already."""

    def write(self, rows: bytes, line: Dict[str, Any]) -> None:
        """Writes the rows."""
        sys.stdout.buffer.write(rows)
        sys.stdout.buffer.flush()

    def publish(self, summary: Any, arrange: Callable[[Path], Path]) -> None:
        """The rows are written already."""

    def close(self) -> None:
        """Standard output stays open."""


def check_not_scored(file: PairFile) -> None:
    """Raises UserError if the file already has one of the new columns. JSON lines that have one later are bad rows."""
    twice = [name for name in ADDED if name in file.fields]
    if twice:
        raise UserError(f"{file.path}: has a column {twice[0]!r} already; is it a scored file?")
    file.refused = ADDED


def check_labels(file: PairFile, labels: Sequence[str]) -> None:
    """Raises UserError if a label cannot be written in the encoding of the file."""
    for label in labels:
        try:
            label.encode(file.encoding)
        except UnicodeEncodeError:
            reason = f"the label {label!r} cannot be written in its encoding, {file.encoding.upper()}"
            raise UserError(f"{file.path}: {reason}; save it as UTF-8") from None


def header_line(file: PairFile) -> str:
    """The beginning of the scored file: byte order mark, Excel's `sep=` line and header, if the input has them."""
    mark = "\ufeff" if file.begins_with_bom else ""
    return mark + file.preamble + (_joined(file.header, ADDED, file) if file.header else "")


def scored_line(row: Row, file: PairFile, probability: Optional[float], prediction: str, all_digits: bool = False) -> str:
    """The line of one scored row. `probability` None: the row has an error. `all_digits`: do not round to six decimals."""
    if probability is None:
        return _joined(row, ["", "", row.error], file)
    return _joined(row, [repr(probability) if all_digits else f"{probability:.6f}", prediction, ""], file)


def _joined(row: Row, added: Sequence[str], file: PairFile) -> str:
    """The row's cells, filled up to the file's width, and the new ones, in the file's format, with the row's own line end."""
    end = row.end or "\n"
    if file.format.name == "tsv":
        return "\t".join([_own_cells(row, file), *(" ".join(cell.split()) for cell in added)]) + end
    if file.format.name == "csv":
        return file.format.delimiter.join([_own_cells(row, file), _as_csv(added, file)]) + end
    probability, prediction, error = added
    value = {ADDED[0]: float(probability) if probability else None, ADDED[1]: prediction or None, ADDED[2]: error}
    text = json.dumps(value, ensure_ascii=False)
    if file.is_table:
        return text + "\n"  # `write_table` adds these values to the table
    body = row.raw.strip()
    if body.startswith("{") and body.endswith("}") and not error.startswith("broken JSON") and not error.endswith(" already"):
        inside = body[1:-1].strip()
        return "{" + inside + (", " if inside else "") + text[1:] + end
    return json.dumps({"raw": row.raw, **value}, ensure_ascii=True) + end  # not an object: kept as a string


def _own_cells(row: Row, file: PairFile) -> str:
    """The row's text, with empty cells added if it has fewer cells than the file has columns.

    If it has more, or cannot be split into cells, the rest goes into one cell, so that the new cells stay in their columns.
    """
    delimiter, width = file.format.delimiter, file.width
    if 0 < row.cells <= width:
        return row.raw + delimiter * (width - row.cells)
    if file.format.name == "tsv":
        cells = row.raw.split("\t")
        return "\t".join([*cells[: width - 1], "\\t".join(cells[width - 1 :])])
    return _as_csv([row.raw], file) + delimiter * (width - 1)


def _as_csv(cells: Sequence[str], file: PairFile) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=file.format.delimiter, lineterminator="").writerow(cells)
    return text.getvalue()
