"""Every command in the documents: really run in a copy of the repository, or marked with the reason why not and parsed.

<!-- not run by tests: REASON -->      stands directly before the fence of commands that are only parsed
"""

import argparse
import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import List, Set

import pytest
from conftest import ROOT, load_script, sample_lines

from app.commands.flags import COMMANDS
from app.flags import parse

DOCUMENTS = ["README.md", "README.zh.md", "CONTRIBUTING.md", *sorted(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md"))]
MARK = re.compile(r"<!-- not run by tests: (.+) -->")
OPTIONS = {title.strip("`").split()[-1]: options for title, options in COMMANDS.items()}  # "run_match.sh", "predict.py", "fill"
OPTIONS.update(match=OPTIONS["run_match.sh"], pretrain=OPTIONS["run_pretrain.sh"], predict=OPTIONS["predict.py"])
FOREIGN = {"pip", "ray", "gzip", "awk", "visualdl", "ruff"}  # programs that are not ours
FILES = {"train_set", "dev_set", "test_set", "vocab_file", "input_file", "calibration_set"}  # flags whose file has to exist
QUICK = {  # what makes a command of the documents take seconds; its own flags, which come later, count
    "run_match.sh": "--model_name_or_path scratch:nano --max_steps 3 --overwrite",
    "run_pretrain.sh": "--model_size nano --max_steps 3 --dev_sequences 20 --overwrite",
}
FIRST = "bash run_match.sh"  # trains what the other commands use
OURSELVES = "bash run_tests.sh"  # is running


@dataclass
class Fence:
    """A block of code in a document."""

    place: str
    language: str
    reason: str  # why it is not run; empty where it is
    text: str

    @property
    def commands(self) -> List[str]:
        """The command lines, without comments."""
        lines = re.sub(r"\\\n\s*", "", self.text).splitlines()
        return [command for command in (re.sub(r"(^|\s+)#.*", "", line) for line in lines) if command]


def fences(document: str) -> List[Fence]:
    """The blocks of code of a document, in order."""
    found, lines = [], (ROOT / document).read_text(encoding="utf-8").splitlines()
    opening = 0
    for number, line in enumerate(lines, 1):
        if not line.startswith("```"):
            continue
        if opening:
            mark = MARK.fullmatch(lines[opening - 2])
            text = "\n".join(lines[opening : number - 1])
            found.append(Fence(f"{document}:{opening}", lines[opening - 1][3:], mark[1] if mark else "", text))
        opening = 0 if opening else number
    assert not opening, f"{document}:{opening}: a block that does not end"
    return found


def all_fences(language: str) -> List[Fence]:
    return [fence for document in DOCUMENTS for fence in fences(document) if fence.language == language]


def test_every_block_has_a_language():
    for document in DOCUMENTS:
        for fence in fences(document):
            assert fence.language in ("bash", "python", "text", "csv"), fence.place


def test_both_readmes_have_the_same_commands():
    english, chinese = fences("README.md"), fences("README.zh.md")
    assert [fence.language for fence in english] == [fence.language for fence in chinese]
    for one, other in zip(english, chinese):
        assert one.reason == other.reason, other.place
        if one.language == "bash":
            assert one.commands == other.commands, other.place
        elif one.language == "python":
            assert ast.dump(ast.parse(one.text)) == ast.dump(ast.parse(other.text)), other.place
        elif one.language == "csv":
            assert one.text == other.text, other.place


# -- parsed ------------------------------------------------------------------------------------------------------------


class Parsed(Exception):
    """The command line of a script is right."""


def processes(command: str) -> List[List[str]]:
    """The words of each process of a pipeline, without redirections."""
    reader = shlex.shlex(command, posix=True, punctuation_chars="|>")
    reader.whitespace_split, reader.commenters = True, ""
    found: List[List[str]] = [[]]
    words = iter(reader)
    for word in words:
        if word == "|":
            found.append([])
        elif word == ">":
            next(words)
        else:
            found[-1].append(word)
    return found


def check_options(options: type, arguments: List[str]) -> None:
    """Parses; files and checkpoint folders that only the reader has are there for that long."""
    for field in fields(options):
        given = [value for flag, value in zip(arguments, arguments[1:]) if flag == f"--{field.name}"]
        for name in given or [field.default]:
            if field.name in FILES and name:
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).touch()
            elif field.name == "init_from_ckpt" and name:
                Path(name).mkdir(parents=True, exist_ok=True)
    parse(options, "COMMAND", arguments)


def check_script(path: Path, arguments: List[str], monkeypatch) -> None:
    """The script's own parser takes the arguments."""
    parse_args = argparse.ArgumentParser.parse_args

    def stop(parser, own=None, *rest):
        parse_args(parser, own, *rest)
        raise Parsed

    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", stop)
        patch.setattr(sys, "argv", [str(path), *arguments])
        patch.setattr(sys, "path", [str(path.parent), *sys.path])
        script = load_script(path)
        with pytest.raises(Parsed):
            data_sets = [value for value in vars(script).values() if type(value).__name__ == "DataSet"]
            script.main(*([data_sets[0], path.parent] if data_sets else []))  # of data/*/prepare.py


def check_process(words: List[str], monkeypatch) -> None:
    while words[0] == "time" or re.match(r"\w+=", words[0]):
        words = words[1:]
    if Path(words[0]).name in FOREIGN:
        return
    assert Path(words[0]).name in ("bash", "python", "python3"), words
    words = words[words.index("app/__main__.py") :] if "app/__main__.py" in words else words[1:]
    if words[0] == "run_tests.sh":
        assert all((ROOT / word).exists() for word in words if word.startswith("tests/")), words
    elif words[:3] == ["-m", "app", "course"]:
        if len(words) > 3:
            check_options(OPTIONS[words[3]], words[4:])
    elif words[:2] == ["-m", "app"]:
        check_options(OPTIONS[words[2]], words[3:])
    elif words[0] == "app/__main__.py":
        check_options(OPTIONS[words[1]], words[2:])
    elif words[0] in OPTIONS:
        check_options(OPTIONS[words[0]], words[1:])
    else:
        check_script(ROOT / words[0], words[1:], monkeypatch)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_can_be_parsed(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for fence in (fence for fence in fences(document) if fence.language == "bash"):
        for command in fence.commands:
            try:
                for words in processes(command):
                    check_process(words, monkeypatch)
            except (Exception, SystemExit) as problem:
                pytest.fail(f"{fence.place}: {command}: {type(problem).__name__}: {problem}")


# -- run ---------------------------------------------------------------------------------------------------------------


def run(command: str, repository: Path) -> None:
    """Runs a command line of the documents in bash, made quick."""
    for script, flags in QUICK.items():
        command = command.replace(f"bash {script}", f"bash {script} {flags}")
    done = subprocess.run(
        ["bash", "-c", f"set -eo pipefail; {command}"],
        cwd=repository, capture_output=True, text=True, encoding="utf-8", env={**os.environ, "PYTHON": sys.executable},
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A copy of this repository in which FIRST was run; its .venv is the Python of the tests."""
    folder = tmp_path_factory.mktemp("documents") / "repository"
    shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("run_match.sh", "run_pretrain.sh", "predict.py", "requirements.txt"):
        shutil.copy(ROOT / file, folder)
    os.symlink(ROOT / "data", folder / "data")
    (folder / "docs").mkdir()
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    run(FIRST, folder)
    return folder


@pytest.fixture(scope="module")
def done() -> Set[str]:
    """The commands that were run, in this document or another one: `course start 1.1` works only once."""
    return {FIRST, OURSELVES}


@pytest.fixture(scope="module")
def readers_files(repository) -> Path:
    """The files of a reader of the README: pairs with labels yes and no, and `mine.csv` as the README shows it."""
    for split, rows in (("train", 60), ("dev", 40)):
        cells = [line.split("\t") for line in sample_lines(split, rows).splitlines()[1:]]
        lines = [f"{a},{b},{'no yes'.split()[int(label)]}" for a, b, label in cells if "," not in a + b]
        (repository / f"{split}.csv").write_text("\n".join(["question,answer,same", *lines]) + "\n", encoding="utf-8")
    (repository / "mine.csv").write_text("".join(f"{','.join(row[:-3])}\n" for row in scored_by_readme()), encoding="utf-8")
    return repository


def scored_by_readme() -> List[List[str]]:
    """The cells of the scored file that the README shows."""
    (shown,) = (fence for fence in fences("README.md") if fence.language == "csv")
    return [line.split(",") for line in shown.text.splitlines()]


def documents_to_run() -> list:
    """All but README.zh.md, whose commands are those of README.md. The pages of docs/, but the course, take more than a minute."""
    slow = {name: name.startswith("docs/") and "course" not in name for name in DOCUMENTS if name != "README.zh.md"}
    marks = {name: [pytest.mark.slow] if is_slow else [] for name, is_slow in slow.items()}
    return [pytest.param(name, marks=mark) for name, mark in marks.items()]


@pytest.mark.parametrize("document", documents_to_run())
def test_the_commands_run(document, repository, readers_files, done):
    for fence in (fence for fence in fences(document) if not fence.reason):
        if fence.language == "python":
            snippet = subprocess.run([sys.executable, "-c", fence.text], cwd=repository, capture_output=True, text=True)
            assert snippet.returncode == 0 and snippet.stdout, f"{fence.place}: {snippet.stderr}"
        for command in fence.commands if fence.language == "bash" else []:
            if command not in done:
                run(command, repository)
            done.add(command)
    if document == "README.md":
        assert {FIRST, OURSELVES} <= {command for fence in fences(document) for command in fence.commands}
        scored = [line.split(",") for line in (repository / "mine.scored.csv").read_text(encoding="utf-8").splitlines()]
        assert scored[0] == scored_by_readme()[0] and len(scored) == len(scored_by_readme())
        for row, shown in zip(scored[1:], scored_by_readme()[1:]):
            assert row[:-3] == shown[:-3] and row[-1] == shown[-1] and bool(row[-3]) == bool(shown[-3])
        assert (repository / "dev.scored.csv").read_text(encoding="utf-8").startswith("question,answer,same,probability,")
    if document == "CONTRIBUTING.md":
        assert (repository / "docs/flags.md").read_text(encoding="utf-8").startswith("# Flags\n")
