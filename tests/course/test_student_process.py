"""Whatever a student's file does, the check ends with a clear line."""

import subprocess
import time

import pytest

from app.course.contents import EXERCISES
from app.course.exercise_file import student_text
from app.course.student_process import check_file
from app.errors import UserError

EXERCISE = EXERCISES["2.1"]
SECONDS = 3


def check_text(text: str, tmp_path, seconds: int = 60):
    file = tmp_path / EXERCISE.file_name
    file.write_text(text, encoding="utf-8")
    return check_file(EXERCISE, file, seconds)


def with_first_line(line: str) -> str:
    """The solution, after a line that the student has added."""
    return f"{line}\n{student_text(EXERCISE, 'en', solved=True)}"


def test_a_right_answer_passes_and_its_output_is_kept(tmp_path):
    result, output = check_text(with_first_line("print('你好', __name__)"), tmp_path)
    assert result.wrong is None and len(result.right) == 2
    assert output.startswith("你好 __main__\n")
    assert "WARNING" not in output


HOSTILE = {  # what the student's file does -> words of the message
    "raise ValueError('no')": "Line 1: `raise ValueError('no')` raises ValueError: no",
    "1 +": "Line 1: not valid Python",
    "input()": "nobody types",
    "exit()": "ends the program",
    "import os; os._exit(0)": "ended Python (exit code 0)",
    "import os; os.kill(os.getpid(), 9)": "ended Python (signal 9)",
    "x = [0] * 10**10": "more memory",
    "def f(): f()\nf()": "RecursionError",
    "raise KeyboardInterrupt": "raises KeyboardInterrupt",
    "while True: print('x' * 10_000)": "prints more than 1 MB",
    "while True: pass": f"Line 1: Your program still runs after {SECONDS} seconds",
}


@pytest.mark.parametrize("code", HOSTILE)
def test_it_ends_in_a_clear_line(code, tmp_path):
    result, _ = check_text(with_first_line(code), tmp_path, SECONDS)
    assert HOSTILE[code] in result.wrong.en
    assert result.wrong.zh != result.wrong.en


def test_a_loop_that_catches_everything_is_killed_with_its_children(tmp_path):
    code = """
import subprocess
child = subprocess.Popen(["sleep", "1000"])
open("child", "w").write(str(child.pid))
while True:
    try:
        while True: pass
    except BaseException: pass
"""
    began = time.monotonic()
    result, _ = check_text(with_first_line(code), tmp_path, SECONDS)
    assert f"still runs after {SECONDS} seconds" in result.wrong.en
    assert time.monotonic() - began < 60
    child = (tmp_path / "child").read_text()
    state = subprocess.run(["ps", "-o", "stat=", "-p", child], capture_output=True, text=True).stdout.strip()
    assert state in ("", "Z", "Zs"), state


def test_a_function_that_loops_when_the_check_calls_it_is_found(tmp_path):
    solution = student_text(EXERCISE, "en", solved=True)
    text = solution.replace("    dimension =", "    while len(query) == 2: pass\n    dimension =")
    result, _ = check_text(text, tmp_path, SECONDS)
    assert "`while len(query) == 2: pass`" in result.wrong.en or "still runs" in result.wrong.en


def test_it_runs_in_the_students_folder_and_finds_the_students_modules(tmp_path):
    (tmp_path / "random.py").write_text("raise ValueError('not Python\'s')")
    (tmp_path / "mine.py").write_text("x = 1")
    code = "import os, random, mine; print(os.getcwd()); open('written', 'w')"
    result, output = check_text(with_first_line(code), tmp_path)
    assert output.startswith(f"{tmp_path}\n") and (tmp_path / "written").exists()
    assert result.wrong is None


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"{", b"[]"], ids=["not UTF-8", "not JSON", "no notebook"])
def test_a_file_that_cannot_be_read_is_one_line(content, tmp_path):
    file = tmp_path / "2_1_scaled_dot_product.ipynb"
    file.write_bytes(content)
    with pytest.raises(UserError, match="cannot be read"):
        check_file(EXERCISE, file, SECONDS)
