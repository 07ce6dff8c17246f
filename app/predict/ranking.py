"""Scored rows -> the same rows grouped by their first text, the most probable match of each group first."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import BinaryIO

from app.errors import UserError
from app.predict.output_file import ADDED
from app.text.pair_file import PairFile

MEMORY = 16 << 20  # bytes of the sort order that are kept in memory
LAST = 2.0  # sort key of rows with an error, larger than all negative probabilities


def sort_by_probability(scored: Path, file: PairFile, top_k: int, output: BinaryIO) -> None:
    """Writes the rows of `scored` to `output`. Groups are in the order of their first rows; in a group, the largest probability
    comes first. Only the first `top_k` rows of a group are written (0: all), and all rows with an error.

    `file`: the pair file that was scored. The order is kept on disk. Raises UserError if the disk is full.
    """
    columns = ",".join([*file.columns[:2], ADDED[0] if file.fields else str(file.width + 1)])
    order = scored.with_name("order.sqlite")
    order.unlink(missing_ok=True)
    try:
        _write_sorted(scored, columns, file, top_k, output, order)
    except sqlite3.Error as problem:
        message = f"the scored rows cannot be sorted ({problem}); is the disk full? The same command continues the work"
        raise UserError(message) from problem
    finally:
        order.unlink(missing_ok=True)


def _write_sorted(scored: Path, columns: str, file: PairFile, top_k: int, output: BinaryIO, order: Path) -> None:
    with contextlib.closing(sqlite3.connect(str(order))) as database, open(scored, "rb") as rows:
        for setting in ("journal_mode=OFF", "synchronous=OFF", f"cache_size={-MEMORY >> 10}"):
            database.execute(f"PRAGMA {setting}")
        header = _insert_rows(database, scored, columns, file)
        output.write(rows.read(header))
        current, written = -1, 0
        query = "SELECT number, rank, begin, end FROM rows ORDER BY number, rank, begin"
        for number, rank, begin, end in database.execute(query):
            current, written = number, written + 1 if number == current else 1
            if not top_k or written <= top_k or rank == LAST:
                rows.seek(begin)
                output.write(rows.read(end - begin))


def _insert_rows(database: sqlite3.Connection, scored: Path, columns: str, file: PairFile) -> int:
    """Inserts group, rank and position in bytes of each row. Returns the length of the header in bytes."""
    database.execute("CREATE TABLE groups (text BLOB PRIMARY KEY, number INTEGER) WITHOUT ROWID")
    keys = "number INTEGER, rank REAL, begin INTEGER, end INTEGER"
    database.execute(f"CREATE TABLE rows ({keys}, PRIMARY KEY (number, rank, begin)) WITHOUT ROWID")
    reading = dict(input_format=file.format, header="yes" if file.header else "no", encoding=file.encoding)
    with PairFile(str(scored), columns, **reading) as rows:
        header = begin = rows.position[0]
        for number, row in enumerate(rows):
            text = row.text_a.encode("utf-8", "surrogatepass") or b"\0%d" % number  # a row without a text is a group of its own
            database.execute("INSERT OR IGNORE INTO groups VALUES (?, ?)", (text, number))
            (group,) = database.execute("SELECT number FROM groups WHERE text = ?", (text,)).fetchone()
            rank = LAST if row.error or not row.label else -float(row.label)
            end = rows.position[0]
            database.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", (group, rank, begin, end))
            begin = end
    return header
