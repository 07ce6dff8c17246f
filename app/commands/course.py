"""`python -m app course ACTION`: exercises on the chapter about pretrained language models."""

from __future__ import annotations

import inspect
import sys
import tempfile
from pathlib import Path
from typing import Callable, Dict, List, Tuple

from app.atomic import write_text
from app.course.contents import CHAPTERS, Exercise
from app.course.exercise_file import solution_cells, student_text
from app.course.feedback import feedback, printed
from app.course.options import (
    CheckOptions,
    FolderOptions,
    HintOptions,
    ListOptions,
    ProgressOptions,
    QuizOptions,
    ReportOptions,
    SolutionOptions,
    SolveOptions,
    StartOptions,
)
from app.course.overview import listing, standing, welcome
from app.course.progress import changed_progress, read_progress
from app.course.quiz import LETTERS, ask, marked, questions, shown
from app.course.report import read_class, write_report
from app.course.student_folder import course_command, find_chapter, find_exercise, start, started, student_file
from app.course.student_process import check_file
from app.course.texts import Text, system_language
from app.errors import UserError
from app.flags import check, parse
from app.progress import say

FAILED = 1  # exit code: an answer is not right


def main(arguments: List[str]) -> int:
    """Runs the command."""
    if not arguments or arguments[0] in ("-h", "--help"):
        purposes = ((name, inspect.cleandoc(options.__doc__).splitlines()[0]) for name, (options, _) in ACTIONS.items())
        actions = "\n".join(f"  {name:9} {purpose}" for name, purpose in purposes)
        print(f"{welcome(system_language())}\n\nusage: python -m app course ACTION [--help] [flags]\n\n{actions}")
        return 0
    name = arguments[0]
    if name not in ACTIONS:
        raise UserError(f"course {name}: no such action; the actions are {', '.join(ACTIONS)}")
    options_type, run = ACTIONS[name]
    options = parse(options_type, f"python -m app course {name}", arguments[1:])
    return run(options) or 0


def _language(options: FolderOptions) -> str:
    """The language to use. One that was chosen with --language is remembered in a folder that has a progress."""
    folder = Path(options.folder)
    remembered = read_progress(folder).language
    if options.language and options.language != remembered:
        with changed_progress(folder) as student_progress:
            student_progress.language = options.language
    return options.language or remembered or system_language()


def _exercise(options: FolderOptions) -> Exercise:
    return find_exercise(options.number, read_progress(Path(options.folder)))


def _list(options: ListOptions) -> None:
    print(listing(read_progress(Path(options.folder)), _language(options)))


def _start(options: StartOptions) -> None:
    exercise, language = _exercise(options), _language(options)
    file = start(Path(options.folder), exercise, language)
    with changed_progress(Path(options.folder)) as student_progress:
        student_progress.of(exercise.number)
    line = course_command("check", exercise.number, Path(options.folder))
    print(Text(
        f"{file}: about {exercise.minutes} minutes. Read it, write your code, and check it:\n  {line}\n"
        "It opens as a notebook in Jupyter (with jupytext) and in VS Code.",
        f"{file}：大约 {exercise.minutes} 分钟。请阅读它，写出你的代码，然后检查：\n  {line}\n"
        "它也可以在 Jupyter（安装 jupytext）和 VS Code 里作为 notebook 打开。",
    ).read(language))  # fmt: skip


def _check(options: CheckOptions) -> int:
    folder = Path(options.folder)
    exercises = started(folder) if options.number == "all" else [_exercise(options)]
    if not exercises:
        raise UserError(f"{folder}: no exercise is started; begin with {course_command('start', '1.1', folder)}")
    if options.number != "all":
        student_file(folder, exercises[0])
    language = _language(options)
    passed = [_check_one(exercise, options, language) for exercise in exercises]
    return 0 if all(passed) else FAILED


def _check_one(exercise: Exercise, options: CheckOptions, language: str) -> bool:
    """Checks one file, says what came out, and counts it. Returns whether it passed."""
    try:
        file = student_file(Path(options.folder), exercise)
        say(f"{exercise.number} {exercise.title.read(language)}: {file}")
        result, output = check_file(exercise, file, options.time_limit)
    except UserError as problem:
        if options.number != "all":
            raise
        say(f"{exercise.number} {problem}")
        return False
    say("\n".join(filter(None, [printed(output, language), feedback(exercise, result, language, file.parent)])))
    with changed_progress(Path(options.folder)) as student_progress:
        student_progress.of(exercise.number).add_try(result.wrong is None)
    return result.wrong is None


def _hint(options: HintOptions) -> None:
    exercise, language = _exercise(options), _language(options)
    with changed_progress(Path(options.folder)) as student_progress:
        one = student_progress.of(exercise.number)
        one.hints = min(one.hints + 1, len(exercise.hints))
        shown_hints = exercise.hints[: one.hints]
    for index, text in enumerate(shown_hints, 1):
        print(f"{exercise.number} [{index}/{len(exercise.hints)}] {text.read(language)}")


def _solution(options: SolutionOptions) -> None:
    exercise, language = _exercise(options), _language(options)
    with changed_progress(Path(options.folder)) as student_progress:
        student_progress.of(exercise.number).solution_seen = True
    print(f"{exercise.number} {exercise.title.read(language)}\n\n{solution_cells(exercise)}\n")
    print(Text("Why: ", "为什么：").read(language) + exercise.reason.read(language))
    print(Text("In this project: ", "在本项目中：").read(language) + exercise.program.read(language))


def _quiz(options: QuizOptions) -> int:
    asked = questions(find_chapter(options.chapter))
    letters = options.answers.lower()
    known = all(letter in LETTERS[: len(question.choices)] for letter, question in zip(letters, asked))
    complete = known and len(letters) == len(asked)
    check("answers", letters, not letters or complete, f"{len(asked)} letters, one for each question")
    language = _language(options)
    if not letters and not sys.stdin.isatty():
        print("\n\n".join(shown(index, question, language) for index, question in enumerate(asked, 1)))
        print(f"\n{course_command('quiz', options.chapter, Path(options.folder))} --answers {'a' * len(asked)}")
        return 0
    right = 0
    for index, question in enumerate(asked, 1):
        print(f"\n{shown(index, question, language)}")
        letter = letters[index - 1] if letters else ask(question, language)
        is_right, text = marked(question, letter, language)
        right += is_right
        print(text)
    with changed_progress(Path(options.folder)) as student_progress:
        student_progress.quiz(options.chapter).add_try(right)
    print(Text(f"\n{right} of {len(asked)} are right.", f"\n{len(asked)} 题答对 {right} 题。").read(language))
    return 0 if right == len(asked) else FAILED


def _progress(options: ProgressOptions) -> None:
    print(standing(read_progress(Path(options.folder)), _language(options), Path(options.folder)))


def _solve(options: SolveOptions) -> int:
    chapters = CHAPTERS if options.chapter == "all" else [find_chapter(options.chapter)]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for exercise in (exercise for chapter in chapters for exercise in chapter.exercises):
            file = Path(folder) / exercise.file_name
            write_text(file, student_text(exercise, "en", solved=True))
            result, _ = check_file(exercise, file, options.time_limit)
            failed += result.wrong is not None
            say(f"{exercise.number} {exercise.title.en}: " + (f"WRONG: {result.wrong.en}" if result.wrong else "passed"))
    return FAILED if failed else 0


def _report(options: ReportOptions) -> None:
    students = read_class(options.folders)

    def passes(folder: Path, exercise: Exercise) -> bool:
        if exercise not in started(folder):
            return False
        say(f"{folder.name} {exercise.number}")
        try:
            return check_file(exercise, student_file(folder, exercise), options.time_limit)[0].wrong is None
        except UserError as problem:
            say(f"not passed: {problem}")
            return False

    rows = write_report(students, Path(options.result_file), passes if options.recheck else None)
    print(f"{options.result_file}: {rows} rows; students: {', '.join(students)}")


ACTIONS: Dict[str, Tuple[type, Callable]] = {
    "list": (ListOptions, _list),
    "start": (StartOptions, _start),
    "check": (CheckOptions, _check),
    "hint": (HintOptions, _hint),
    "solution": (SolutionOptions, _solution),
    "quiz": (QuizOptions, _quiz),
    "progress": (ProgressOptions, _progress),
    "solve": (SolveOptions, _solve),
    "report": (ReportOptions, _report),
}
