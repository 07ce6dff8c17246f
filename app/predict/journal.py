"""What of a file is scored already: the rows so far and a journal beside the result, so that the same command goes on.

.pairs.scored.tsv.scoring/        beside the result, until it is whole
    0-of-1/part                   scored rows; only what the journal's last line counts is valid
    0-of-1/journal.jsonl          what is scored (model, file, options), then a line for each window of rows
    finished.json                 the result is published; the command may have other files to score
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from app.atomic import fsync, lock_folder, locked
from app.errors import UserError

FORMAT = 1  # of the journal: what another version of this program has begun is not gone on with
FINISHED = "finished.json"
JOURNAL = "journal.jsonl"


def side_folder(result: Path) -> Path:
    """Where the work on `result` is kept until it is whole."""
    return result.with_name(f".{result.name}.scoring")


@contextlib.contextmanager
def side_lock(result: Path) -> Iterator[Optional[Path]]:
    """The side folder, while no other process changes what is directly in it; None where there is none."""
    side: Optional[Path] = side_folder(result)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(side / ".lock"))
        except FileNotFoundError:
            side = None
        yield side


class Part:
    """The scored rows of one range of a file, on their way. `identity`: all that decides on them.

    `last`, once begun: the journal's last line, None where there is none.
    """

    def __init__(self, result: Path, number: int, of: int, identity: Dict[str, Any], packed: bool = False):
        self.result, self.number, self._of, self._packed = result, number, of, packed
        self.identity = json.loads(json.dumps(identity))  # as it will be read back
        self.folder = side_folder(result) / f"{number}-of-{of}"
        self.path, self._journal_path = self.folder / "part", self.folder / JOURNAL
        self._open = contextlib.ExitStack()

    def begin(self, resume: bool, overwrite: bool) -> None:
        """Opens the part, cut to what the journal vouches for.

        Raises UserError where the work that was begun is not this one (with `overwrite`, it is forgotten), or another
        process is at it.
        """
        new = not self.folder.exists()
        self._check_others(overwrite)  # before anything is made: a refused command must not keep the right one from going on
        self._open.callback(os.close, lock_folder(self.folder))
        try:
            self._check_others(overwrite)  # that have begun in this moment
        except UserError:
            if new:
                shutil.rmtree(self.folder)
            raise
        with side_lock(self.result) as side:
            (side / FINISHED).unlink(missing_ok=True)
        lines, valid = read_journal(self._journal_path) if resume and not overwrite else ([], 0)
        last = lines[-1] if len(lines) > 1 else None
        if last and not (self.path.is_file() and self.path.stat().st_size >= last["written"]):
            last = None  # a folder that was being removed
        if not last:
            self.path.unlink(missing_ok=True)  # it may have a second name: the published result
        self._file = self._open.enter_context(open(self.path, "r+b" if last else "wb"))
        self._file.truncate(last["written"] if last else 0)
        self._file.seek(0, os.SEEK_END)
        self._journal = self._open.enter_context(open(self._journal_path, "ab" if last else "wb"))
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

    def close(self) -> None:
        """Closes the files, and lets other processes at them."""
        self._open.close()

    def _append(self, line: Dict[str, Any]) -> None:
        self._journal.write(json.dumps(line).encode() + b"\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def _check_others(self, overwrite: bool) -> None:
        with side_lock(self.result) as side:
            for other in side.glob("*-of-*") if side else ():
                self._check_same_work(other, overwrite)

    def _check_same_work(self, other: Path, overwrite: bool) -> None:
        """Refuses or, with `overwrite`, removes a part that belongs to another result than this one's. One in which nothing has
        been noted goes away as well, where nobody is at it.
        """
        lines, _ = read_journal(other / JOURNAL)
        overwrite = overwrite or not lines
        different = difference(lines[0]["identity"], self.identity) if lines else ""
        if not other.name.endswith(f"-of-{self._of}"):
            different = f"in {other.name.rpartition('-')[2]} part(s), not {self._of}"
        if not different:
            return
        if not overwrite:
            raise UserError(f"{self.result}: its scoring was begun {different}; --overwrite starts anew")
        if other != self.folder:
            os.close(lock_folder(other))  # nobody is at it
            shutil.rmtree(other, ignore_errors=True)


def difference(begun: Dict[str, Any], now: Dict[str, Any]) -> str:
    """In words, what of two identities is different; empty where nothing is."""
    for name in sorted(begun.keys() | now.keys()):
        if begun.get(name) != now.get(name):
            return f"and {now['file']} has changed since" if name == "input" else f"with {name} {begun.get(name)}"
    return ""


def begun_with(result: Path, name: str) -> str:
    """What the unfinished scoring of this result has under that name in its identity; empty where there is none."""
    for journal in side_folder(result).glob(f"*-of-*/{JOURNAL}"):
        lines, _ = read_journal(journal)
        if lines:
            return lines[0]["identity"][name]
    return ""


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
