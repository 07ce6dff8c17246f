"""Scored rows -> the same rows, those with the same first text together, the likeliest match first."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import BinaryIO

from app.errors import UserError
from app.predict.rows import ADDED
from app.text.pairs import PairFile

MEMORY = 16 << 20  # bytes of the order that are kept in memory
BEHIND = 2.0  # a place behind all probabilities, of rows with an error


def sort_by_probability(scored: Path, file: PairFile, top: int, output: BinaryIO) -> None:
    """Writes the rows of `scored` to `output`: groups by their first rows; in a group, the largest probability first. Raises
    UserError where the disk is full.

    `file` is the pair file that was scored. `top` rows of a group stay, 0: all; rows with an error stay as well. The order
    is kept on disk.
    """
    columns = ",".join([*file.columns[:2], ADDED[0] if file.fields else str(file.width + 1)])
    order = scored.with_name("order.sqlite")
    order.unlink(missing_ok=True)
    try:
        _write_sorted(scored, columns, file, top, output, order)
    except sqlite3.Error as problem:
        raise UserError(f"the scored rows cannot be sorted ({problem}); is the disk full? The same command goes on") from problem
    finally:
        order.unlink(missing_ok=True)


def _write_sorted(scored: Path, columns: str, file: PairFile, top: int, output: BinaryIO, order: Path) -> None:
    with contextlib.closing(sqlite3.connect(str(order))) as base, open(scored, "rb") as rows:
        for setting in ("journal_mode=OFF", "synchronous=OFF", f"cache_size={-MEMORY >> 10}"):
            base.execute(f"PRAGMA {setting}")
        header = _note_rows(base, scored, columns, file)
        output.write(rows.read(header))
        group, taken = -1, 0
        ordered = "SELECT grouped, place, begin, end FROM rows ORDER BY grouped, place, begin"
        for number, place, begin, end in base.execute(ordered):
            group, taken = number, taken + 1 if number == group else 1
            if not top or taken <= top or place == BEHIND:
                rows.seek(begin)
                output.write(rows.read(end - begin))


def _note_rows(base: sqlite3.Connection, scored: Path, columns: str, file: PairFile) -> int:
    """Notes where each row stands and where it belongs; returns the bytes of the header."""
    base.execute("CREATE TABLE groups (text BLOB PRIMARY KEY, number INTEGER) WITHOUT ROWID")
    keys = "grouped INTEGER, place REAL, begin INTEGER, end INTEGER"
    base.execute(f"CREATE TABLE rows ({keys}, PRIMARY KEY (grouped, place, begin)) WITHOUT ROWID")
    reading = dict(kind=file.format, header="yes" if file.header else "no", encoding=file.encoding)
    with PairFile(str(scored), columns, **reading) as rows:
        header = begin = rows.place[0]
        for number, row in enumerate(rows):
            text = row.text_a.encode("utf-8", "surrogatepass") or b"\0%d" % number  # a row without one is alone
            base.execute("INSERT OR IGNORE INTO groups VALUES (?, ?)", (text, number))
            (group,) = base.execute("SELECT number FROM groups WHERE text = ?", (text,)).fetchone()
            place = BEHIND if row.error or not row.label else -float(row.label)
            end = rows.place[0]
            base.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", (group, place, begin, end))
            begin = end
    return header
