"""`.NAME.work/` beside a result: what is not complete yet. An interrupted command continues with the vectors in it."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Iterator

from app.atomic import fsync, lock_folder
from app.errors import UserError

COMPLETE, VECTORS = "complete", "vectors"


@contextlib.contextmanager
def work_folder(result: Path) -> Iterator[Path]:
    """Yields a folder for this process only. The file `complete` in it becomes `result` when the block ends without an error.

    After an error the file `vectors` stays if there is one, and nothing else. Raises Busy if another process makes this result.
    """
    folder = result.with_name(f".{result.name}.work")
    descriptor = lock_folder(folder)
    try:
        for file in folder.iterdir():  # of a command that was killed
            if not file.name.startswith((VECTORS, ".lock")):
                file.unlink()
        try:
            yield folder
            fsync(folder / COMPLETE)
            os.replace(folder / COMPLETE, result)
            fsync(result.parent)
            shutil.rmtree(folder)
        except BaseException:
            (folder / COMPLETE).unlink(missing_ok=True)
            if not (folder / VECTORS).exists():
                shutil.rmtree(folder, ignore_errors=True)
            raise
    finally:
        os.close(descriptor)


def check_not_read(result: Path, *inputs: str) -> None:
    """Raises UserError if `result` is one of the files that the command reads."""
    if any(os.path.realpath(name) == os.path.realpath(result) for name in inputs if name):
        raise UserError(f"--result_file {result}: is a file that this command reads")
