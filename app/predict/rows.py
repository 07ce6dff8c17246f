"""A row and its score -> a row of the scored file: its own text, untouched, with the new cells behind it."""

from __future__ import annotations

import csv
import io
import json
from typing import Optional, Sequence

from app.errors import UserError
from app.text.pairs import PairFile, Row

ADDED = ["probability", "prediction", "error"]


def check_not_scored(file: PairFile) -> None:
    """Raises UserError where the file has one of the new columns already."""
    twice = [name for name in ADDED if name in file.fields]
    if twice:
        raise UserError(f"{file.path}: has a column {twice[0]!r} already; is it a scored file?")


def header_line(file: PairFile) -> str:
    """The beginning of the scored file: the byte order mark and the header, as far as the input has them."""
    mark = "\ufeff" if file.begins_with_bom else ""
    return mark + (joined(file.header, ADDED, file.format) if file.header else "")


def scored_line(row: Row, kind: str, probability: Optional[float], prediction: str) -> str:
    """The line of one row; one that could not be scored says why."""
    return joined(row, ["", "", row.error] if probability is None else [f"{probability:.6f}", prediction, ""], kind)


def joined(row: Row, added: Sequence[str], kind: str) -> str:
    """The row's text, the cells that it lacks, and the new ones, in the file's format, with the row's own line end."""
    end = row.end or "\n"
    if kind == "tsv":
        return "\t".join([row.raw + "\t" * row.lacking, *(cell.replace("\t", " ") for cell in added)]) + end
    if kind == "csv":
        cells = io.StringIO()
        csv.writer(cells, lineterminator="").writerow(added)
        return f"{row.raw}{',' * row.lacking},{cells.getvalue()}{end}"
    probability, prediction, error = added
    value = {ADDED[0]: float(probability) if probability else None, ADDED[1]: prediction or None, ADDED[2]: error}
    body = row.raw.strip()
    text = json.dumps(value, ensure_ascii=False)
    if body.startswith("{") and body.endswith("}") and not error.startswith("broken JSON"):
        inside = body[1:-1].strip()
        return "{" + inside + (", " if inside else "") + text[1:] + end
    return json.dumps({"raw": row.raw, **value}, ensure_ascii=True) + end  # not an object: kept as a string
