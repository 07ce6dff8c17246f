"""Files and folders written whole or not at all: temporary name, fsync, rename."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any, Dict, Iterator

from app.errors import Busy, UserError


def fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def temporary_of(path: Path) -> Path:
    """Where this process writes a file or folder before it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`; what was written there becomes `path` when the block ends well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_of(path)
    try:
        yield temporary
        fsync(temporary)
        os.replace(temporary, path)
        fsync(path.parent)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def write_text(path: Path, text: str) -> None:
    """Writes `text` to `path` as UTF-8, atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes `value` to `path` as readable JSON, atomically. Names of files may hold what is no text: JSON has escapes for it."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    write_text(path, text.encode("utf-8", "backslashreplace").decode("utf-8"))


def read_json(path: Path, advice: str = "") -> Dict[str, Any]:
    """The JSON object in a file. Raises UserError, with this advice, where the file cannot be read or holds something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(value, dict):
            return value
        problem: Any = "not a JSON object"
    except (OSError, ValueError, RecursionError) as error:
        problem = getattr(error, "strerror", None) or error
    raise UserError(f"{path}: damaged ({problem}){advice}")


def _previous(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.previous")


@contextlib.contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Yields a temporary folder beside `folder`; it takes the place of `folder` when the block ends well.

    A folder cannot be renamed over another, so the old one steps aside first. Killed between the two renames, the old
    one is still there under its other name, and `recover_folder` puts it back.
    """
    folder = Path(folder)
    recover_folder(folder)
    temporary = temporary_of(folder)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for file in temporary.iterdir():
            fsync(file)
        fsync(temporary)
        if folder.exists():
            os.replace(folder, _previous(folder))
        os.replace(temporary, folder)
        fsync(folder.parent)
        shutil.rmtree(_previous(folder), ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def recover_folder(folder: Path) -> None:
    """Ends what a kill inside `atomic_folder` left half done, and clears away what earlier kills left behind."""
    folder = Path(folder)
    if not folder.parent.is_dir():
        return
    if _previous(folder).exists():
        if folder.exists():
            shutil.rmtree(_previous(folder))
        else:
            os.replace(_previous(folder), folder)
    clear_leftovers(folder.parent, folder.name)


def clear_leftovers(folder: Path, name: str = "*") -> None:
    """Removes what kills have left half written in a folder in which only this process writes (of `name` alone, if given)."""
    for leftover in folder.glob(f".{name}.*.tmp"):
        shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink(missing_ok=True)


def restore_folder(folder: Path) -> None:
    """For readers: puts a folder back that a kill inside `atomic_folder` left under its other name, where nobody writes.

    Where a process that has locked the parent folder is between its two renames, waits for the second.
    """
    for _ in range(50):
        if folder.exists() or not _previous(folder).exists():
            return
        try:
            lock = lock_folder(folder.parent)
        except UserError:
            time.sleep(0.1)
            continue
        with contextlib.suppress(FileNotFoundError):
            os.replace(_previous(folder), folder)
        os.close(lock)


def lock_folder(folder: Path) -> int:
    """Keeps other processes from writing into `folder` until this one ends, or closes the descriptor that it gets.

    Raises Busy where another process is at it already, UserError where nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT)
    except OSError as problem:
        reason = "a file, not a folder" if os.path.isfile(folder) else problem.strerror
        raise UserError(f"{folder}: cannot be written to ({reason}); choose another folder") from problem
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(lock)
        raise Busy(f"{folder}: another run is at work in this folder; wait for it, or choose another") from problem
    return lock


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Of processes that begin together, one makes what is lacking, and the others wait."""
    with open(file, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
