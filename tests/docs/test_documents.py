"""What the documents name is there: files, flags, commands, links; and docs/flags.md is current."""

import dataclasses
import re

import pytest
from conftest import ROOT

from app.__main__ import COMMANDS
from app.commands import flags
from app.course.contents import CHAPTERS

DOCUMENTS = sorted(
    str(file.relative_to(ROOT)) for place in ("*.md", "docs/*.md", "data/*/README.md", "data/models/*/README.md") for file in ROOT.glob(place)
)
READMES = ["README.md", "README.zh.md"]
MOST_LINES = 130
MADE = re.compile(r"data/\w+/(train|dev|test)\.tsv|data/NAME/.*")  # written by a prepare.py, or an example
FOREIGN = {  # flags of programs that are not ours
    "help", "no-deps", "head", "logdir", "component_tabs", "master", "nnodes", "nproc_per_node", "additional-suffix",
    "from",  # of data/*/prepare.py
    "to",  # of jupytext
}  # fmt: skip


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def test_flags_page_is_current():
    assert text_of("docs/flags.md") == flags.document(), f"docs/flags.md is not current; renew it: {flags.RENEW}"


def test_flags_page_has_every_flag_of_every_command():
    page = text_of("docs/flags.md")
    for options in flags.COMMANDS.values():
        for field in dataclasses.fields(options):
            assert f"`--{field.name}`" in page or f"`{field.name.upper()}`" in page, field.name
            assert flags.help_texts(options)[field.name]


def test_defaults_on_the_flags_page_are_those_of_the_repository(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert str(ROOT) not in flags.document()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_flag_named_exists(document):
    known = {field.name for options in flags.COMMANDS.values() for field in dataclasses.fields(options)}
    known |= {f"no_{name}" for name in known} | FOREIGN
    for script in (ROOT / "tests/bench").glob("*.py"):
        known |= set(re.findall(r'add_argument\("--([\w-]+)"', script.read_text(encoding="utf-8")))
    for name in re.findall(r"(?<![\w-])--([a-z][\w-]*)", text_of(document)):
        assert name in known, f"--{name}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_named_exists(document):
    for path in re.findall(r"(?<![\w/.-])(?:app|docs|data|tests)/[\w./-]*\w", text_of(document)):
        assert MADE.fullmatch(path) or (ROOT / path).exists(), path


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_resolves(document):
    for target in re.findall(r"\]\(([^)]+)\)", text_of(document)):
        if "://" not in target:
            assert ((ROOT / document).parent / target.partition("#")[0]).exists(), target


def test_every_source_file_is_in_the_design():
    for part in text_of("docs/design.md").split("\n### `")[1:]:
        room = ROOT / part.partition("`")[0]
        named = set(re.findall(r"^\| `([\w.]+)` \|", part.partition("\n## ")[0], re.MULTILINE))
        there = {file.name for file in room.glob("*.py")}
        there -= {"__init__.py"} - named
        assert named == there | {file.name for file in room.glob("*.sh")}, room


def test_every_room_is_in_the_design():
    for room in (ROOT / "app").iterdir():
        if room.is_dir() and any(room.glob("*.py")):
            assert f"### `app/{room.name}`\n" in text_of("docs/design.md"), room.name


def test_every_requirement_is_in_the_design():
    for file in ("requirements.txt", "requirements-ray.txt"):
        for name in re.findall(r"^[\w.-]+", text_of(file), re.MULTILINE):
            assert re.search(rf"`{name}[`\[]", text_of("docs/design.md")), name


def test_every_command_is_described():
    pages = "".join(map(text_of, DOCUMENTS))
    for name in COMMANDS:
        assert f"-m app {name}" in pages or f"run_{name}.sh" in pages or f"{name}.py" in pages, name


@pytest.mark.parametrize("name", READMES)
def test_the_readme_is_short_and_shows_every_script(name):
    assert len(text_of(name).splitlines()) <= MOST_LINES
    for script in ("run_match.sh", "run_pretrain.sh", "run_tests.sh", "predict.py"):
        assert script in text_of(name)


def test_both_readmes_have_the_same_sections():
    english, chinese = (re.findall(r"^#+ |^\|[-|]+\|$|\(docs/\w+(?=\.md\)|\.zh\.md\))", text_of(name), re.MULTILINE) for name in READMES)
    assert english == chinese


@pytest.mark.parametrize("name, language", [("docs/course.md", "en"), ("docs/course.zh.md", "zh")])
def test_the_course_pages_list_every_exercise_with_its_minutes(name, language):
    page = text_of(name)
    for chapter in CHAPTERS:
        exercises = "<br>".join(f"{one.number} {one.title.read(language)}{',，'[language == 'zh']}{' ' * (language == 'en')}{one.minutes}" for one in chapter.exercises)
        minutes = sum(one.minutes for one in chapter.exercises)
        assert f"| {chapter.number} {chapter.title.read(language)} | {exercises} | {minutes} | {chapter.needs.read(language)} |" in page
