"""What a student has done: `progress.json` in their folder. It is written whole, so it survives restarts and kills."""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Dict, Iterator

from app.atomic import locked, read_json, write_json
from app.course.contents import CHAPTERS, EXERCISES
from app.course.texts import LANGUAGES
from app.errors import UserError

PROGRESS_JSON = "progress.json"
FORMAT = 1


@dataclass
class ExerciseProgress:
    """One exercise: `tries` counts the checks up to the first one that passed."""

    tries: int = 0
    passed: bool = False
    hints: int = 0
    solution_seen: bool = False
    passed_at: str = ""  # 2026-11-27 21:30

    def add_try(self, passed: bool) -> None:
        """Counts one check. What was passed once stays passed."""
        if not self.passed:
            self.tries += 1
            self.passed = passed
            self.passed_at = time.strftime("%Y-%m-%d %H:%M") if passed else ""


@dataclass
class QuizProgress:
    """The quiz of one chapter: `right` is the best number of right answers."""

    tries: int = 0
    right: int = 0

    def add_try(self, right: int) -> None:
        """Counts one quiz with so many right answers."""
        self.tries += 1
        self.right = max(self.right, right)


@dataclass
class Progress:
    """All exercises and quizzes that were begun, by number of the exercise or chapter."""

    language: str = ""  # the one chosen with --language
    exercises: Dict[str, ExerciseProgress] = field(default_factory=dict)
    quizzes: Dict[str, QuizProgress] = field(default_factory=dict)

    def of(self, number: str) -> ExerciseProgress:
        """The progress of exercise `number`."""
        return self.exercises.setdefault(number, ExerciseProgress())

    def quiz(self, number: str) -> QuizProgress:
        """The progress of the quiz of chapter `number`."""
        return self.quizzes.setdefault(number, QuizProgress())

    def passed(self, number: str) -> bool:
        """Whether exercise `number` is passed."""
        return number in self.exercises and self.exercises[number].passed


def read_progress(folder: Path) -> Progress:
    """The progress in a student's folder; nothing is done if there is no file. Raises UserError if it is damaged."""
    file = folder / PROGRESS_JSON
    advice = "; move this file away and check your exercises again"
    if not file.exists():
        return Progress()
    value = read_json(file, advice)
    try:
        if value.pop("format") != FORMAT:
            raise ValueError("of another version of this program")
        student_progress = Progress(**value)
        student_progress.exercises = {number: ExerciseProgress(**one) for number, one in student_progress.exercises.items()}
        student_progress.quizzes = {number: QuizProgress(**one) for number, one in student_progress.quizzes.items()}
        _check(student_progress)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise UserError(f"{file}: damaged ({problem}){advice}") from problem
    return student_progress


def _check(student_progress: Progress) -> None:
    """Raises ValueError for values that this program does not write."""
    chapters = {str(chapter.number) for chapter in CHAPTERS}
    for known, begun in ((EXERCISES, student_progress.exercises), (chapters, student_progress.quizzes)):
        for number, one in begun.items():
            values = vars(one).items()
            right = all(type(value) is type(getattr(type(one)(), name)) for name, value in values)
            if number not in known or not right or any(value < 0 for _, value in values if type(value) is int):
                raise ValueError(f"{number}: {vars(one)}")
    if student_progress.language not in ("", *LANGUAGES):
        raise ValueError(f"language: {student_progress.language}")


@contextlib.contextmanager
def changed_progress(folder: Path) -> Iterator[Progress]:
    """The progress, to change in a block that one process at a time executes. It is written if the block raises no error."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".progress.lock"):
        student_progress = read_progress(folder)
        yield student_progress
        write_json(folder / PROGRESS_JSON, {"format": FORMAT, **asdict(student_progress)})
