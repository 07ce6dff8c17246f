"""Lines -> records: the cells of a row or a JSON object, with the line number and the text of the record."""

from __future__ import annotations

import csv
import json
from typing import Iterator, List, Tuple

from app.text.formats import DELIMITERS, Format
from app.text.lines import MAX_PUSHED_BACK, DecodedLines, split_end

Record = Tuple[int, str, object, str]  # line number, text with its line end, cells (a list, or a dict from JSON), error
MAX_RECORD_LINES = MAX_PUSHED_BACK  # lines of one CSV record; if there are more, a quote was never closed
csv.field_size_limit(1 << 27)  # characters; as long as the longest line


class Records:
    """The records of a file, by iteration (once).

    `number_rows`: records are numbered by row instead of line. It is for sheets, whose cells may contain line breaks.
    """

    def __init__(self, lines: DecodedLines, form: Format, number_rows: bool = False):
        self._lines, self._format, self._number_rows, self._count = lines, form, number_rows, 0

    def __iter__(self) -> "Records":
        return self

    def __next__(self) -> Record:
        if self._format.name == "csv":
            line, text, cells, error = self._csv_record()
            self._count += 1
            return self._count if self._number_rows else line, text, cells, error
        text = next(self._lines)
        if self._format.name == "tsv":
            return self._lines.number, text, split_end(text)[0].split("\t"), ""
        return (self._lines.number, text, *_parse_object(text))

    @property
    def position(self) -> Tuple[int, int]:
        """Bytes, and lines or rows, before the next record."""
        return self._lines.offset, self._count if self._number_rows else self._lines.number

    def skip_to(self, position: Tuple[int, int]) -> None:
        """Continues at an earlier value of `position`."""
        self._lines.skip_to(*position)
        self._count = position[1]

    def read_preamble(self, sample: bytes) -> str:
        """Reads Excel's first line `sep=;` and returns it; empty if there is none. `sample`: the first bytes of the file."""
        begin = sample.lstrip(b"\xef\xbb\xbf")[:5].lower()
        if begin[:4] == b"sep=" and begin[4:].decode("latin-1") in DELIMITERS:
            return next(self._lines)
        return ""

    def _csv_record(self) -> Record:
        """The next CSV record. Its quoted cells may contain line breaks.

        If a quote is never closed, only the first line is a bad record. The lines after it are read again.
        """
        text, line = next(self._lines), self._lines.number
        content = split_end(text)[0]
        if '"' not in content and "\r" not in content:  # most lines: they need no parser
            return line, text, content.split(self._format.delimiter), ""
        self._lines.push_back([text])
        record_lines: List[str] = []
        reader = csv.reader(self._limited_lines(record_lines), delimiter=self._format.delimiter, strict=True)
        try:
            cells, error = next(reader), ""
        except csv.Error as problem:
            self._lines.push_back(record_lines[1:])
            del record_lines[1:]
            cells, error = [], f"broken CSV quoting ({problem})"
        return line, "".join(record_lines), cells, error

    def _limited_lines(self, record_lines: List[str]) -> Iterator[str]:
        """The next lines, which are also appended to `record_lines`. Raises csv.Error after MAX_RECORD_LINES lines."""
        for text in self._lines:
            if len(record_lines) == MAX_RECORD_LINES:
                self._lines.push_back([text])
                raise csv.Error(f"a quote is not closed within {MAX_RECORD_LINES} lines")
            record_lines.append(text)
            yield text


def _parse_object(text: str) -> Tuple[dict, str]:
    """The JSON object of a line, and its error."""
    try:
        value = json.loads(text)
        return (value, "") if isinstance(value, dict) else ({}, "not a JSON object")
    except (ValueError, RecursionError) as problem:
        return {}, f"broken JSON ({problem})" if text.strip() else "empty line"
