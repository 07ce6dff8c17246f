"""A row and its score -> a row of the scored file: its own text, untouched, with the new cells behind it."""

from __future__ import annotations

import csv
import io
import json
from typing import Optional, Sequence

from app.errors import UserError
from app.text.pairs import PairFile, Row

ADDED = ["probability", "prediction", "error"]
NOT_FINITE = "the model's logits are not finite (nan or inf)"


def check_not_scored(file: PairFile) -> None:
    """Raises UserError where the file has one of the new columns already. Later JSON lines that have one are bad rows."""
    twice = [name for name in ADDED if name in file.fields]
    if twice:
        raise UserError(f"{file.path}: has a column {twice[0]!r} already; is it a scored file?")
    file.refused = ADDED


def header_line(file: PairFile) -> str:
    """The beginning of the scored file: the byte order mark and the header, as far as the input has them."""
    mark = "\ufeff" if file.begins_with_bom else ""
    return mark + file.preamble + (_joined(file.header, ADDED, file) if file.header else "")


def scored_line(row: Row, file: PairFile, probability: Optional[float], prediction: str, all_digits: bool = False) -> str:
    """The line of one row; one that could not be scored says why. `all_digits` of the probability, or six."""
    if probability is None:
        return _joined(row, ["", "", row.error], file)
    return _joined(row, [repr(probability) if all_digits else f"{probability:.6f}", prediction, ""], file)


def _joined(row: Row, added: Sequence[str], file: PairFile) -> str:
    """The row's cells, as many as the file has columns, and the new ones, in the file's format, with the row's own line end."""
    end = row.end or "\n"
    if file.format.kind == "tsv":
        return "\t".join([_own_cells(row, file), *(" ".join(cell.split()) for cell in added)]) + end
    if file.format.kind == "csv":
        return file.format.delimiter.join([_own_cells(row, file), _as_csv(added, file)]) + end
    probability, prediction, error = added
    value = {ADDED[0]: float(probability) if probability else None, ADDED[1]: prediction or None, ADDED[2]: error}
    text = json.dumps(value, ensure_ascii=False)
    if file.is_table:
        return text + "\n"  # put behind the table's own columns when all is scored
    body = row.raw.strip()
    if body.startswith("{") and body.endswith("}") and not error.startswith("broken JSON") and not error.endswith(" already"):
        inside = body[1:-1].strip()
        return "{" + inside + (", " if inside else "") + text[1:] + end
    return json.dumps({"raw": row.raw, **value}, ensure_ascii=True) + end  # not an object: kept as a string


def _own_cells(row: Row, file: PairFile) -> str:
    """The row's text, which is kept as it is where it has no more cells than the file has columns; empty cells fill it up.

    What has more, or is not to be cut into cells, must not push the new cells out of their columns: it is put into one cell.
    """
    delimiter, width = file.format.delimiter, file.width
    if 0 < row.cells <= width:
        return row.raw + delimiter * (width - row.cells)
    if file.format.kind == "tsv":
        cells = row.raw.split("\t")
        return "\t".join([*cells[: width - 1], "\\t".join(cells[width - 1 :])])
    return _as_csv([row.raw], file) + delimiter * (width - 1)


def _as_csv(cells: Sequence[str], file: PairFile) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=file.format.delimiter, lineterminator="").writerow(cells)
    return text.getvalue()
