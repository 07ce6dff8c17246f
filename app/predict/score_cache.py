"""Model outputs by pair, on disk: for one run, or with `--cache` for many. Its memory is bounded."""

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
WARN_AFTER, GIVE_UP_AFTER = 10.0, 600.0  # seconds that another process holds the file: then a warning, then an error
MEMORY = 4 << 20  # bytes of the file that SQLite keeps in memory; the system caches more of it if there is room
MAX_VALUES = 900  # values in one statement; old versions of SQLite take 999


class ScoreCache:
    """Key of a pair -> float32 vector, in an SQLite file that several processes of one machine may use at the same time.

    `model`: identifies the model whose outputs are kept. `name`: the file in messages, if it is not that of --cache.
    A kill does not damage the file. Raises UserError if the file is damaged or is something else.
    """

    def __init__(self, path: str, model: bytes, shared: bool = True, name: str = ""):
        self._model = blake2b(model).digest()
        self.name = name or (f"--cache {path}" if shared else f"the cache of scores beside the result ({path})")
        journal_mode, synchronous = ("WAL", "NORMAL") if shared else ("OFF", "OFF")
        try:
            self._database = sqlite3.connect(path, timeout=WARN_AFTER, check_same_thread=False)
            (tables,) = self._wait_for(lambda: self._database.execute("SELECT count(*) FROM sqlite_master").fetchone())
            (mark,) = self._database.execute("PRAGMA application_id").fetchone()
            if tables and mark != FORMAT:
                raise UserError(f"{self.name}: an SQLite file of another program")
            for setting in (
                f"application_id={FORMAT}",
                f"journal_mode={journal_mode}",
                f"synchronous={synchronous}",
                f"cache_size={-MEMORY >> 10}",
            ):
                self._wait_for(functools.partial(self._database.execute, f"PRAGMA {setting}"))
            table = "CREATE TABLE IF NOT EXISTS scores (key BLOB PRIMARY KEY, score BLOB) WITHOUT ROWID"
            self._wait_for(lambda: self._database.execute(table))
            self._wait_for(self._database.commit)
        except sqlite3.Error as problem:
            raise self._unusable(problem) from problem

    @classmethod
    def temporary(cls, folder: Path, model: bytes) -> "ScoreCache":
        """A cache on the disk of `folder` for this process only. Its file has no name and is gone when the process ends."""
        descriptor, path = tempfile.mkstemp(prefix=".scores-", dir=folder)
        os.close(descriptor)
        try:
            return cls(path, model, shared=False)
        finally:
            os.unlink(path)

    def keys(self, pairs: Sequence[Tuple[str, str]]) -> List[bytes]:
        """One key of 16 bytes for each pair: a hash of (model, text_a, text_b)."""
        keys = []
        for text_a, text_b in pairs:
            first = text_a.encode("utf-8")
            both = b"%d %b%b" % (len(first), first, text_b.encode("utf-8"))
            keys.append(blake2b(both, digest_size=16, key=self._model).digest())
        return keys

    def get(self, keys: Sequence[bytes]) -> Dict[bytes, np.ndarray]:
        """The vectors of those keys that are in the cache."""
        vectors: Dict[bytes, np.ndarray] = {}
        try:
            for begin in range(0, len(keys), MAX_VALUES):
                part = keys[begin : begin + MAX_VALUES]
                query = f"SELECT key, score FROM scores WHERE key IN ({','.join('?' * len(part))})"
                rows = self._wait_for(lambda: self._database.execute(query, part).fetchall())  # noqa: B023 (called at once)
                vectors.update((key, np.frombuffer(vector, np.float32)) for key, vector in rows)
        except (sqlite3.Error, TypeError, ValueError) as problem:  # a damaged file can hold anything
            raise self._unusable(problem) from problem
        return vectors

    def put(self, vectors: Dict[bytes, np.ndarray]) -> None:
        """Adds vectors."""
        rows = [(key, vector.tobytes()) for key, vector in vectors.items()]
        try:
            self._wait_for(lambda: self._database.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?)", rows))
            self._wait_for(self._database.commit)
        except sqlite3.Error as problem:
            raise self._unusable(problem) from problem

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def _wait_for(self, call: Callable[[], Any]) -> Any:
        """Repeats a call while another process has locked the file: warns after WARN_AFTER seconds, fails after GIVE_UP_AFTER."""
        began = time.monotonic()
        while True:
            try:
                return call()
            except sqlite3.OperationalError as problem:
                waited = time.monotonic() - began
                if "locked" not in str(problem) or waited > GIVE_UP_AFTER:
                    raise
                if waited < 2 * WARN_AFTER:
                    say(f"{self.name}: another process has locked it; waiting", sys.stderr)

    def _unusable(self, problem: Exception) -> UserError:
        advice = "" if isinstance(problem, sqlite3.OperationalError) else "; if it is damaged, delete it"
        return UserError(f"{self.name}: cannot be used ({problem}){advice}")
