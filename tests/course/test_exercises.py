"""Every exercise: the starter fails, the solution passes, and typical mistakes are named."""

import re

import pytest
from conftest import ROOT, load_script

from app.course import notebook
from app.course.contents import CHAPTERS, EXERCISES
from app.course.exercise_file import student_text
from app.course.run_check import Result, run_file
from app.course.texts import LANGUAGES, Text

CHINESE, LATIN = re.compile(r"[\u4e00-\u9fff]"), re.compile("[A-Za-z]")
MISTAKES = {}
for file in sorted((ROOT / "tests/course/mistakes").glob("*.py")):
    MISTAKES.update(load_script(file).MISTAKES)
QUICK = 6  # so many mistakes of each exercise are tried by default, the others with -m slow
PLANTED = [
    pytest.param(number, *mistake, id=f"{number} {mistake[0]}", marks=[pytest.mark.slow] if index >= QUICK else [])
    for number, mistakes in MISTAKES.items()
    for index, mistake in enumerate(mistakes)
]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setattr(notebook, "RUNNING_A_FILE", True)


def run(number: str, text: str, tmp_path) -> Result:
    return run_file(EXERCISES[number], text, str(tmp_path / EXERCISES[number].file_name))


def check_texts(*texts: Text) -> None:
    """Both languages are there, and each is what it says."""
    for text in texts:
        unquoted = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "", text.en)
        assert len(CHINESE.findall(unquoted)) < len(LATIN.findall(unquoted)), text.en
        assert CHINESE.search(text.zh), text.zh


@pytest.mark.parametrize("number", EXERCISES)
def test_the_starter_fails_and_says_what_to_do(number, tmp_path):
    result = run(number, student_text(EXERCISES[number], "en", solved=False), tmp_path)
    assert result.wrong
    check_texts(result.wrong)


@pytest.mark.parametrize("number", EXERCISES)
def test_the_solution_passes(number, tmp_path):
    result = run(number, student_text(EXERCISES[number], "en", solved=True), tmp_path)
    assert result.wrong is None, result.wrong.en
    assert result.right
    check_texts(*result.right)


@pytest.mark.filterwarnings("ignore")  # a mistake may divide by zero
@pytest.mark.parametrize("number, name, old, new, words", PLANTED)
def test_a_typical_mistake_is_named(number, name, old, new, words, tmp_path):
    solution = student_text(EXERCISES[number], "en", solved=True)
    assert solution.count(old) == 1, f"{old!r} is there {solution.count(old)} times"
    result = run(number, solution.replace(old, new), tmp_path)
    assert result.wrong, "the check accepts it"
    assert words in result.wrong.en, result.wrong.en
    check_texts(result.wrong)


@pytest.mark.parametrize("number", EXERCISES)
def test_an_exercise_is_complete(number):
    exercise = EXERCISES[number]
    assert len({mistake[0] for mistake in MISTAKES[number]}) >= 3
    assert len(exercise.hints) == 2
    check_texts(*exercise.hints, exercise.reason, exercise.title)
    for text in exercise.program:
        files = re.findall(r"app/[\w/.]+\.py", text)
        assert files and all((ROOT / file).is_file() for file in files), text
    for language in LANGUAGES:
        starter = student_text(exercise, language, solved=False)
        cells = re.split(r"(?m)^# %%", starter)
        prose = "".join(cell for cell in cells if cell.startswith(" [markdown]"))
        assert bool(CHINESE.search(prose)) or language == "en"
        assert starter != student_text(exercise, language, solved=True)
        assert "### " not in re.sub(r"(?m)^# ### ", "", starter)
        for written in re.findall(r"# YOUR CODE HERE \(about (\d+) lines\)", starter):
            assert 5 <= int(written) <= 15


def test_chapters_have_three_to_five_questions():
    from app.course.quiz import questions

    for chapter in CHAPTERS:
        assert 3 <= len(questions(chapter)) <= 5, chapter.folder
        for question in questions(chapter):
            assert len(question.wrong) >= 2
            assert len({choice.en for choice, _ in question.choices}) == len(question.choices)
            check_texts(question.question, question.reason, *(reason for _, reason in question.wrong))
