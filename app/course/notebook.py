"""`check("2.1")` in a cell of a notebook or at the end of a file."""

from __future__ import annotations

import logging
from typing import Any, Dict, Optional

from app import runtime

RUNNING_A_FILE = False  # while `course check` runs a student's file: it checks afterwards, so the call in the file does nothing

runtime.prepare()  # before a cell imports Paddle
logging.getLogger("PaddleNLP").addFilter(lambda record: record.levelno >= logging.ERROR)


def check(number: str, names: Optional[Dict[str, Any]] = None) -> None:
    """Checks exercise `number` and prints what is right and what is not.

    `names`: the names to check, by default those of the cell or file that calls this.
    """
    if RUNNING_A_FILE:
        return
    raise NotImplementedError
