"""`python -m app course` as a student and a teacher use it."""

import csv
import json
import subprocess
import sys

import pytest
from conftest import run_app

from app.commands import course
from app.course.contents import CHAPTERS, EXERCISES
from app.course.exercise_file import student_text
from app.course.progress import read_progress
from app.course.quiz import questions
from app.course.report import read_class
from app.errors import UserError


@pytest.fixture(autouse=True)
def in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def solve(number: str, folder) -> None:
    """Writes the solution of an exercise into a student's folder."""
    (folder / EXERCISES[number].file_name).write_text(student_text(EXERCISES[number], "en", solved=True), encoding="utf-8")


def test_the_first_words_lead_to_the_first_exercise(capsys):
    assert course.main([]) == 0
    assert "course start 1.1" in capsys.readouterr().out


def test_a_student_passes_an_exercise(tmp_path, capsys):
    folder = tmp_path / "my_course"
    assert course.main(["start", "2.1"]) == 0
    assert "course check 2.1" in capsys.readouterr().out
    assert course.main(["check", "2.1"]) == 1
    assert "not written yet" in capsys.readouterr().out
    solve("2.1", folder)
    assert course.main(["check", "2.1"]) == 0
    assert "2.1 is passed" in capsys.readouterr().out
    assert vars(read_progress(folder).of("2.1"))["tries"] == 2
    course.main(["progress"])
    assert "1 of 42 exercises are passed" in capsys.readouterr().out
    course.main(["list", "--language", "zh"])
    assert "✓ 2.1" in capsys.readouterr().out
    course.main(["progress"])  # the language is remembered
    assert "通过 1 个" in capsys.readouterr().out
    course.main(["start", "2"])  # a chapter's number means the first that is not passed
    assert (folder / EXERCISES["2.2"].file_name).exists()


def test_work_is_never_overwritten(tmp_path):
    course.main(["start", "2.1"])
    file = tmp_path / "my_course" / EXERCISES["2.1"].file_name
    file.write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        course.main(["start", "2.1"])
    assert file.read_text() == "mine"


def test_hints_come_one_after_the_other_and_a_solution_is_noted(tmp_path, capsys):
    for expected in (["[1/2]"], ["[1/2]", "[2/2]"], ["[1/2]", "[2/2]"]):
        course.main(["hint", "2.1"])
        assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == expected
    course.main(["solution", "2.1"])
    shown = capsys.readouterr().out
    assert "math.sqrt" in shown and "Why:" in shown and "app/" in shown and "###" not in shown
    one = read_progress(tmp_path / "my_course").of("2.1")
    assert one.hints == 2 and one.solution_seen and not one.passed


@pytest.mark.parametrize("arguments, words", [
    (["begin"], "no such action"), (["start", "2.9"], "chapter 2 has 2.1 to 2.4"), (["start", "12"], "no such chapter"),
    (["check", "2.1"], "not found; start the exercise"), (["check", "all"], "no exercise is started"), (["quiz", "0"], "no such chapter"),
    (["quiz", "2", "--answers", "a"], "letters, one for each question"), (["quiz", "2", "--answers", "zzzz"], "letters"), (["check", "2.1", "--time_limit", "0"], "1 to 3600"),
    (["start", "2.1", "--langage", "zh"], "did you mean --language"), (["report", "nobody"], "has no progress.json"),
])  # fmt: skip
def test_a_wrong_command_is_one_line_and_changes_nothing(arguments, words, tmp_path):
    with pytest.raises(UserError, match=words) as problem:
        course.main(arguments)
    assert "\n" not in str(problem.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"format": 2}', '{"format": 1, "exercises": {"2.1": {"tries": -1}}}',
                                    '{"format": 1, "exercises": {"99.9": {}}}', '{"format": 1, "quizzes": {"2": {"right": true}}}',
                                    '{"format": 1, "language": "fr"}', '{"format": 1, "surprise": 1}'])  # fmt: skip
def test_a_damaged_progress_is_one_line(damage, tmp_path):
    file = tmp_path / "progress.json"
    file.write_text(damage)
    with pytest.raises(UserError, match="damaged.*check your exercises again"):
        course.main(["progress", "--folder", str(tmp_path)])
    assert file.read_text() == damage


def test_a_quiz_tells_why(tmp_path, capsys, monkeypatch):
    asked = questions(CHAPTERS[1])
    right = "".join(question.letter for question in asked)
    wrong = "".join("ab"[question.letter == "a"] for question in asked)
    assert course.main(["quiz", "2", "--answers", wrong]) == 1
    shown = capsys.readouterr().out
    for question, letter in zip(asked, wrong):
        assert dict(zip("abcd", (reason for _, reason in question.choices)))[letter].en in shown and question.reason.en in shown
    assert course.main(["quiz", "2", "--answers", right]) == 0
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    typed = iter(f"?z{right}")
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    assert course.main(["quiz", "2"]) == 0
    quiz = read_progress(tmp_path / "my_course").quiz("2")
    assert quiz.tries == 3 and quiz.right == len(asked)


def test_the_solutions_of_a_chapter_are_checked(capsys):
    assert course.main(["solve", "2"]) == 0
    assert capsys.readouterr().out.count("passed") == len(CHAPTERS[1].exercises)


def test_a_teacher_gets_the_class_as_csv(tmp_path, capsys):
    for student, passes in (("王芳", True), ("li", False)):
        folder = tmp_path / student
        course.main(["start", "2.1", "--folder", str(folder)])
        if passes:
            solve("2.1", folder)
        course.main(["check", "2.1", "--folder", str(folder)])
    course.main(["report", str(tmp_path / "王芳"), str(tmp_path / "li"), "--result_file", "class.csv"])
    with (tmp_path / "class.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * (len(EXERCISES) + len(CHAPTERS))
    marks = {(row["student"], row["exercise"]): (row["passed"], row["tries"]) for row in rows}
    assert marks["王芳", "2.1"] == ("1", "1") and marks["li", "2.1"] == ("0", "1") and marks["li", "2.2"] == ("0", "0")
    forged = tmp_path / "li" / "progress.json"  # a recheck does not believe what the file says
    value = json.loads(forged.read_text())
    value["exercises"]["2.1"]["passed"] = True
    forged.write_text(json.dumps(value))
    course.main(["report", "li", "--result_file", "again.csv", "--recheck"])
    assert "li,2.1,0,1" in (tmp_path / "again.csv").read_text(encoding="utf-8-sig")


def test_students_are_named_by_what_differs_in_their_paths(tmp_path):
    folders = [tmp_path / student / "my_course" for student in ("li", "wang")]
    for folder in folders:
        course.main(["hint", "2.1", "--folder", str(folder)])
    assert read_class([str(folder) for folder in folders]) == dict(zip(("li", "wang"), folders))
    assert read_class([str(folders[0])]) == {"my_course": folders[0]}


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_checked(tmp_path, capsys):
    solve("2.1", tmp_path)
    (tmp_path / EXERCISES["2.2"].file_name).write_bytes(b"\xff")
    assert course.main(["check", "all", "--folder", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "2.1 is passed" in shown and f"2.2 {tmp_path / EXERCISES['2.2'].file_name}: cannot be read" in shown
    course.main(["report", str(tmp_path), "--result_file", str(tmp_path / "class.csv"), "--recheck"])
    assert "not passed" in capsys.readouterr().out
    marks = (tmp_path / "class.csv").read_text(encoding="utf-8-sig")
    assert f"{tmp_path.name},2.1,1,1" in marks and f"{tmp_path.name},2.2,0,0" in marks


def test_a_file_checks_itself_and_a_notebook_is_read(tmp_path):
    """`check` in the last cell, as in Jupyter; and the same exercise saved as .ipynb."""
    run_app("course", "start", "2.1", "--folder", str(tmp_path))
    solve("2.1", tmp_path)
    file = tmp_path / EXERCISES["2.1"].file_name
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, encoding="utf-8", cwd=tmp_path)
    assert "2.1 is passed" in done.stdout and done.returncode == 0, done.stderr
    assert read_progress(tmp_path).passed("2.1")
    jupytext = pytest.importorskip("jupytext")
    notebook = jupytext.read(file)
    assert [cell.cell_type for cell in notebook.cells][:3] == ["markdown", "code", "markdown"]
    jupytext.write(notebook, file.with_suffix(".ipynb"))
    both = run_app("course", "check", "2.1", "--folder", str(tmp_path))
    assert both.returncode == 2 and "which of them is your answer" in both.stderr
    file.unlink()
    assert run_app("course", "check", "2.1", "--folder", str(tmp_path)).returncode == 0
