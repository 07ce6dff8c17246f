"""The texts of `course`, `course list` and `course progress`."""

from __future__ import annotations

from pathlib import Path

from app.course.contents import CHAPTERS, EXERCISES, Chapter
from app.course.progress import Progress, QuizProgress
from app.course.quiz import questions
from app.course.student_folder import course_command, started
from app.course.texts import Text
from app.shell import command


def welcome(language: str) -> str:
    """How the course works, and the first command."""
    start, check, hint, solution = (command("course", action, "1.1") for action in ("start", "check", "hint", "solution"))
    minutes = sum(exercise.minutes for exercise in EXERCISES.values())
    return Text(
        f"{len(EXERCISES)} exercises in {len(CHAPTERS)} chapters, about {minutes // 60} hours, offline, on CPU. Each one is a\n"
        "Python file with a text, a few lines to write, and a check that says what is right and what is not.\n\n"
        f"  1. {start}\n     copies the first exercise into the folder my_course. Open the file and write the marked lines.\n"
        f"  2. {check}\n     checks it.\n"
        f"  3. {hint}\n     shows a hint, if you need one; `{solution}` the solution.\n"
        f"  4. {command('course', 'list')}\n     lists all exercises. --language zh: 中文。",
        f"{len(CHAPTERS)} 章 {len(EXERCISES)} 个练习，大约 {minutes // 60} 小时，离线，只用 CPU。每个练习是一个 Python 文件：\n"
        "一段说明，几行要写的代码，以及一个会告诉你哪里对、哪里错的检查。\n\n"
        f"  1. {start}\n     把第一个练习复制到 my_course 文件夹。打开文件，写出标出的几行。\n"
        f"  2. {check}\n     检查。\n"
        f"  3. {hint}\n     需要时看提示；`{solution}` 看答案。\n"
        f"  4. {command('course', 'list')}\n     列出所有练习。--language en: English.",
    ).read(language)


def listing(student_progress: Progress, language: str) -> str:
    """All chapters and exercises with their minutes; what is passed has a ✓."""
    lines = []
    for chapter in CHAPTERS:
        needs = Text(f"needs: {chapter.needs.en}", f"需要：{chapter.needs.zh}").read(language)
        lines += ["", f"{chapter.number}. {chapter.title.read(language)}   ({needs})"]
        for exercise in chapter.exercises:
            minutes = Text(f"{exercise.minutes} min", f"{exercise.minutes} 分钟").read(language)
            mark = "✓" if student_progress.passed(exercise.number) else " "
            lines.append(f"  {mark} {exercise.number:5} {exercise.title.read(language)}, {minutes}")
    return "\n".join(lines[1:])


def standing(student_progress: Progress, language: str, folder: Path) -> str:
    """A line for each chapter: exercises passed, checks made, the best quiz; then what comes next."""
    lines = [_chapter_line(chapter, student_progress, language) for chapter in CHAPTERS]
    open_numbers = [number for number in EXERCISES if not student_progress.passed(number)]
    done = len(EXERCISES) - len(open_numbers)
    count = len(EXERCISES)
    lines.append(Text(f"{done} of {count} exercises are passed.", f"{count} 个练习通过 {done} 个。").read(language))
    if open_numbers:
        action = "check" if EXERCISES[open_numbers[0]] in started(folder) else "start"
        line = course_command(action, open_numbers[0], folder)
        lines.append(Text(f"Next: {line}", f"下一步：{line}").read(language))
    return "\n".join(lines)


def _chapter_line(chapter: Chapter, student_progress: Progress, language: str) -> str:
    numbers = [exercise.number for exercise in chapter.exercises]
    passed = sum(map(student_progress.passed, numbers))
    tries = sum(student_progress.exercises[number].tries for number in numbers if number in student_progress.exercises)
    right, of = student_progress.quizzes.get(str(chapter.number), QuizProgress()).right, len(questions(chapter))
    bar = "■" * passed + "□" * (len(numbers) - passed)
    return Text(
        f"{chapter.number:3} {bar:7} {passed}/{len(numbers)} passed, {tries} checks, quiz {right}/{of}   {chapter.title.en}",
        f"{chapter.number:3} {bar:7} 通过 {passed}/{len(numbers)}，检查 {tries} 次，测验 {right}/{of}   {chapter.title.zh}",
    ).read(language)
