"""Pair files row by row: what a file is (its content says it), its columns, its rows; every bad row named by its line.

text_a<TAB>text_b<TAB>label          columns by header (known names), by --columns, or in this order
怎么还信用卡<TAB>信用卡如何还款<TAB>1      TSV has no quoting; CSV follows RFC 4180; JSON lines are one object a line
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
from app.text.column_names import LONGEST_NAME, find_label, knows_pair
from app.text.columns import ColumnFinder, Columns
from app.text.formats import Format, check_line_ends, find_format
from app.text.lines import ARRAY, XLSX, DecodedLines, detect_encoding, open_bytes, sample_of, split_end
from app.text.records import Record, Records
from app.text.tables import ARROW, MARKS, PARQUET, table_names

UNDECODED = re.compile("[\ud800-\udfff]")  # bytes that are no text are kept as these, and JSON may hold them
WHOLE = re.compile(r"-?\d+\.0+", re.ASCII)
CONTAINERS = {XLSX: "XLSX", ARRAY: "JSON array", PARQUET: "Parquet", ARROW: "Arrow"}  # in words
FIRST_ROWS = 100  # that decide on format and columns


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
    cells: int = 0  # how many it has; 0 where that is not to be told


class PairFile:
    """A pair file, opened: what is known from its first lines, then its rows by iteration (once).

    `columns`, `header`, `input_format` and `encoding` are --columns, --header, --input_format and --encoding; empty: by the content.
    `remembered`: names of columns to look for first. `labelled` makes a missing or empty label an error. Raises UserError where
    the file cannot be read, or what it holds is not clear.
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
    ):
        self.path, self.labelled = Path(path), labelled
        self._stream, self.container = open_bytes(self.path, encoding)
        sample = sample_of(self._stream, self.path)
        if not sample.strip() and not self.is_table:
            raise UserError(f"{path}: the file is empty")
        self.encoding = "utf-8" if self.container else encoding or detect_encoding(self._stream, self.path)
        self._lines = DecodedLines(self._stream, self.encoding, self.path)
        self.format = self._find_format(sample, input_format)
        self._records = Records(self._lines, self.format, by_number=self.container == XLSX)
        self.preamble = self._records.take_preamble(sample)  # what stands before the header: Excel's `sep=;`
        self._held: Deque[Tuple[Tuple[int, int], Record]] = self._read_first()
        self.refused: Sequence[str] = ()  # names that no JSON object may have
        self.header: Optional[Row] = None  # the header's row, where the file has one
        self.width = 0  # cells of a row
        self._columns = self._choose(ColumnFinder(path, columns, header, remembered, labelled))
        self.fields = self._columns.names
        if self._columns.header and self.format.name != "jsonl":
            _, (line, text, _, _) = self._held.popleft()
            self.header = Row(line, "", "", "", "", *split_end(text), self.width)

    @property
    def is_table(self) -> bool:
        """Whether its rows have types: Parquet, Arrow."""
        return self.container in MARKS.values()

    @property
    def has_label(self) -> bool:
        return len(self._columns.positions) == 3

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
        if self.format.name == "jsonl":
            return list(self._columns.positions)
        return [self.fields[position] if self.header else str(position + 1) for position in self._columns.positions]

    def described(self) -> str:
        """What was taken for what, in words: `TSV in UTF-8, text_a = question1, text_b = question2`."""
        form = CONTAINERS.get(self.container.partition(" ")[0]) or self.format.described()
        encoding = "" if self.container else f" in {self.encoding.upper()}"
        by_name = self.header or self.format.name == "jsonl"
        chosen = [name if by_name else f"column {name}" for name in self.columns]
        return f"{form}{encoding}, " + ", ".join(f"{role} = {name}" for role, name in zip(("text_a", "text_b", "label"), chosen))

    @property
    def begins_with_bom(self) -> bool:
        """Whether a byte order mark stands before the first row."""
        return self._lines.begins_with_bom

    @property
    def position(self) -> Tuple[int, int]:
        """Bytes (unpacked) and lines before the next row."""
        return self._held[0][0] if self._held else self._records.position

    def skip_to(self, position: Tuple[int, int]) -> None:
        """Goes on at a `place` that this file had."""
        if position != self.position:
            self._held.clear()
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
            raise UserError(f"--input_format {input_format}: {self.path} is no {'Excel file' if input_format == XLSX else CONTAINERS[input_format]}")
        text = sample.decode(self.encoding, errors="surrogateescape").lstrip("\ufeff")
        lines = [line + "\n" for line in text.split("\n")[:FIRST_ROWS]]
        check_line_ends(text, self.path)
        return find_format(lines, self.path, input_format)

    def _read_first(self) -> deque:
        held: deque = deque()
        while len(held) < FIRST_ROWS:
            position = self._records.position
            record = next(self._records, None)
            if record is None:
                break
            held.append((position, record))
        return held

    def _choose(self, chooser: ColumnFinder) -> Columns:
        whole = [cells for _, (_, _, cells, error) in self._held if not error]
        if self.format.name == "jsonl":
            names = list(dict.fromkeys(itertools.chain.from_iterable(whole)))
            if self.is_table:
                names = table_names(self.path, self.container)
            if not names:
                raise UserError(f"{self.path}: no JSON object in its first {FIRST_ROWS} lines: {self._held[0][1][3]}")
            return chooser.of_objects(names)
        rows = [cells for cells in whole if any(cell.strip() for cell in cells)]
        if not rows:
            raise UserError(f"{self.path}: no row in its first {FIRST_ROWS} lines: {self._held[0][1][3] or 'all are empty'}")
        self.width, widths = len(rows[0]), Counter(map(len, rows))
        (common, count) = widths.most_common(1)[0]
        if common > 1 and count > widths[self.width] and not (chooser.header or knows_pair(rows[0])):
            raise UserError(f"{self.path}: its first row has {self.width} cells, others have {common}; mend it, or give --header")
        return chooser.of_rows(rows)

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _row(self, line: int, text: str, cells, error: str) -> Row:
        raw, end = split_end(text)
        row = Row(line, raw=raw, end=end, error=error, cells=len(cells) if raw else 1)
        of_objects = self.format.name == "jsonl"
        if not error:
            row.error = self._shape_error(raw, cells)
        if row.error:
            return row
        values = [cells.get(position) if of_objects else cells[position] for position in self._columns.positions]
        row.text_a, row.text_b = values[:2]
        row.label = _label_text(values[2]) if self.has_label else ""
        row.error = self._content_error(row)
        if row.error and "\n" in raw:
            row.error += f" (a row of lines {line} to {line + raw.count(chr(10))})"
        return row

    def _shape_error(self, raw: str, cells) -> str:
        """What keeps a record from being a row of this file."""
        if self.format.name == "jsonl":
            twice = [name for name in self.refused if name in cells]
            if twice:
                return f"has {twice[0]!r} already"
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
        """Whether this row is one, as where two files were put together: the file's own, or one of known names."""
        position = self._columns.positions[0]
        if self.header:
            return cells[position].strip() == self.fields[position] and [cell.strip() for cell in cells] == self.fields
        if len(cells[position]) > LONGEST_NAME:
            return False
        chosen = [cells[position] for position in self._columns.positions]
        return knows_pair(chosen[:2]) and (len(chosen) == 2 or find_label(chosen[2:]) is not None)

    def _content_error(self, row: Row) -> str:
        error = text_error(row.text_a, row.text_b, self.encoding)
        return "the label is empty" if not error and self.labelled and not row.label else error


def text_error(text_a: object, text_b: object, encoding: str = "utf-8") -> str:
    """Why two values are no pair of texts; empty where they are one."""
    texts = {"text_a": text_a, "text_b": text_b}
    wrong = [name for name, text in texts.items() if not isinstance(text, str)]
    empty = [name for name, text in texts.items() if not wrong and is_blank(text)]
    if wrong or empty:
        return f"{wrong[0]} is not a string" if wrong else f"{empty[0]} is empty"
    return f"not valid {encoding.upper()} text" if any(map(UNDECODED.search, texts.values())) else ""


def _label_text(value: object) -> str:
    """As text. 1.0, which pandas makes of 1, is 1 in every format."""
    if value is None:
        return ""
    if isinstance(value, bool):
        value = int(value)
    text = str(value).strip()
    return text.partition(".")[0] if WHOLE.fullmatch(text) else text
