"""The rows of a file that are scored already, kept beside the result, so that the same command continues after a kill.

.pairs.scored.tsv.scoring/    beside the result, until the result is complete
    rows                      scored rows; valid up to the length that the journal's last line says
    journal.jsonl             first what is scored (model, file, options), then one line for each window of rows, and one when the
                              result is published; it stays while the command has other files to score
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

from app.atomic import fsync, lock_folder
from app.errors import UserError
from app.predict.output_file import ScoredRows

FORMAT = 3  # of the journal; a scoring that was started by a version with another format cannot be continued
JOURNAL, ROWS = "journal.jsonl", "rows"


@dataclass
class Summary:
    """Counts of one scored file."""

    rows: int = 0
    pairs: int = 0  # pairs that needed logits: one per usable row, two with --symmetric
    scored: int = 0  # pairs that the model computed; the others were repeated or in the cache
    matches: int = 0  # rows with the positive label
    errors: int = 0  # rows that could not be scored
    truncated: int = 0  # rows that were too long and lost tokens
    order_sensitive: int = 0  # rows whose label depends on the order of the texts (--symmetric)
    first_error: str = ""


def side_folder(result: Path) -> Path:
    """The folder that holds the scored rows until `result` is complete."""
    return result.with_name(f".{result.name}.scoring")


class ResumableRows(ScoredRows):
    """The scored rows of one file, on disk beside `result`.

    `identity`: everything that the rows depend on (model, input, options). `packed`: compress the rows with gzip.
    """

    def __init__(self, result: Path, identity: Dict[str, Any], packed: bool = False):
        self.result, self._packed = result, packed
        self.identity = json.loads(json.dumps(identity))  # as it will be read from the journal
        self.folder = side_folder(result)
        self.path = self.folder / ROWS
        self._open = contextlib.ExitStack()

    def begin(self, resume: bool, overwrite: bool) -> None:
        """Opens the rows. With `resume`, continues after the last line of the journal; with `overwrite`, starts again.

        Raises UserError if other work on this result was started (unless `overwrite`), and Busy if another process works on it.
        """
        self._refuse_other_work(overwrite)  # before anything is created: a refused command changes nothing
        self._open.callback(os.close, lock_folder(self.folder))
        self._refuse_other_work(overwrite)  # another process may have started in between
        journal = self.folder / JOURNAL
        lines, valid = read_journal(journal) if resume and not overwrite else ([], 0)
        last = lines[-1] if len(lines) > 1 else None
        if last and (last.get("published") or not self.path.is_file() or self.path.stat().st_size < last["written"]):
            last = None  # the rows are removed, or a kill interrupted their removal
        if not last:
            self.path.unlink(missing_ok=True)  # not truncated: it may be a hard link to a published result
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
        """Appends scored rows, then `line` to the journal. Both are on disk when this returns."""
        self._file.write(gzip.compress(rows, 6, mtime=0) if self._packed and rows else rows)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.last = {**line, "written": self._file.tell()}
        self._append(self.last)

    def publish(self, summary: Summary, arrange: Callable[[Path], Path]) -> None:
        """Moves the result into place. `arrange` gets the file of the rows and returns the file to publish.

        The rows are removed; the journal stays until `clear`. Raises UserError if the folder is missing.
        """
        complete = self.folder / "complete"
        try:
            complete.unlink(missing_ok=True)
            try:
                os.link(self.path, complete)
            except OSError:  # the file system has no hard links
                shutil.copyfile(self.path, complete)
            final = arrange(complete)
            fsync(final)
        except FileNotFoundError as problem:
            raise UserError(
                f"{self.result}: not written, its working folder was removed meanwhile; run the same command again"
            ) from problem
        os.replace(final, self.result)
        fsync(self.result.parent)
        self._append({**self.last, "summary": asdict(summary), "published": True})
        for path in (complete, self.path):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the files and releases the lock."""
        self._open.close()

    def _append(self, line: Dict[str, Any]) -> None:
        self._journal.write(json.dumps(line).encode() + b"\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def _refuse_other_work(self, overwrite: bool) -> None:
        lines, _ = read_journal(self.folder / JOURNAL)
        unfinished = bool(lines) and not lines[-1].get("published")
        different = difference(lines[0]["identity"], self.identity) if unfinished and not overwrite else ""
        if different:
            raise UserError(f"{self.result}: its scoring was started {different}; --overwrite starts again")


def difference(before: Dict[str, Any], now: Dict[str, Any]) -> str:
    """The first difference of two identities in words; empty if there is none."""
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            return f"and {now['file']} has changed since" if name == "input" else f"with {name} {before.get(name)}"
    return ""


def started_with(result: Path, name: str) -> str:
    """One value of the identity of an unfinished scoring of this result; empty if there is none."""
    lines, _ = read_journal(side_folder(result) / JOURNAL)
    return lines[0]["identity"][name] if lines and not lines[-1].get("published") else ""


def published(result: Path, identity: Dict[str, Any]) -> Optional[Summary]:
    """The summary of a result that is published already with the same identity; None if there is none."""
    lines, _ = read_journal(side_folder(result) / JOURNAL)
    if not lines or not lines[-1].get("published") or not result.is_file():
        return None
    if difference(lines[0]["identity"], json.loads(json.dumps(identity))):
        return None
    with contextlib.suppress(TypeError):  # damaged: the file is scored again
        return Summary(**lines[-1]["summary"])
    return None


def clear(results: List[Path]) -> None:
    """Removes the side folders, if all results are published."""
    journals = [read_journal(side_folder(result) / JOURNAL)[0] for result in results]
    if all(lines and lines[-1].get("published") for lines in journals):
        for result in results:
            shutil.rmtree(side_folder(result), ignore_errors=True)


def read_journal(path: Path) -> Tuple[List[Dict[str, Any]], int]:
    """The journal's first and last complete line (one if they are the same), and the length of all complete lines in bytes."""
    if not path.is_file():
        return [], 0
    first = last = b""
    valid = 0
    with open(path, "rb") as file:
        for line in file:
            if not line.endswith(b"\n") or not _is_valid(line, first=not first):
                break  # incomplete after a kill, or damaged
            first, last, valid = first or line, line, valid + len(line)
    return [json.loads(line) for line in dict.fromkeys((first, last)) if line], valid


def _is_valid(line: bytes, first: bool) -> bool:
    """Whether a line of the journal has the values that its readers need: the identity in the first, counts in the others."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    types = {"identity": dict} if first else {"written": int, "position": list, "summary": dict}
    return isinstance(record, dict) and all(type(record.get(name)) is expected for name, expected in types.items())
