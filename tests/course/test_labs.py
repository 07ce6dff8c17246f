"""The labs, which a check leaves out: the whole file of each exercise with a lab, run as a student runs it."""

import subprocess
import sys

import pytest

from app.course.contents import EXERCISES
from app.course.exercise_file import LAB, student_text

LABS = [number for number, exercise in EXERCISES.items() if LAB.search(exercise.file.read_text(encoding="utf-8"))]


@pytest.mark.slow
@pytest.mark.parametrize("number", LABS)
def test_a_lab_runs(number, tmp_path):
    file = tmp_path / EXERCISES[number].file_name
    file.write_text(student_text(EXERCISES[number], "en", solved=True), encoding="utf-8")
    done = subprocess.run([sys.executable, str(file)], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert f"{number} is passed" in done.stdout
