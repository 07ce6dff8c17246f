"""The cache folders of libraries in the user's home. In a container or a batch system, they may not be writable."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import Iterator, List


@contextlib.contextmanager
def writable_home() -> Iterator[None]:
    """A block in which libraries have a home folder that they can write to.

    Paddle, PaddleNLP and VisualDL create folders there during imports and exports. If that is not possible, HOME and PPNLP_HOME
    are a temporary folder during the block.
    """
    if not unwritable_caches():
        yield
        return
    old_values = {name: os.environ.get(name) for name in ("HOME", "PPNLP_HOME")}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOME=folder, PPNLP_HOME=folder)
        try:
            yield
        finally:
            for name, value in old_values.items():
                os.environ.pop(name)
                os.environ.update({name: value} if value is not None else {})


def unwritable_caches() -> List[str]:
    """The cache folders of Paddle, PaddleNLP and VisualDL that cannot be written to."""
    home = os.path.expanduser("~")
    other_caches = [os.path.join(home, name) for name in (".visualdl", ".cache/paddle")]
    folders = [home, os.environ.get("PPNLP_HOME", os.path.join(home, ".paddlenlp")), *other_caches]
    return [folder for folder in folders if not _can_hold_files(folder)]


def _can_hold_files(folder: str) -> bool:
    """Whether files can be written into a folder, or, if it does not exist, into its nearest existing parent."""
    if not os.path.isabs(folder):
        return False  # "~", if the user has no home
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
        return True
    except OSError:
        return False
