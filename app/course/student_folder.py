"""A student's folder: which exercise a number means, and where its file is."""

from __future__ import annotations

from pathlib import Path
from typing import List

from app.atomic import write_text
from app.course.contents import CHAPTERS, EXERCISES, Chapter, Exercise
from app.course.exercise_file import student_text
from app.course.progress import Progress
from app.errors import UserError
from app.shell import command

DEFAULT_FOLDER = "my_course"


def course_command(action: str, number: str, folder: Path) -> str:
    """The command line for an action in a student's folder."""
    return command("course", action, number, *([] if folder == Path(DEFAULT_FOLDER) else ["--folder", str(folder)]))


def find_chapter(number: str) -> Chapter:
    """The chapter with this number. Raises UserError if there is none."""
    for chapter in CHAPTERS:
        if str(chapter.number) == number:
            return chapter
    raise UserError(f"{number}: no such chapter; the chapters are 1 to {len(CHAPTERS)}")


def find_exercise(number: str, student_progress: Progress) -> Exercise:
    """The exercise `2.1`, or for the chapter `2` the first of its exercises that is not passed. Raises UserError if none is."""
    if number in EXERCISES:
        return EXERCISES[number]
    if "." in number:
        chapter = find_chapter(number.partition(".")[0])
        first, last = chapter.exercises[0].number, chapter.exercises[-1].number
        raise UserError(f"{number}: no such exercise; chapter {chapter.number} has {first} to {last}")
    chapter = find_chapter(number)
    for exercise in chapter.exercises:
        if not student_progress.passed(exercise.number):
            return exercise
    raise UserError(f"{number}: all exercises of this chapter are passed; name one, for example {chapter.exercises[0].number}")


def start(folder: Path, exercise: Exercise, language: str) -> Path:
    """Writes the starter into the folder and returns its path. Raises UserError if the student has a file of it already."""
    there = _files(folder, exercise)
    if there:
        raise UserError(f"{there[0]}: exists already, with your work in it; to begin anew, move it away first")
    file = folder / exercise.file_name
    write_text(file, student_text(exercise, language, solved=False))
    return file


def student_file(folder: Path, exercise: Exercise) -> Path:
    """The student's file of an exercise. Raises UserError if there is none, or a script and a notebook."""
    there = _files(folder, exercise)
    if not there:
        line = course_command("start", exercise.number, folder)
        raise UserError(f"{folder / exercise.file_name}: not found; start the exercise: {line}")
    if len(there) > 1:
        raise UserError(f"{there[0]} and {there[1].name}: which of them is your answer? Move the other one away")
    return there[0]


def started(folder: Path) -> List[Exercise]:
    """The exercises that the student has a file of."""
    return [exercise for exercise in EXERCISES.values() if _files(folder, exercise)]


def _files(folder: Path, exercise: Exercise) -> List[Path]:
    """The student's files of an exercise: a script, a notebook, or both."""
    script = folder / exercise.file_name
    return [file for file in (script, script.with_suffix(".ipynb")) if file.exists()]
