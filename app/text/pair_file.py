"""Pair files, row by row: format and columns are found from the content, and every bad row gets an error.

text_a<TAB>text_b<TAB>label          columns are found by the header (known names), by --columns, or in this order
怎么还信用卡<TAB>信用卡如何还款<TAB>1      TSV has no quoting; CSV follows RFC 4180; JSON lines have one object per line
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Deque, Iterator, List, Optional, Sequence, Tuple, Union

from app.errors import UserError
from app.text.basic_tokenizer import is_blank
from app.text.column_names import MAX_NAME_LENGTH, find_label_column, has_text_columns
from app.text.columns import ColumnFinder, Columns
from app.text.formats import Format, check_line_ends, find_format
from app.text.lines import ARRAY, XLSX, DecodedLines, detect_encoding, open_bytes, sample_of, split_end
from app.text.records import Record, Records
from app.text.soft_labels import parse_soft_columns
from app.text.tables import ARROW, PARQUET, SIGNATURES, table_names

SURROGATES = re.compile("[\ud800-\udfff]")  # bytes that could not be decoded (see `DecodedLines`), or escapes in JSON
WHOLE_NUMBER = re.compile(r"-?\d+\.0+", re.ASCII)
CONTAINERS = {XLSX: "XLSX", ARRAY: "JSON array", PARQUET: "Parquet", ARROW: "Arrow"}  # in words
FIRST_ROWS = 100  # rows that decide on the format and the columns


@dataclass
class Row:
    """One row of a pair file."""

    line: int  # number of its first line, from 1
    text_a: str = ""
    text_b: str = ""
    label: str = ""
    soft_label: Tuple[float, ...] = ()  # probabilities, see `SoftColumns.read`; empty if the row has none
    prediction: str = ""  # with a soft label: the cell of the column of that name, as in a scored file
    error: str = ""  # the reason why the row cannot be used; empty if it can
    raw: str = ""  # its text in the file, without the line end
    end: str = ""  # its line end
    cells: int = 0  # number of cells; 0 if the text cannot be split into cells


class PairFile:
    """An open pair file: its format, encoding and columns, found from its first rows, and its rows by iteration (once).

    `columns`, `header`, `input_format`, `encoding`: the flags of the same names; empty: found from the content.
    `remembered`: names of columns to look for first. `labelled`: a missing or empty label is an error.
    `soft_label_column`: the flag of that name; if given, a row needs a label or a soft label.
    Raises UserError if the file cannot be read, or if its format or its columns are not clear.
    """

    def __init__(
        self,
        path: str,
        columns: str = "",
        labelled: bool = False,
        input_format: Union[str, Format] = "",
        header: str = "",
        encoding: str = "",
        remembered: Sequence[str] = (),
        soft_label_column: str = "",
    ):
        self.path, self.labelled = Path(path), labelled
        self._stream, self.container = open_bytes(self.path, encoding)
        sample = sample_of(self._stream, self.path)
        if not sample.strip() and not self.is_table:
            raise UserError(f"{path}: the file is empty")
        self.encoding = "utf-8" if self.container else encoding or detect_encoding(self._stream, self.path)
        self._lines = DecodedLines(self._stream, self.encoding, self.path)
        self.format = self._find_format(sample, input_format)
        self._records = Records(self._lines, self.format, number_rows=self.container == XLSX)
        self.preamble = self._records.read_preamble(sample)  # Excel's line `sep=;` before the header
        self._first_records: Deque[Tuple[Tuple[int, int], Record]] = self._read_first_records()  # with their positions
        self.refused: Sequence[str] = ()  # names that are an error in a JSON object
        self.header: Optional[Row] = None  # None if the file has no header
        self.width = 0  # number of cells that a row must have
        self.soft_columns = parse_soft_columns(soft_label_column)
        self._columns = self._find_columns(ColumnFinder(path, columns, header, remembered, labelled, self.soft_columns))
        self.fields = self._columns.names
        if self._columns.header and self.format.name != "jsonl":
            _, (line, text, _, _) = self._first_records.popleft()
            raw, end = split_end(text)
            self.header = Row(line, raw=raw, end=end, cells=self.width)

    @property
    def is_table(self) -> bool:
        """Whether it is a Parquet or Arrow table, whose columns have types."""
        return self.container in SIGNATURES.values()

    @property
    def has_label(self) -> bool:
        return len(self._columns.positions) == 3

    def __enter__(self) -> "PairFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[Row]:
        while self._first_records:
            yield self._row(*self._first_records.popleft()[1])
        for record in self._records:
            yield self._row(*record)

    @property
    def columns(self) -> List[str]:
        """The selected columns, as values for `--columns`: names, or numbers from 1 if the file has no header."""
        if self.format.name == "jsonl":
            return list(self._columns.positions)
        return [self.fields[position] if self.header else str(position + 1) for position in self._columns.positions]

    def described(self) -> str:
        """Format, encoding and columns in words: `TSV in UTF-8, text_a = question1, text_b = question2`."""
        form = CONTAINERS.get(self.container.partition(" ")[0]) or self.format.described()
        encoding = "" if self.container else f" in {self.encoding.upper()}"
        columns = map(self._shown, self._columns.positions)
        roles = [f"{role} = {column}" for role, column in zip(("text_a", "text_b", "label"), columns)]
        if self.soft_columns:
            roles.append(f"soft label = {self.soft_columns.described([self._shown(column) for column in self._columns.soft])}")
        return f"{form}{encoding}, " + ", ".join(roles)

    def _shown(self, column: Union[int, str]) -> str:
        """A column, by name (JSON) or index, as it is shown: its name if the file has names, else its number."""
        return column if isinstance(column, str) else self.fields[column] if self.header else f"column {column + 1}"

    @property
    def begins_with_bom(self) -> bool:
        """Whether the file begins with a byte order mark."""
        return self._lines.begins_with_bom

    @property
    def position(self) -> Tuple[int, int]:
        """Bytes (unpacked) and lines before the next row."""
        return self._first_records[0][0] if self._first_records else self._records.position

    def skip_to(self, position: Tuple[int, int]) -> None:
        """Continues at an earlier value of `position`."""
        if position != self.position:
            self._first_records.clear()
            self._records.skip_to(position)

    # -- the first rows ------------------------------------------------------------------------------------------------

    def _find_format(self, sample: bytes, input_format: Union[str, Format]) -> Format:
        if isinstance(input_format, Format):
            return input_format
        if self.container:
            if not self.container.startswith(input_format):
                raise UserError(f"--input_format {input_format}: {self.path} is {self.container}")
            return Format("csv", ",") if self.container == XLSX else Format("jsonl")
        if input_format in CONTAINERS:
            raise UserError(f"--input_format {input_format}: {self.path} has another format")
        text = sample.decode(self.encoding, errors="surrogateescape").lstrip("\ufeff")
        lines = [line + "\n" for line in text.split("\n")[:FIRST_ROWS]]
        check_line_ends(text, self.path)
        return find_format(lines, self.path, input_format)

    def _read_first_records(self) -> deque:
        """The first records, each with its position. The iteration over the rows begins with them."""
        records: deque = deque()
        while len(records) < FIRST_ROWS:
            position = self._records.position
            record = next(self._records, None)
            if record is None:
                break
            records.append((position, record))
        return records

    def _find_columns(self, finder: ColumnFinder) -> Columns:
        """Finds the columns from the first records, and sets `width`."""
        valid = [cells for _, (_, _, cells, error) in self._first_records if not error]
        if self.format.name == "jsonl":
            names = list(dict.fromkeys(itertools.chain.from_iterable(valid)))
            if self.is_table:
                names = table_names(self.path, self.container)
            if not names:
                raise UserError(f"{self.path}: no JSON object in its first {FIRST_ROWS} lines: {self._first_records[0][1][3]}")
            found = finder.of_objects(names, complete=self.is_table)
            if self.is_table and valid and self.soft_columns:
                self._check_types(found, valid[0])
            return found
        rows = [cells for cells in valid if any(cell.strip() for cell in cells)]
        if not rows:
            error = self._first_records[0][1][3] or "all are empty"
            raise UserError(f"{self.path}: no row in its first {FIRST_ROWS} lines: {error}")
        self.width, widths = len(rows[0]), Counter(map(len, rows))
        common, count = widths.most_common(1)[0]
        if common > 1 and count > widths[self.width] and not (finder.header or has_text_columns(rows[0])):
            raise UserError(f"{self.path}: its first row has {self.width} cells, others have {common}; fix it, or give --header")
        return finder.of_rows(rows)

    def _check_types(self, columns: Columns, cells: dict) -> None:
        """Raises UserError if a label column of a table has a type that is not read: it would look empty."""
        for name in (*columns.soft, *columns.positions[2:]):
            if name not in cells and name in columns.names:
                raise UserError(f"{self.path}: the column {name!r} holds neither strings nor numbers; convert it")

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _row(self, line: int, text: str, cells, error: str) -> Row:
        raw, end = split_end(text)
        row = Row(line, raw=raw, end=end, error=error, cells=len(cells) if raw else 1)
        is_object = self.format.name == "jsonl"
        if not error:
            row.error = self._shape_error(cells)
        if row.error:
            return row
        values = [cells.get(position) if is_object else cells[position] for position in self._columns.positions]
        row.text_a, row.text_b = values[:2]
        row.label = _label_text(values[2]) if self.has_label else ""
        row.error = text_error(row.text_a, row.text_b, self.encoding) or self._label_error(row, cells)
        if row.error and "\n" in raw:
            row.error += f" (a row of lines {line} to {line + raw.count(chr(10))})"
        return row

    def _shape_error(self, cells) -> str:
        """The reason why the cells of a record are not a row of this file; empty if they are."""
        if self.format.name == "jsonl":
            refused = [name for name in self.refused if name in cells]
            if refused:
                return f"has {refused[0]!r} already"
            missing = [name for name in self._columns.positions[:2] if name not in cells]
            if missing:
                return f"no {missing[0]!r}"
            wrong = [name for name in self._columns.positions[:2] if not isinstance(cells[name], str)]
            return f"{wrong[0]} is not a string" if wrong else ""
        if not any(map(str.strip, cells)):
            return "empty line"
        if len(cells) != self.width:
            return f"{len(cells)} columns where {self.width} are expected"
        return "a header in the middle of the file" if self._is_header(cells) else ""

    def _is_header(self, cells: List[str]) -> bool:
        """Whether a row is a header, as in files that were concatenated: the file's own header, or one with known names."""
        position = self._columns.positions[0]
        if self.header:
            return cells[position].strip() == self.fields[position] and [cell.strip() for cell in cells] == self.fields
        if len(cells[position]) > MAX_NAME_LENGTH:
            return False
        selected = [cells[position] for position in self._columns.positions]
        return has_text_columns(selected[:2]) and (len(selected) == 2 or find_label_column(selected[2:]) is not None)

    def _label_error(self, row: Row, cells) -> str:
        """Reads the soft label. Returns the reason why the row has no usable label; empty if it has, or if it needs none."""
        if not self.soft_columns:
            return "the label is empty" if self.labelled and not row.label else ""
        is_object = self.format.name == "jsonl"
        try:
            values = [cells.get(position) if is_object else cells[position] for position in self._columns.soft]
            row.soft_label = self.soft_columns.read(values)
            row.prediction = _label_text(self._named(cells, "prediction"))
        except ValueError as problem:
            return str(problem)
        later = find_label_column(list(cells)) if is_object and not self.has_label else None
        if later and later not in self._columns.soft:
            return f"has {later!r}, which the first {FIRST_ROWS} rows do not have; name it with --columns A,B,LABEL"
        if row.label or row.soft_label:
            return ""
        error = " ".join(str(self._named(cells, "error") or "").split())[:80]  # of a scored file: why it has no probability
        return "neither a label nor a soft label" + (f" (error: {error})" if error else "")

    def _named(self, cells, name: str) -> object:
        """The value of the column with this name; None if there is none."""
        if self.format.name == "jsonl":
            return cells.get(name)
        return cells[self.fields.index(name)] if name in self.fields else None


def text_error(text_a: object, text_b: object, encoding: str = "utf-8") -> str:
    """The reason why two values are not a pair of texts; empty if they are. `encoding` is for the message only."""
    texts = {"text_a": text_a, "text_b": text_b}
    wrong = [name for name, text in texts.items() if not isinstance(text, str)]
    empty = [name for name, text in texts.items() if not wrong and is_blank(text)]
    if wrong or empty:
        return f"{wrong[0]} is not a string" if wrong else f"{empty[0]} is empty"
    return f"not valid {encoding.upper()} text" if any(map(SURROGATES.search, texts.values())) else ""


def _label_text(value: object) -> str:
    """A label as text. 1.0 becomes 1: pandas writes a column of integers with missing values as floats."""
    if value is None or value != value:  # nan: in a column of floats, a missing value
        return ""
    if isinstance(value, bool):
        value = int(value)
    text = str(value).strip()
    return text.partition(".")[0] if WHOLE_NUMBER.fullmatch(text) else text
