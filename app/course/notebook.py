"""`check("2.1")` in a cell of a notebook or at the end of a file."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, Dict, Optional

from app import runtime
from app.course.contents import EXERCISES
from app.course.feedback import feedback
from app.course.progress import PROGRESS_JSON, changed_progress, read_progress
from app.course.run_check import check_names
from app.course.texts import system_language

RUNNING_A_FILE = False  # while `course check` runs a student's file: it checks afterwards, so the call in the file does nothing

runtime.load_paddle(nlp=False)  # before a cell imports it: sets its threads and hides its messages
logging.getLogger("PaddleNLP").addFilter(lambda record: record.levelno >= logging.ERROR)


def check(number: str, names: Optional[Dict[str, Any]] = None) -> None:
    """Checks exercise `number` and prints what is right and what is not. Raises ValueError if there is no such exercise.

    `names`: the names to check, by default those of the cell or file that calls this. The folder's progress counts the check.
    """
    if RUNNING_A_FILE:
        return
    if number not in EXERCISES:
        raise ValueError(f"{number}: no such exercise; they are {', '.join(EXERCISES)}")
    names = sys._getframe(1).f_globals if names is None else names
    folder = Path(names["__file__"]).parent if "__file__" in names else Path()
    student_progress = read_progress(folder)
    result = check_names(EXERCISES[number], names)
    print(feedback(EXERCISES[number], result, student_progress.language or system_language(), folder))
    if (folder / PROGRESS_JSON).exists():
        with changed_progress(folder) as student_progress:
            student_progress.of(number).add_try(result.wrong is None)
