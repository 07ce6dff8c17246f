"""The folders of caches in the user's home, which libraries write to: a container or a batch system may have none."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import Iterator, List


@contextlib.contextmanager
def writable_home() -> Iterator[None]:
    """Around imports and exports: Paddle, PaddleNLP and VisualDL make folders in the user's home, which a container or a batch
    system may not have. Where these cannot be made, the libraries get a temporary home for as long.
    """
    if not unwritable_caches():
        yield
        return
    kept = {name: os.environ.get(name) for name in ("HOME", "PPNLP_HOME")}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOME=folder, PPNLP_HOME=folder)
        try:
            yield
        finally:
            for name, value in kept.items():
                os.environ.pop(name)
                os.environ.update({name: value} if value is not None else {})


def unwritable_caches() -> List[str]:
    """The folders of caches that Paddle, PaddleNLP and VisualDL use and that cannot be written to."""
    home = os.path.expanduser("~")
    own = [os.path.join(home, name) for name in (".visualdl", ".cache/paddle")]
    used = [home, os.environ.get("PPNLP_HOME", os.path.join(home, ".paddlenlp")), *own]
    return [folder for folder in used if not _can_hold_files(folder)]


def _can_hold_files(folder: str) -> bool:
    """Whether files can be written into a folder, or into the one in which it would be made."""
    if not os.path.isabs(folder):
        return False  # "~", where there is no home
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
        return True
    except OSError:
        return False
