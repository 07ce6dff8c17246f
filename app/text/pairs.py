"""Pair files row by row: TSV, CSV, JSONL, each also .gz; every bad row named by its line.

text_a<TAB>text_b<TAB>label          columns by header (several known names), else in this order
怎么还信用卡<TAB>信用卡如何还款<TAB>1      TSV has no quoting; CSV follows RFC 4180; JSONL is one object a line
"""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

from app.errors import UserError
from app.text.lines import DecodedLines, detect_encoding, open_bytes, split_end

PAIR_NAMES = [("text_a", "text_b"), ("query", "title"), ("sentence1", "sentence2"), ("question1", "question2")]
LABEL_NAME = "label"
FORMATS = ("tsv", "csv", "jsonl")
UNDECODED = re.compile("[\ud800-\udfff]")  # bytes that are no text are kept as these, and JSON may hold them
FIRST_OBJECTS = 100  # lines of JSONL among which one must be whole, for the names
csv.field_size_limit(1 << 27)  # a quote that is never closed must not swallow a whole disk into memory


@dataclass
class Row:
    """One row of a pair file. `error` says why it cannot be used and is empty where it can."""

    line: int  # where it begins, counted from 1
    text_a: str = ""
    text_b: str = ""
    label: str = ""
    error: str = ""
    raw: str = ""  # as it stands in the file, without its line end
    end: str = ""  # its line end, as it stands there
    lacking: int = 0  # cells that it has too few


class PairFile:
    """A pair file, opened: what is known from its first lines, then its rows by iteration (once).

    `columns` names the columns ("a,b" or "a,b,label"), or numbers them from 1 in a file without a header; empty: by
    header or order. `labelled` makes a missing or empty label an error; `kind` is the format where the name does not say
    it. Raises UserError where the file cannot be read.
    """

    def __init__(self, path: str, columns: str = "", labelled: bool = False, kind: str = ""):
        self.path, self.labelled, self._wanted = Path(path), labelled, columns
        self.format = kind or format_of(self.path)
        self._stream = open_bytes(self.path)
        self.encoding = detect_encoding(self._stream, self.path)
        self._lines = DecodedLines(self._stream, self.encoding, self.path)
        self._records = self._jsonl_records() if self.format == "jsonl" else self._delimited_records()
        self._held = self._read_first()  # records with the places before them, read and not given out yet
        if not self._held:
            raise UserError(f"{path}: the file is empty")
        self.header: Optional[Row] = None  # the header's row, where the file has one
        self.fields: List[str] = []  # names of all columns, where they have names
        self.width = 0  # cells of a row
        self._columns = self._choose_columns([name.strip() for name in columns.split(",")] if columns else [])
        if self.header is not None:
            self._held.popleft()

    def again(self) -> "PairFile":
        """The same file, opened anew."""
        return PairFile(str(self.path), self._wanted, self.labelled, self.format)

    @property
    def has_label(self) -> bool:
        return len(self._columns) == 3

    def __enter__(self) -> "PairFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[Row]:
        while self._held:
            yield self._row(*self._held.popleft()[1])
        for record in self._records:
            yield self._row(*record)

    @property
    def columns(self) -> List[str]:
        """The chosen columns as `--columns` takes them: names, or numbers from 1 in a file without a header."""
        if self.format == "jsonl":
            return list(self._columns)
        return [self.fields[column] if self.header else str(column + 1) for column in self._columns]

    @property
    def begins_with_bom(self) -> bool:
        """Whether a byte order mark stands before the first row."""
        return self._lines.begins_with_bom

    @property
    def place(self) -> Tuple[int, int]:
        """Bytes (unpacked) and lines before the next row."""
        return self._held[0][0] if self._held else (self._lines.offset, self._lines.number)

    def skip_to(self, place: Tuple[int, int]) -> None:
        """Goes on at a `place` that this file had."""
        if place != self.place:
            self._held.clear()
            self._lines.skip_to(*place)

    # -- records: (line, text with its line end, cells or object, error) -----------------------------------------------

    def _read_first(self) -> deque:
        """The first record; of JSONL all until one that shows the names, where there is one among the first."""
        held: deque = deque()
        while len(held) < (FIRST_OBJECTS if self.format == "jsonl" else 1):
            place = (self._lines.offset, self._lines.number)
            record = next(self._records, None)
            if record is None:
                break
            held.append((place, record))
            if not record[3]:
                break
        return held

    def _delimited_records(self) -> Iterator[Tuple[int, str, list, str]]:
        if self.format == "tsv":
            for text in self._lines:
                yield self._lines.number, text, split_end(text)[0].split("\t"), ""
            return
        taken: List[str] = []  # the lines of the record being read: a quoted cell may hold line breaks
        reader = csv.reader((taken.append(text) or text for text in self._lines), strict=True)
        while True:
            line = self._lines.number + 1
            try:
                cells, error = next(reader), ""
            except StopIteration:
                return
            except csv.Error as problem:
                cells, error = [], f"broken CSV quoting ({problem})"
            yield line, "".join(taken), cells, error
            taken.clear()

    def _jsonl_records(self) -> Iterator[Tuple[int, str, dict, str]]:
        for text in self._lines:
            try:
                value = json.loads(text)
                error = "" if isinstance(value, dict) else "not a JSON object"
            except (ValueError, RecursionError) as problem:
                value, error = {}, f"broken JSON ({problem})" if text.strip() else "empty line"
            yield self._lines.number, text, value if not error else {}, error

    # -- columns -------------------------------------------------------------------------------------------------------

    def _choose_columns(self, wanted: Sequence[str]) -> list:
        """Column names (JSONL) or positions of text_a, text_b and, where there is one, the label."""
        line, text, first, _ = self._held[-1][1]
        if wanted and len(wanted) not in (2, 3):
            raise UserError(f"--columns {','.join(wanted)}: two names (texts) or three (texts and label) are needed")
        if self.format == "jsonl":
            return self._choose_names(list(first), wanted)
        self.width = len(first)
        if wanted and all(name.isdigit() for name in wanted):
            positions = [int(name) - 1 for name in wanted]
            if min(positions) < 0 or max(positions) >= self.width:
                raise UserError(f"--columns {','.join(wanted)}: {self.path} has columns 1 to {self.width}")
            return self._with_label(positions)
        cells = [cell.strip() for cell in first]
        lowered = [cell.lower() for cell in cells]
        if wanted or any(set(pair) <= set(lowered) for pair in PAIR_NAMES):
            self.header, self.fields = Row(line, "", "", "", "", *split_end(text)), cells
            return [cells.index(name) for name in self._choose_names(cells, wanted)]
        if self.width not in (2, 3):
            raise UserError(
                f"{self.path}: {self.width} column(s) and no header with known names; "
                "say which with --columns NAME_A,NAME_B,LABEL (or their numbers, from 1)"
            )
        return self._with_label(list(range(self.width)))

    def _choose_names(self, there: List[str], wanted: Sequence[str]) -> List[str]:
        self.fields = there
        if wanted:
            missing = [name for name in wanted if name not in there]
            if missing:
                raise UserError(f"{self.path}: no column {missing[0]!r} among {', '.join(there) or 'none'} (--columns)")
            return self._with_label(list(wanted))
        by_lowered = {name.lower(): name for name in there}
        for pair in PAIR_NAMES:
            if set(pair) <= set(by_lowered):
                label = [by_lowered[LABEL_NAME]] if LABEL_NAME in by_lowered else []
                return self._with_label([by_lowered[pair[0]], by_lowered[pair[1]]] + label)
        known = " / ".join(",".join(pair) for pair in PAIR_NAMES)
        raise UserError(f"{self.path}: none of the known columns ({known}); say which with --columns")

    def _with_label(self, columns: list) -> list:
        if self.labelled and len(columns) == 2:
            raise UserError(f"{self.path}: no label column; labelled pairs are needed here (--columns a,b,label names it)")
        return columns

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _row(self, line: int, text: str, record, error: str) -> Row:
        raw, end = split_end(text)
        row = Row(line, raw=raw, end=end, error=error)
        if error:
            return row
        row.lacking = 0 if self.format == "jsonl" else max(0, self.width - len(record))
        if not raw.strip("\t "):
            row.error = "empty line"
        elif self.format == "jsonl":
            missing = [name for name in self._columns[:2] if name not in record]
            if missing:
                row.error = f"no {missing[0]!r}"
            elif not all(isinstance(record[name], str) for name in self._columns[:2]):
                row.error = "a text that is not a string"
        elif len(record) != self.width:
            row.error = f"{len(record)} columns where {self.width} are expected"
        if row.error:
            return row
        row.text_a, row.text_b = record[self._columns[0]], record[self._columns[1]]
        if self.has_label:
            row.label = _label_text(record.get(self._columns[2]) if self.format == "jsonl" else record[self._columns[2]])
        row.error = self._content_error(row)
        return row

    def _content_error(self, row: Row) -> str:
        for name, text in (("text_a", row.text_a), ("text_b", row.text_b)):
            if not text.strip():
                return f"{name} is empty"
        if self.labelled and not row.label:
            return "the label is empty"
        if UNDECODED.search(row.text_a) or UNDECODED.search(row.text_b):
            return f"not valid {self.encoding.upper()} text"
        return ""


def format_of(path: Path) -> str:
    """`tsv`, `csv` or `jsonl` by the file's name. Raises UserError for other names."""
    name = path.name.lower()
    ending = (name[:-3] if name.endswith(".gz") else name).rpartition(".")[2]
    if ending not in FORMATS:
        raise UserError(f"{path}: pair files end in .tsv, .csv or .jsonl (each also .gz)")
    return ending


def _label_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    return str(value).strip()
