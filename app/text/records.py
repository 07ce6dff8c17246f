"""Lines -> records: the cells of a row, or a JSON object, each with its line and its own text."""

from __future__ import annotations

import csv
import json
from typing import Iterator, List, Tuple

from app.text.formats import DELIMITERS, Format
from app.text.lines import MOST_GIVEN_BACK, DecodedLines, split_end

Record = Tuple[int, str, object, str]  # line, text with its line end, cells (a list, or an object as dict), what is wrong
MOST_LINES = MOST_GIVEN_BACK  # of one CSV row: more of them, and a quote was never closed
csv.field_size_limit(1 << 27)  # a cell of one very long line


class Records:
    """The records of a file, once. `by_number` counts rows instead of lines (of a sheet, whose cells may hold line breaks)."""

    def __init__(self, lines: DecodedLines, form: Format, by_number: bool = False):
        self._lines, self._format, self._by_number, self._count = lines, form, by_number, 0

    def __iter__(self) -> "Records":
        return self

    def __next__(self) -> Record:
        if self._format.name == "csv":
            line, text, cells, error = self._quoted()
            self._count += 1
            return self._count if self._by_number else line, text, cells, error
        text = next(self._lines)
        if self._format.name == "tsv":
            return self._lines.number, text, split_end(text)[0].split("\t"), ""
        return (self._lines.number, text, *_object(text))

    @property
    def position(self) -> Tuple[int, int]:
        """Bytes, and lines or rows, before the next record."""
        return self._lines.offset, self._count if self._by_number else self._lines.number

    def skip_to(self, position: Tuple[int, int]) -> None:
        """Goes on at a `place` that these records had."""
        self._lines.skip_to(*position)
        self._count = position[1]

    def take_preamble(self, sample: bytes) -> str:
        """Takes Excel's first line `sep=;` off, where there is one."""
        begin = sample.lstrip(b"\xef\xbb\xbf")[:5].lower()
        if begin[:4] == b"sep=" and begin[4:].decode("latin-1") in DELIMITERS:
            return next(self._lines)
        return ""

    def _quoted(self) -> Record:
        """A CSV record, whose quoted cells may hold line breaks. Where a quote is never closed, its first line alone is the bad
        row, and what comes behind it is read anew.
        """
        text, line = next(self._lines), self._lines.number
        plain = split_end(text)[0]
        if '"' not in plain and "\r" not in plain:  # most are so, and need no parser
            return line, text, plain.split(self._format.delimiter), ""
        self._lines.give_back([text])
        taken: List[str] = []
        reader = csv.reader(self._some_lines(taken), delimiter=self._format.delimiter, strict=True)
        try:
            cells, error = next(reader), ""
        except csv.Error as problem:
            self._lines.give_back(taken[1:])
            del taken[1:]
            cells, error = [], f"broken CSV quoting ({problem})"
        return line, "".join(taken), cells, error

    def _some_lines(self, taken: List[str]) -> Iterator[str]:
        for text in self._lines:
            if len(taken) == MOST_LINES:
                self._lines.give_back([text])
                raise csv.Error(f"a quote that is not closed in {MOST_LINES} lines")
            taken.append(text)
            yield text


def _object(text: str) -> Tuple[dict, str]:
    try:
        value = json.loads(text)
        return (value, "") if isinstance(value, dict) else ({}, "not a JSON object")
    except (ValueError, RecursionError) as problem:
        return {}, f"broken JSON ({problem})" if text.strip() else "empty line"
