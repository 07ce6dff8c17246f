"""What of a file is scored already: the rows so far and a journal beside the result, so that the same command goes on.

.pairs.scored.tsv.scoring/    beside the result, until it is whole
    rows                      scored rows; only what the journal's last line counts is valid
    journal.jsonl             what is scored (model, file, options), then a line for each window of rows
    finished.json             the result is published; the command may have other files to score
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from app.atomic import fsync, lock_folder, read_json, write_json
from app.errors import UserError

FORMAT = 2  # of the journal: what another version of this program has begun is not gone on with
FINISHED, JOURNAL, ROWS = "finished.json", "journal.jsonl", "rows"


@dataclass
class Summary:
    """What came of rows."""

    rows: int = 0
    asked: int = 0  # pairs, two a row where both orders are scored
    scored: int = 0  # pairs that went through the model; the others were known
    matches: int = 0  # rows with the positive label
    errors: int = 0
    cut: int = 0  # rows that were too long and lost tokens
    turned: int = 0  # rows whose decision the order of their texts changes
    first_error: str = ""


def side_folder(result: Path) -> Path:
    """Where the work on `result` is kept until it is whole."""
    return result.with_name(f".{result.name}.scoring")


class Draft:
    """The scored rows of a file, on their way to `result`. `identity`: all that decides on them.

    `last`, once begun: the journal's last line, None where there is none.
    """

    def __init__(self, result: Path, identity: Dict[str, Any], packed: bool = False):
        self.result, self._packed = result, packed
        self.identity = json.loads(json.dumps(identity))  # as it will be read back
        self.folder = side_folder(result)
        self.path = self.folder / ROWS
        self._open = contextlib.ExitStack()

    def begin(self, resume: bool, overwrite: bool) -> None:
        """Opens the rows, cut to what the journal vouches for.

        Raises UserError where the work that was begun is not this one (with `overwrite`, it is forgotten), or another
        process is at it.
        """
        self._refuse_other_work(overwrite)  # before anything is made: a refused command leaves nothing
        self._open.callback(os.close, lock_folder(self.folder))
        self._refuse_other_work(overwrite)  # that was begun in this moment
        (self.folder / FINISHED).unlink(missing_ok=True)
        journal = self.folder / JOURNAL
        lines, valid = read_journal(journal) if resume and not overwrite else ([], 0)
        last = lines[-1] if len(lines) > 1 else None
        if last and not (self.path.is_file() and self.path.stat().st_size >= last["written"]):
            last = None  # a folder that was being removed
        if not last:
            self.path.unlink(missing_ok=True)  # it may have a second name: the published result
        self._file = self._open.enter_context(open(self.path, "r+b" if last else "wb"))
        self._file.truncate(last["written"] if last else 0)
        self._file.seek(0, os.SEEK_END)
        self._journal = self._open.enter_context(open(journal, "ab" if last else "wb"))
        if last:
            self._journal.truncate(valid)
        else:
            self._append({"identity": self.identity})
        fsync(self.folder)
        self.last = last

    def write(self, rows: bytes, line: Dict[str, Any]) -> None:
        """Appends scored rows, and vouches for them: on disk when this returns."""
        self._file.write(gzip.compress(rows, 6, mtime=0) if self._packed and rows else rows)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._append({**line, "written": self._file.tell()})

    def publish(self, summary: Summary, arrange: Callable[[Path], Path]) -> None:
        """Makes the result of the rows, whole or not at all. `arrange` may put another file, beside them, in their place.

        They stay until a note says that the result is published; the note stays until `clear`. Raises UserError where the
        working folder is gone.
        """
        whole = self.folder / "whole"
        try:
            whole.unlink(missing_ok=True)
            try:
                os.link(self.path, whole)
            except OSError:  # where a file cannot have two names, it is copied
                shutil.copyfile(self.path, whole)
            final = arrange(whole)
            fsync(final)
        except FileNotFoundError as problem:
            raise UserError(
                f"{self.result}: not written, its working folder was removed meanwhile; start the same command again"
            ) from problem
        os.replace(final, self.result)
        fsync(self.result.parent)
        write_json(self.folder / FINISHED, {"identity": self.identity, "summary": asdict(summary)})
        for path in (whole, self.path, self.folder / JOURNAL):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the files, and lets other processes at them."""
        self._open.close()

    def _append(self, line: Dict[str, Any]) -> None:
        self._journal.write(json.dumps(line).encode() + b"\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def _refuse_other_work(self, overwrite: bool) -> None:
        lines, _ = read_journal(self.folder / JOURNAL)
        different = difference(lines[0]["identity"], self.identity) if lines and not overwrite else ""
        if different:
            raise UserError(f"{self.result}: its scoring was begun {different}; --overwrite starts anew")


def difference(begun: Dict[str, Any], now: Dict[str, Any]) -> str:
    """In words, what of two identities is different; empty where nothing is."""
    for name in sorted(begun.keys() | now.keys()):
        if begun.get(name) != now.get(name):
            return f"and {now['file']} has changed since" if name == "input" else f"with {name} {begun.get(name)}"
    return ""


def begun_with(result: Path, name: str) -> str:
    """What the unfinished scoring of this result has under that name in its identity; empty where there is none."""
    lines, _ = read_journal(side_folder(result) / JOURNAL)
    return lines[0]["identity"][name] if lines else ""


def finished(result: Path, identity: Dict[str, Any]) -> Optional[Summary]:
    """What came of the rows, where this very work is published already."""
    note = side_folder(result) / FINISHED
    if not (note.is_file() and result.is_file()):
        return None
    try:
        found = read_json(note)
        return None if difference(found["identity"], json.loads(json.dumps(identity))) else Summary(**found["summary"])
    except (UserError, KeyError, TypeError, AttributeError):
        return None  # damaged: the work is done again


def clear(results: List[Path]) -> None:
    """Removes the notes beside the results, once all of them are published."""
    if all((side_folder(result) / FINISHED).is_file() for result in results):
        for result in results:
            shutil.rmtree(side_folder(result), ignore_errors=True)


def read_journal(path: Path) -> Tuple[List[Dict[str, Any]], int]:
    """The journal's first and last whole line (one, where there are no more), and the bytes of all whole lines."""
    if not path.is_file():
        return [], 0
    first = last = b""
    valid = 0
    with open(path, "rb") as file:
        for line in file:
            if not line.endswith(b"\n") or not _is_record(line, first=not first):
                break  # cut short by a kill, or damaged
            first, last, valid = first or line, line, valid + len(line)
    return [json.loads(line) for line in dict.fromkeys((first, last)) if line], valid


def _is_record(line: bytes, first: bool) -> bool:
    """Whether a line of the journal has what lines are read for: the identity first, then what is written."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    kinds = {"identity": dict} if first else {"written": int, "place": list, "summary": dict}
    return isinstance(record, dict) and all(type(record.get(name)) is kind for name, kind in kinds.items())
