"""Scores that are known already, by pair: a store of bounded memory, for one run or, with `--cache`, for many."""

from __future__ import annotations

import functools
import os
import sqlite3
import sys
import tempfile
import time
from hashlib import blake2b
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

import numpy as np

from app.errors import UserError
from app.progress import say

FORMAT = 0x4D544348  # marks our files among other SQLite files
SILENT, PATIENCE = 10.0, 600.0  # seconds: when it is said that another process is waited for, and how long it is
MEMORY = 4 << 20  # bytes of the file that are kept in memory; the system keeps more of it where there is room
ASKED_AT_ONCE = 900  # SQLite takes 999 values a statement, where it is old


class ScoreStore:
    """Key of a pair -> float32 vector, in a file that several processes of one machine may use at once.

    `model` tells the models apart whose scores are kept. Killed at any moment, the file stays whole. Raises UserError
    where the file is something else, or damaged.
    """

    def __init__(self, path: str, model: bytes, shared: bool = True):
        self._model = blake2b(model).digest()
        self._name = f"--cache {path}" if shared else f"the store of scores beside the result ({path})"
        mode, safe = ("WAL", "NORMAL") if shared else ("OFF", "OFF")
        try:
            self._base = sqlite3.connect(path, timeout=SILENT, check_same_thread=False)
            (tables,) = self._patiently(lambda: self._base.execute("SELECT count(*) FROM sqlite_master").fetchone())
            (mark,) = self._base.execute("PRAGMA application_id").fetchone()
            if tables and mark != FORMAT:
                raise UserError(f"--cache {path}: an SQLite file of another program")
            for setting in (
                f"application_id={FORMAT}",
                f"journal_mode={mode}",
                f"synchronous={safe}",
                f"cache_size={-MEMORY >> 10}",
            ):
                self._patiently(functools.partial(self._base.execute, f"PRAGMA {setting}"))
            table = "CREATE TABLE IF NOT EXISTS scores (key BLOB PRIMARY KEY, score BLOB) WITHOUT ROWID"
            self._patiently(lambda: self._base.execute(table))
            self._patiently(self._base.commit)
        except sqlite3.Error as problem:
            raise self._unusable(problem) from problem

    @classmethod
    def hidden(cls, folder: Path, model: bytes) -> "ScoreStore":
        """A store on the disk of `folder` that nobody else sees, and that is gone with the process, however it ends."""
        descriptor, path = tempfile.mkstemp(prefix=".scores-", dir=folder)
        os.close(descriptor)
        try:
            return cls(path, model, shared=False)
        finally:
            os.unlink(path)

    def keys(self, pairs: Sequence[Tuple[str, str]]) -> List[bytes]:
        """128 bits that stand for (model, text_a, text_b), one a pair."""
        keys = []
        for text_a, text_b in pairs:
            first = text_a.encode("utf-8")
            both = b"%d %b%b" % (len(first), first, text_b.encode("utf-8"))
            keys.append(blake2b(both, digest_size=16, key=self._model).digest())
        return keys

    def get(self, keys: Sequence[bytes]) -> Dict[bytes, np.ndarray]:
        """The vectors of those keys that are known."""
        known: Dict[bytes, np.ndarray] = {}
        try:
            for begin in range(0, len(keys), ASKED_AT_ONCE):
                part = keys[begin : begin + ASKED_AT_ONCE]
                asked = f"SELECT key, score FROM scores WHERE key IN ({','.join('?' * len(part))})"
                found = self._patiently(lambda: self._base.execute(asked, part).fetchall())  # noqa: B023 (called at once)
                known.update((key, np.frombuffer(score, np.float32)) for key, score in found)
        except sqlite3.Error as problem:
            raise self._unusable(problem) from problem
        return known

    def put(self, scores: Dict[bytes, np.ndarray]) -> None:
        """Adds vectors."""
        rows = [(key, score.tobytes()) for key, score in scores.items()]
        try:
            self._patiently(lambda: self._base.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?)", rows))
            self._patiently(self._base.commit)
        except sqlite3.Error as problem:
            raise self._unusable(problem) from problem

    def _patiently(self, step: Callable[[], Any]) -> Any:
        """Does a step while other processes use the file: says so after SILENT seconds, and waits PATIENCE at most."""
        began = time.monotonic()
        while True:
            try:
                return step()
            except sqlite3.OperationalError as problem:
                waited = time.monotonic() - began
                if "locked" not in str(problem) or waited > PATIENCE:
                    raise
                if waited < 2 * SILENT:
                    say(f"{self._name}: another process has locked it; waiting", sys.stderr)

    def close(self) -> None:
        """Ends the use of the file."""
        self._base.close()

    def _unusable(self, problem: sqlite3.Error) -> UserError:
        return UserError(f"{self._name}: cannot be used ({problem})")
