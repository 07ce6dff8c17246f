"""The options of each action of `python -m app course`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Tuple

import tyro

from app.course.student_folder import DEFAULT_FOLDER
from app.flags import check


@dataclass
class FolderOptions:
    """A student's folder and language."""

    folder: str = DEFAULT_FOLDER
    """Folder with your files and your progress."""
    language: Literal["", "en", "zh"] = ""
    """en or zh; it is remembered. Empty: the remembered one, at first that of your system."""


@dataclass
class NumberOption:
    """Which exercise."""

    number: tyro.conf.Positional[str]
    """Exercise (2.1). A chapter (2) means the first of its exercises that you have not passed."""


@dataclass
class ChapterOption:
    """Which chapter."""

    chapter: tyro.conf.Positional[str]
    """Chapter, for example 2."""


@dataclass
class TimeLimitOption:
    """How long a check may take."""

    time_limit: int = 60
    """Seconds after which the check of an exercise ends."""

    def __post_init__(self) -> None:
        check("time_limit", self.time_limit, 1 <= self.time_limit <= 3600, "1 to 3600")


@dataclass
class ListOptions(FolderOptions):
    """List the chapters and exercises, the minutes they take, and what you have passed."""


@dataclass
class StartOptions(FolderOptions, NumberOption):
    """Copy the file of an exercise into your folder."""


@dataclass
class CheckOptions(TimeLimitOption, FolderOptions, NumberOption):
    """Check your file of an exercise. `all` instead of a number checks every file that you have started.

    The exit code is 0 if all answers are right, else 1.
    """


@dataclass
class HintOptions(FolderOptions, NumberOption):
    """Show a hint for an exercise: the first time the idea, from the second time on also nearly the code."""


@dataclass
class SolutionOptions(FolderOptions, NumberOption):
    """Show the solution of an exercise, the reason, and the file of this project that does it."""


@dataclass
class QuizOptions(FolderOptions, ChapterOption):
    """Answer the questions of a chapter."""

    answers: str = ""
    """Your answers, one letter for each question, for example acbd. Empty: you are asked one by one."""


@dataclass
class ProgressOptions(FolderOptions):
    """Show what you have passed."""


@dataclass
class SolveOptions(TimeLimitOption, ChapterOption):
    """Check the solutions of a chapter (or `all`) in a temporary folder: for teachers and tests."""


@dataclass
class StudentsOption:
    """Which students."""

    folders: tyro.conf.Positional[Tuple[str, ...]]
    """The students' folders."""


@dataclass
class ReportOptions(TimeLimitOption, StudentsOption):
    """Write the progress of a class to a CSV file: student, exercise, passed, tries, hints, solution_seen."""

    result_file: str = "course_report.csv"
    """CSV file to write."""
    recheck: bool = False
    """Run all files again: `passed` says what passes now. Otherwise it says what each progress.json says."""
