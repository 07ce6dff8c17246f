"""The progress of a class as one CSV file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Callable, Dict, List, Optional

from app.atomic import atomic_file
from app.course.contents import CHAPTERS, EXERCISES, Exercise
from app.course.progress import PROGRESS_JSON, ExerciseProgress, Progress, QuizProgress, read_progress
from app.course.quiz import questions
from app.errors import UserError

COLUMNS = ("student", "exercise", "passed", "tries", "hints", "solution_seen")


def read_class(folders: List[str]) -> Dict[str, Path]:
    """The students' folders by student. A student is named by the last part of the path that differs for all of them: for
    class/li/my_course and class/wang/my_course, li and wang. Raises UserError if one of them has no readable progress.
    """
    paths = list(dict.fromkeys(Path(folder).resolve() for folder in folders))
    for path in paths:
        if not (path / PROGRESS_JSON).is_file():
            raise UserError(f"{path}: has no {PROGRESS_JSON}; name the folders in which the students worked")
        read_progress(path)
    for depth in range(1, min(len(path.parts) for path in paths)):
        names = [path.parts[-depth] for path in paths]
        if len(set(names)) == len(names):
            return dict(zip(names, paths))
    return {str(path): path for path in paths}


def write_report(students: Dict[str, Path], file: Path, recheck: Optional[Callable[[Path, Exercise], bool]] = None) -> int:
    """Writes a row for each student, exercise and quiz, as UTF-8 that spreadsheets recognise (BOM). Returns the number of rows.

    `recheck`: says whether the student's file passes now; otherwise `passed` is what the student's progress says.
    """
    rows = []
    for student, folder in students.items():
        student_progress = read_progress(folder)
        for number, exercise in EXERCISES.items():
            one = student_progress.exercises.get(number, ExerciseProgress())
            passed = recheck(folder, exercise) if recheck else one.passed
            rows.append((student, number, int(passed), one.tries, one.hints, int(one.solution_seen)))
        rows += _quizzes(student, student_progress)
    with atomic_file(file) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    return len(rows)


def _quizzes(student: str, student_progress: Progress) -> List[tuple]:
    """The rows of the quizzes: passed if all answers were right once."""
    rows = []
    for chapter in CHAPTERS:
        one = student_progress.quizzes.get(str(chapter.number), QuizProgress())
        rows.append((student, f"quiz {chapter.number}", int(one.right == len(questions(chapter))), one.tries, "", ""))
    return rows
