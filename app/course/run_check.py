"""Runs a student's file and its check in this process: what is right, and the first thing that is wrong."""

from __future__ import annotations

import linecache
import random
import re
import sys
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from app.course.answers import NotDefined, Student, WrongAnswer
from app.course.contents import Exercise
from app.course.exercise_file import without_labs
from app.course.texts import Text


@dataclass
class Result:
    """The outcome of a check. It is passed if nothing is wrong."""

    right: List[Text]
    wrong: Optional[Text]


class StillRunning(BaseException):
    """The time of a check is over. Not an Exception, so that a student's `except Exception` does not catch it."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.text = Text(f"Your program still runs after {seconds} seconds. Is there a loop that does not end?",
                         f"{seconds} 秒后你的程序还在运行。是不是有停不下来的循环？")  # fmt: skip


def run_file(exercise: Exercise, text: str, file: str) -> Result:
    """Runs a student's file, except its labs, then checks the names that it defines.

    `file`: its path, for messages. If the file raises an error, the check still runs: it may know the reason.
    """
    namespace: Dict[str, Any] = {"__name__": "__main__", "__file__": file, "display": print}  # display: of notebooks
    linecache.cache[file] = (len(text), None, [f"{line}\n" for line in text.split("\n")], file)
    crash: Optional[BaseException] = None
    try:
        exec(compile(without_labs(text), file, "exec", dont_inherit=True), namespace)
    except StillRunning as problem:
        return Result([], explain(problem, namespace))
    except BaseException as problem:
        crash = problem
    return check_names(exercise, namespace, crash)


def check_names(exercise: Exercise, namespace: Dict[str, Any], crash: Optional[BaseException] = None) -> Result:
    """Checks the names that a student has defined. `crash`: the error with which their file ended."""
    check = exercise.check_module.check
    _reset()
    right: List[Text] = []
    wrong = crash
    try:
        for text in check(Student(namespace)):
            right.append(text)
    except NotDefined as problem:
        wrong = crash or problem
    except KeyboardInterrupt:  # of the user of a notebook
        raise
    except BaseException as problem:
        wrong = problem
    return Result(right, explain(wrong, namespace) if wrong else None)


def _reset() -> None:
    """The state that a student's file may have changed: seeds and Paddle's defaults."""
    random.seed(1)
    np.random.seed(1)
    np.seterr(all="warn")
    paddle = sys.modules.get("paddle")
    if paddle:
        paddle.disable_static()
        paddle.set_default_dtype("float32")
        paddle.set_grad_enabled(True)
        paddle.seed(1)


def explain(problem: BaseException, namespace: Dict[str, Any]) -> Text:
    """One line on an error: where in the student's code it was raised, and what it is."""
    if isinstance(problem, WrongAnswer):
        return problem.text
    if isinstance(problem, RuntimeError) and isinstance(problem.__cause__, StopIteration):  # it ended the check's generator
        problem = problem.__cause__
    line, where, code = _place(problem, namespace)
    if isinstance(problem, StillRunning):
        return Text(where.en + problem.text.en, where.zh + problem.text.zh)
    if isinstance(problem, NotImplementedError) and line:
        return Text(f"{where.en}the code is not written yet. Replace `{code}` by your own lines.",
                    f"{where.zh}这里的代码还没有写。请把 `{code}` 换成你自己的代码。")  # fmt: skip
    if isinstance(problem, SyntaxError) and problem.lineno:
        where = _where(str(namespace.get("__file__", "")), problem.lineno)
        return Text(f"{where.en}not valid Python ({problem.msg}).", f"{where.zh}Python 语法错误（{problem.msg}）。")
    if isinstance(problem, SystemExit):
        return Text(f"{where.en}your code ends the program (exit). Remove that.",
                    f"{where.zh}你的代码结束了程序（exit）。请删掉它。")  # fmt: skip
    if isinstance(problem, EOFError):
        return Text(f"{where.en}input() cannot be used: nobody types during a check.",
                    f"{where.zh}检查时没有人输入，不能用 input()。")  # fmt: skip
    if isinstance(problem, MemoryError):
        return Text(f"{where.en}more memory is needed than a check may use.", f"{where.zh}需要的内存超过了检查的上限。")
    summary = _summary(problem)
    if not line:  # the check itself could not use the answer
        return Text(f"The check cannot use your answer ({summary}).", f"检查无法使用你的答案（{summary}）。")
    return Text(f"{where.en}`{code}` raises {summary}", f"{where.zh}`{code}` 出错：{summary}")


def _summary(problem: BaseException) -> str:
    """The error's class and message in one line. Of Paddle's long messages, the line that names the error."""
    try:
        lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    except Exception:  # a student's own __str__
        lines = []
    named = [line for line in lines if re.match(r"\w*Error: ", line)]
    message = named[-1] if named else " ".join(lines[:3])
    return (f"{type(problem).__name__}: {message}" if message else type(problem).__name__)[:300]


def _place(problem: BaseException, namespace: Dict[str, Any]) -> Tuple[int, Text, str]:
    """The innermost line of the student's code in the error's traceback: its number (0: none), how to say it, its text."""
    found, step = None, problem.__traceback__
    while step:
        if step.tb_frame.f_globals is namespace and step.tb_frame.f_code.co_filename != "<string>":
            found = step
        step = step.tb_next
    if not found:
        return 0, Text("", ""), ""
    file, line = found.tb_frame.f_code.co_filename, found.tb_lineno
    return line, _where(file, line), _short(linecache.getline(file, line))


def _where(file: str, line: int) -> Text:
    """A line of a script, or of a cell of a notebook."""
    if not file.endswith(".ipynb"):
        return Text(f"Line {line}: ", f"第 {line} 行：")
    headings = [number for number in range(1, line) if linecache.getline(file, number).startswith("# %%")]
    cell, line = len(headings), line - headings[-1]
    return Text(f"Code cell {cell}, line {line}: ", f"第 {cell} 个代码单元第 {line} 行：")


def _short(line: str) -> str:
    """A line of code in at most 80 characters."""
    line = line.strip()
    return line if len(line) <= 80 else line[:77] + "..."
