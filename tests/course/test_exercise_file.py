"""One source gives the student's file in both languages, with the gap and with the solution."""

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.course import contents
from app.course.contents import EXERCISES
from app.course.exercise_file import read_student_text, split_cells, student_text
from app.course.run_check import run_file
from app.errors import UserError

SOURCE = '''# %% [markdown] lang="en"
# Write `double`.

# %% [markdown] lang="zh"
# 写出 `double`。

# %%
def double(x):
    """int -> int"""
    ### BEGIN SOLUTION
    y = x + x
    # the sum

    return y
    ### END SOLUTION


def half(x):
    ### BEGIN SOLUTION
    return x / 2
    ### STARTER
    # if x:
    #     return x // 2
    ### END SOLUTION


#%% tags=["mine", "lab"]
raise ValueError("a lab is not run by a check")
'''


@pytest.fixture
def exercise(tmp_path, monkeypatch):
    """An exercise with SOURCE."""
    file = tmp_path / "source.py"
    file.write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(contents.Exercise, "file", property(lambda self: Path(file)))
    return replace(EXERCISES["2.1"])


def test_the_students_file_has_a_gap_and_one_language(exercise):
    text = student_text(exercise, "zh", solved=False)
    assert '    """int -> int"""\n    # YOUR CODE HERE (大约 3 行)\n    raise NotImplementedError\n\n\ndef half' in text
    assert "    if x:\n        return x // 2\n" in text
    assert "写出" in text and "Write" not in text and "lang=" not in text and "###" not in text
    assert text.rstrip().endswith('check("2.1")')
    ast.parse(text)


def test_the_solution_has_no_gap(exercise):
    text = student_text(exercise, "en", solved=True)
    assert "    y = x + x\n    # the sum\n\n    return y\n\n\ndef half(x):\n    return x / 2\n" in text
    assert "YOUR CODE" not in text and "//" not in text and "写出" not in text


def test_a_lab_is_left_out_and_errors_have_the_line_of_the_file(exercise, tmp_path):
    text = student_text(exercise, "en", solved=True).replace('check("2.1")', 'x = """\n# %%\n"""\n1 / 0')
    result = run_file(exercise, text, str(tmp_path / "answer.py"))
    line = next(number for number, line in enumerate(text.splitlines(), 1) if line == "1 / 0")
    assert result.wrong.en == f"Line {line}: `1 / 0` raises ZeroDivisionError: division by zero"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_byte_order_mark_and_windows_lines_are_read(ending, tmp_path):
    file = tmp_path / "answer.py"
    file.write_bytes(b"\xef\xbb\xbf" + f"# %%{ending}x = 1{ending}".encode())
    assert [cell.lines for cell in split_cells(read_student_text(file))] == [[], ["x = 1", ""]]


def test_commands_of_a_notebook_are_left_out(tmp_path):
    file = tmp_path / "answer.ipynb"
    cells = [("code", ["%matplotlib inline\n", "!ls\n", "x = 1"]), ("markdown", ["# x"]), ("code", ["y = 2"]), ("code", ["%%bash\n", "ls"]),
             ("code", ['z = """\n% 3"""'])]  # fmt: skip
    file.write_text(json.dumps({"cells": [{"cell_type": kind, "source": lines, "metadata": {}} for kind, lines in cells]}))
    names = {}
    exec(read_student_text(file), names)
    assert (names["x"], names["y"], names["z"]) == (1, 2, "\n% 3")
    text = read_student_text(file).replace("x = 1", "1 / 0")
    assert run_file(EXERCISES["2.1"], text, str(file)).wrong.en.startswith("Code cell 1, line 3: `1 / 0` raises")


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_student_text(tmp_path / "answer.py")
