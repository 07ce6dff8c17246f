"""What a student reads after a check."""

from __future__ import annotations

from pathlib import Path

from app.course.contents import CHAPTERS, EXERCISES, Exercise
from app.course.run_check import Result
from app.course.student_folder import course_command
from app.course.texts import Text

SHOWN_LINES = 30  # of what the student's program printed


def feedback(exercise: Exercise, result: Result, language: str, folder: Path) -> str:
    """The lines for a result: what is right, what is wrong, what to do next in the student's folder."""
    right, wrong = Text("right: ", "正确：").read(language), Text("WRONG: ", "错误：").read(language)
    lines = [f"  {right}{text.read(language)}" for text in result.right]
    if result.wrong:
        hint = course_command("hint", exercise.number, folder)
        lines += [f"  {wrong}{result.wrong.read(language)}", Text(f"A hint: {hint}", f"提示：{hint}").read(language)]
    else:
        passed = Text(f"{exercise.number} is passed. ", f"{exercise.number} 通过。")
        lines.append(passed.read(language) + _next(exercise, folder).read(language))
    return "\n".join(lines)


def _next(exercise: Exercise, folder: Path) -> Text:
    """What comes after an exercise: the next one, or the chapter's quiz."""
    numbers = list(EXERCISES)
    chapter = next(chapter for chapter in CHAPTERS if exercise in chapter.exercises)
    if exercise == chapter.exercises[-1]:
        line = course_command("quiz", str(chapter.number), folder)
        return Text(f"The quiz of chapter {chapter.number}: {line}", f"第 {chapter.number} 章的测验：{line}")
    line = course_command("start", numbers[numbers.index(exercise.number) + 1], folder)
    return Text(f"The next one: {line}", f"下一个练习：{line}")


def printed(output: str, language: str) -> str:
    """What the student's program printed: its first lines."""
    lines = output.rstrip().splitlines()
    shown = [f"  | {line[:200]}" for line in lines[:SHOWN_LINES]]
    if len(lines) > SHOWN_LINES:
        more = len(lines) - SHOWN_LINES
        shown.append(Text(f"  | ... {more} more lines", f"  | ……还有 {more} 行").read(language))
    heading = Text("Your program printed:", "你的程序输出：").read(language)
    return "\n".join([heading, *shown]) if lines else ""
