"""Scored rows as text -> the container of their input: a JSON array, a sheet, Parquet or Arrow."""

from __future__ import annotations

from pathlib import Path

from app.predict.input_files import Job
from app.text.formats import ending_of
from app.text.json_array import write_array
from app.text.lines import ARRAY
from app.text.pair_file import PairFile
from app.text.tables import write_table
from app.text.xlsx import write_sheet


def convert(rows: Path, file: PairFile, job: Job, target: Path) -> bool:
    """Writes the scored rows to `target` in the container of the input. False, and nothing written, if the text is right."""
    if file.is_table:
        write_table(job.source, file.container, rows, target)
    elif file.container and ending_of(job.result) != file.format.name:
        write = write_array if file.container == ARRAY else write_sheet
        write(rows, target)
    else:
        return False
    return True
