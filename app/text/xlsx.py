"""Excel's .xlsx: the rows of a sheet -> lines of CSV, and lines of CSV -> a sheet. Row by row, at constant memory."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Iterator

from app.errors import UserError


def sheet_lines(path: Path) -> Iterator[bytes]:
    """The rows of the first sheet as lines of CSV, UTF-8, every cell quoted. Raises UserError if the file is damaged."""
    from openpyxl import load_workbook

    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    width = empty_rows = 0
    try:
        with open(path, "rb") as file:  # openpyxl refuses paths without a known ending
            sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
            sheet.reset_dimensions()  # some programs write wrong ones
            for row in sheet.iter_rows(values_only=True):
                cells = [_as_text(value) for value in row]
                if not any(cells):
                    empty_rows += 1  # written when another row follows: a sheet often ends with many empty rows
                    continue
                while not cells[-1] and (len(cells) > width or not width):
                    cells.pop()
                width = width or len(cells)
                writer.writerows([[""] * width] * empty_rows)
                writer.writerow(cells + [""] * (width - len(cells)))
                empty_rows = 0
                yield text.getvalue().encode("utf-8", "surrogatepass")
                text.seek(0)
                text.truncate()
    except Exception as problem:  # openpyxl raises errors of many types for damaged XML and zip files
        raise UserError(f"{path}: cannot be read as .xlsx ({problem}); unpack other .zip archives first") from problem


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def write_sheet(rows: Path, target: Path) -> None:
    """Writes the file `rows` (lines of CSV) as the only sheet of an .xlsx file."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    with open(rows, encoding="utf-8", errors="surrogateescape", newline="") as lines:
        for row in csv.reader(lines):
            cells = [WriteOnlyCell(sheet, _as_value(ILLEGAL_CHARACTERS_RE.sub("", cell))) for cell in row]
            for cell in cells:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # a string: a text that begins with = must not become a formula
            sheet.append(cells)
    book.save(target)


def _as_value(text: str) -> Any:
    """A number if writing the number gives the same text, otherwise the text: 007 and very long numbers stay texts."""
    for number_type in (int, float):
        try:
            value = number_type(text)
        except ValueError:
            continue
        if abs(value) < 1e15 and (str(value) == text or f"{value:.6f}" == text):
            return value
    return text or None
