"""Files and folders that are written completely or not at all (temporary name, fsync, rename), and locks between processes."""

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
    """Writes a file or the entries of a folder through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def temporary_of(path: Path) -> Path:
    """The path under which this process writes a file or folder until it is complete."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`. The file written there is renamed to `path` when the block ends without an error;
    otherwise `path` is unchanged.
    """
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
    """Writes `value` to `path` as indented JSON, atomically. Bytes of file names that are not UTF-8 are written as escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    write_text(path, text.encode("utf-8", "backslashreplace").decode("utf-8"))


def read_json(path: Path, advice: str = "") -> Dict[str, Any]:
    """The JSON object in a file. Raises UserError, whose message ends with `advice`, if there is none or it cannot be read."""
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
    """Yields a temporary folder beside `folder`. It replaces `folder` when the block ends without an error.

    A folder cannot be renamed over another one, so the old folder is renamed first. After a kill between the two renames it still
    exists under that name, and `recover_folder` restores it.
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
    """Completes or undoes an `atomic_folder` that was killed, and removes the temporary files of earlier kills.

    Only the process that writes the folder may call it; see `restore_folder` for readers.
    """
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
    """Removes the temporary files that kills have left in a folder, all or those of `name`. Only this process may write there."""
    for leftover in folder.glob(f".{name}.*.tmp"):
        shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink(missing_ok=True)


def restore_folder(folder: Path) -> None:
    """Restores a folder after a kill between the two renames of `atomic_folder`. For readers: it changes nothing while a writer
    has locked the parent folder, but waits, for up to 5 seconds, until the writer has done its second rename.
    """
    for _ in range(50):
        if folder.exists() or not _previous(folder).exists():
            return
        try:
            descriptor = lock_folder(folder.parent)
        except UserError:
            time.sleep(0.1)
            continue
        with contextlib.suppress(FileNotFoundError):
            os.replace(_previous(folder), folder)
        os.close(descriptor)


def lock(file: Path, wait: bool) -> int:
    """Locks `file` against other processes; creates it if it does not exist. Returns the descriptor that holds the lock.

    The lock is released when the descriptor is closed or the process ends, also by a kill. Programs that this process starts do
    not inherit it; a fork of this process shares it. If another process holds the lock, waits until it is released, or raises
    Busy if `wait` is false.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException as problem:
        os.close(descriptor)
        if wait or not isinstance(problem, OSError):
            raise
        raise Busy(f"{file.parent}: another run is using this folder; wait until it ends, or choose another folder") from problem
    return descriptor


def lock_folder(folder: Path) -> int:
    """Locks a folder, which is created if it does not exist, so that only this process writes into it. See `lock`.

    Raises Busy if another process has locked it, UserError if nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return lock(folder / ".lock", wait=False)
    except OSError as problem:
        reason = "a file, not a folder" if os.path.isfile(folder) else problem.strerror
        raise UserError(f"{folder}: cannot be written to ({reason}); choose another folder") from problem


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """A block that one process at a time executes, while others wait: for files that all need and one has to make."""
    descriptor = lock(file, wait=True)
    try:
        yield
    finally:
        os.close(descriptor)
