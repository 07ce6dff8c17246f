"""The first lines of a file -> how its rows are written: TSV, CSV (comma or semicolon), JSON lines. The name is a hint."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import List

from app.errors import UserError
from app.text.column_names import knows_pair

DELIMITERS = ("\t", ",", ";")
EXAMPLE = '{"text_a": ..., "text_b": ...}'
FORMATS = ("tsv", "csv", "jsonl", "json", "xlsx", "parquet", "arrow")


@dataclass(frozen=True)
class Format:
    """How rows are written."""

    name: str  # tsv (no quoting), csv (RFC 4180), jsonl
    delimiter: str = ""  # of tsv and csv

    def described(self) -> str:
        """In words."""
        return {"tsv": "TSV", "csv": "CSV", "jsonl": "JSON lines"}[self.name] + " with semicolons" * (self.delimiter == ";")


def find_format(lines: List[str], path: Path, asked: str) -> Format:
    """By the first lines; `asked` is --input_format. Raises UserError where they are no rows of several cells."""
    first = next((line for line in lines if line.strip()), "")
    if _value(first, "[") is not None:
        raise UserError(f"{path}: its first row is {_shown(first)}; a row in JSON is an object, as {EXAMPLE}")
    if asked == "jsonl" or (not asked and _is_jsonl(lines, path)):
        return Format("jsonl")
    if asked == "tsv":
        return Format("tsv", "\t")
    if first.lower().startswith("sep=") and first[4:5] in DELIMITERS:  # what Excel writes for itself
        return Format("tsv" if first[4] == "\t" else "csv", first[4])
    found = _delimiter(lines, path, ",;" if asked == "csv" else "\t,;")
    if not found:
        raise UserError(
            f"{path}: no rows of several cells: its first row is {_shown(first)}; cells stand between tabs, commas or semicolons,"
            " or a row is a JSON object (--input_format tsv, csv or jsonl says which)"
        )
    return Format("tsv" if found == "\t" else "csv", found)


def _shown(text: str) -> str:
    return repr(text[:60] + (" ..." if len(text) > 60 else ""))


def _is_jsonl(lines: List[str], path: Path) -> bool:
    named = ending_of(path) in ("jsonl", "json")
    filled = [line for line in lines if line.strip()]
    objects = sum(_value(line, "{") is not None for line in filled)
    return 0 < len(filled) <= 2 * objects or (named and (objects > 0 or filled[0].lstrip()[:1] == "{"))


def _value(line: str, opening: str) -> object:
    """The JSON object or array that the line is; None where it is none."""
    try:
        return json.loads(line) if line.lstrip()[:1] == opening else None
    except (ValueError, RecursionError):
        return None


def _delimiter(lines: List[str], path: Path, among: str) -> str:
    """Of those that cut the first row, the one that cuts most rows into as many cells; a known header decides alone."""
    rows = {delimiter: cut(lines, delimiter) for delimiter in among}
    for delimiter, cells in rows.items():
        if cells and knows_pair(cells[0]):
            return delimiter
    own = {"tsv": "\t", "csv": ","}.get(ending_of(path), "\t")
    cutting = [delimiter for delimiter, cells in rows.items() if cells and len(cells[0]) > 1] or list(rows)
    best = max(cutting, key=lambda delimiter: (_agreement(rows[delimiter]), delimiter == own))
    return best if _agreement(rows[best]) else ""


def _agreement(rows: List[List[str]]) -> float:
    """The share of rows that have as many cells as the first, or the commonest number of them; 0 where that is 1."""
    widths = Counter(map(len, rows))
    likely = [len(rows[0]), widths.most_common(1)[0][0]] if rows else []
    return max((widths[width] / len(rows) for width in likely if width > 1), default=0.0)


def cut(lines: List[str], delimiter: str) -> List[List[str]]:
    """The lines' cells, without the empty lines."""
    filled = [line for line in lines if line.strip()]
    if delimiter == "\t":
        return [line.rstrip("\r\n").split("\t") for line in filled]
    try:
        return [row for row in csv.reader(filled, delimiter=delimiter) if row]
    except csv.Error:
        return []


def ending_of(path: Path) -> str:
    """The ending of a file's name, without that of a packed one: `pairs.TSV.gz` -> tsv."""
    name = path.name.lower()
    return (name[:-3] if name.endswith(".gz") else name).rpartition(".")[2]


def check_line_ends(text: str, path: Path) -> None:
    """Raises UserError where lines end as on Macs of before 2001."""
    if "\n" not in text and text.count("\r") > 1:
        raise UserError(f"{path}: its lines end with \\r alone, as on old Macs; save it with \\n")
