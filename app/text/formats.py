"""The first lines of a file -> its format: TSV, CSV (comma or semicolon) or JSON lines. The file name is only a hint."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import List

from app.errors import UserError
from app.text.column_names import has_text_columns

DELIMITERS = ("\t", ",", ";")
JSON_EXAMPLE = '{"text_a": ..., "text_b": ...}'
FORMATS = ("tsv", "csv", "jsonl", "json", "xlsx", "parquet", "arrow")


@dataclass(frozen=True)
class Format:
    """A text format."""

    name: str  # "tsv" (no quoting), "csv" (RFC 4180) or "jsonl"
    delimiter: str = ""  # of tsv and csv

    def described(self) -> str:
        """The format in words."""
        return {"tsv": "TSV", "csv": "CSV", "jsonl": "JSON lines"}[self.name] + " with semicolons" * (self.delimiter == ";")


def find_format(lines: List[str], path: Path, input_format: str) -> Format:
    """The format of a file that begins with `lines`. `input_format`: the value of --input_format; empty: any format.

    Raises UserError if the lines are not rows of several cells.
    """
    first = next((line for line in lines if line.strip()), "")
    if _parsed(first, "[") is not None:
        raise UserError(f"{path}: its first row is {_shown(first)}; a JSON row must be an object, like {JSON_EXAMPLE}")
    if input_format == "jsonl" or (not input_format and _is_jsonl(lines, path)):
        return Format("jsonl")
    if input_format == "tsv":
        return Format("tsv", "\t")
    if first.lower().startswith("sep=") and first[4:5] in DELIMITERS:  # a line that Excel reads and writes
        return Format("tsv" if first[4] == "\t" else "csv", first[4])
    delimiter = _delimiter(lines, path, ",;" if input_format == "csv" else "\t,;")
    if not delimiter:
        raise UserError(
            f"{path}: no rows of several cells: its first row is {_shown(first)}; cells must be separated by tabs, commas or "
            "semicolons, or each row must be a JSON object (--input_format tsv, csv or jsonl selects the format)"
        )
    return Format("tsv" if delimiter == "\t" else "csv", delimiter)


def _shown(text: str) -> str:
    return repr(text[:60] + (" ..." if len(text) > 60 else ""))


def _is_jsonl(lines: List[str], path: Path) -> bool:
    named = ending_of(path) in ("jsonl", "json")
    filled = [line for line in lines if line.strip()]
    objects = sum(_parsed(line, "{") is not None for line in filled)
    return 0 < len(filled) <= 2 * objects or (named and (objects > 0 or filled[0].lstrip()[:1] == "{"))


def _parsed(line: str, opening: str) -> object:
    """The JSON object ("{") or array ("[") of a line. None if the line is not one."""
    try:
        return json.loads(line) if line.lstrip()[:1] == opening else None
    except (ValueError, RecursionError):
        return None


def _delimiter(lines: List[str], path: Path, candidates: str) -> str:
    """The delimiter that splits most rows into the same number of cells; empty if there is none.

    Only delimiters that occur in the first row are considered, if there are any. A header with known names decides at once.
    """
    rows = {delimiter: split_cells(lines, delimiter) for delimiter in candidates}
    for delimiter, cells in rows.items():
        if cells and has_text_columns(cells[0]):
            return delimiter
    by_name = {"tsv": "\t", "csv": ","}.get(ending_of(path), "\t")
    likely = [delimiter for delimiter, cells in rows.items() if cells and len(cells[0]) > 1] or list(rows)
    best = max(likely, key=lambda delimiter: (_agreement(rows[delimiter]), delimiter == by_name))
    return best if _agreement(rows[best]) else ""


def _agreement(rows: List[List[str]]) -> float:
    """The share of rows with as many cells as the first row, or with the most frequent number of cells. 0 for one cell."""
    widths = Counter(map(len, rows))
    likely = [len(rows[0]), widths.most_common(1)[0][0]] if rows else []
    return max((widths[width] / len(rows) for width in likely if width > 1), default=0.0)


def split_cells(lines: List[str], delimiter: str) -> List[List[str]]:
    """The cells of the lines that are not empty. No rows if the lines are not valid CSV."""
    filled = [line for line in lines if line.strip()]
    if delimiter == "\t":
        return [line.rstrip("\r\n").split("\t") for line in filled]
    try:
        return [row for row in csv.reader(filled, delimiter=delimiter) if row]
    except csv.Error:
        return []


def ending_of(path: Path) -> str:
    """The ending of a file name in lower case, without `.gz`: `pairs.TSV.gz` -> tsv."""
    name = path.name.lower()
    return (name[:-3] if name.endswith(".gz") else name).rpartition(".")[2]


def check_line_ends(text: str, path: Path) -> None:
    """Raises UserError if lines end with \\r alone, as on Macs before 2001."""
    if "\n" not in text and text.count("\r") > 1:
        raise UserError(f"{path}: its lines end with \\r alone, as on old Macs; save it with \\n")
