"""Excel's .xlsx: a sheet's rows -> CSV lines, and CSV lines -> a sheet. Row by row, whatever the size."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Iterator

from app.errors import UserError


def sheet_lines(path: Path) -> Iterator[bytes]:
    """The rows of the first sheet as lines of CSV, UTF-8, every cell quoted. Raises UserError where the file is damaged."""
    from openpyxl import load_workbook

    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    width = blank = 0
    try:
        with open(path, "rb") as file:  # by its name, openpyxl would refuse some
            sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
            sheet.reset_dimensions()  # some programs write wrong ones
            for row in sheet.iter_rows(values_only=True):
                cells = [_text(value) for value in row]
                if not any(cells):
                    blank += 1  # many stand behind the last row
                    continue
                while not cells[-1] and (len(cells) > width or not width):
                    cells.pop()
                width = width or len(cells)
                writer.writerows([[""] * width] * blank)
                writer.writerow(cells + [""] * (width - len(cells)))
                blank = 0
                yield text.getvalue().encode("utf-8", "surrogatepass")
                text.seek(0)
                text.truncate()
    except Exception as problem:  # whatever openpyxl makes of damaged XML and zip files
        raise UserError(f"{path}: cannot be read as .xlsx ({problem}); another .zip archive is to be unpacked first") from problem


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def write_sheet(rows: Path, target: Path) -> None:
    """Writes lines of CSV as the one sheet of an .xlsx file."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    with open(rows, encoding="utf-8", errors="surrogateescape", newline="") as lines:
        for row in csv.reader(lines):
            cells = [WriteOnlyCell(sheet, _value(ILLEGAL_CHARACTERS_RE.sub("", cell))) for cell in row]
            for cell in cells:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # a text that begins with = is no formula
            sheet.append(cells)
    book.save(target)


def _value(text: str) -> Any:
    """A number where the text is how one is written, else the text: 007 stays 007, and a long number keeps its digits."""
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if abs(value) < 1e15 and (str(value) == text or f"{value:.6f}" == text):
            return value
    return text or None
