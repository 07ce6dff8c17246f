"""The set-up: which Python is selected, the error if there is none, and the folder that relative paths refer to."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from conftest import ROOT, sample_lines

SETUP = ROOT / "app" / "setup.sh"


def in_shell(script, **environment):
    """Runs a script that sources setup.sh, with the tools of the system."""
    return subprocess.run(
        ["bash", "-c", f"set -eu; . {shlex.quote(str(SETUP))}; {script}"],
        env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True,
    )  # fmt: skip


def python_of(version, folder, name="python3"):
    """Writes a program that reports this version of Python."""
    folder.mkdir(parents=True, exist_ok=True)
    supported = (3, 9) <= version <= (3, 13)
    (folder / name).write_text(f"#!/bin/sh\n[ $1 = --version ] && echo Python {version[0]}.{version[1]}.0 && exit\nexit {int(not supported)}\n")
    (folder / name).chmod(0o755)


def test_a_supported_python_is_found_if_another_is_too_new(tmp_path):
    python_of((3, 14), tmp_path / "bin")
    python_of((3, 12), tmp_path / "bin", "python3.12")
    found = in_shell("find_python", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin", HOME=str(tmp_path))
    assert found.stdout.strip() == "python3.12", found.stderr


@pytest.mark.parametrize("folder", [".pyenv/versions/3.13.0/bin", ".local/share/uv/python/cpython-3.13.1-linux/bin", "miniconda3/bin"])
def test_a_python_outside_of_path_is_found(tmp_path, folder):
    python_of((3, 13), tmp_path / folder)
    only = 'is_supported() { case $1 in "$HOME"/*) ;; *) return 1 ;; esac; }; find_python'  # ignores all other Pythons of this machine
    assert in_shell(only, HOME=str(tmp_path)).stdout.strip() == str(tmp_path / folder / "python3")


def test_without_a_supported_python_one_line_says_what_to_do(tmp_path):
    python_of((3, 14), tmp_path / "bin")
    done = in_shell("is_supported() { false; }; make_venv", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "Python 3.14.0" in done.stderr and "uv python install 3.13" in done.stderr


def test_home_need_not_be_set():
    assert in_shell("find_python >/dev/null || true; echo fine").stdout == "fine\n"


def test_an_unsupported_environment_is_refused(tmp_path):
    python_of((3, 14), tmp_path)
    done = in_shell("setup", PYTHON=str(tmp_path / "python3"))
    assert done.returncode == 2 and "3.9 to 3.13 is needed, this is Python 3.14.0" in done.stderr
    assert "no such program" in in_shell("setup", PYTHON=str(tmp_path / "none")).stderr


def test_requirements_that_python_3_13_leaves_out():
    """A requirement for older Pythons only has another version for 3.13, or is one of three packages that are installed separately."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    old, new = [
        {re.match(r"[\w-]+", line).group() for line in lines if f'python_version {relation} "3.13"' in line} for relation in ("<", ">=")
    ]
    assert old - new == {"paddlenlp", "onnxruntime", "paddle2onnx"}


def test_relative_paths_refer_to_the_callers_folder_and_printed_commands_can_be_pasted(tmp_path):
    """From another folder, with a space in a path, without a home, in a locale without Chinese."""
    folder = tmp_path / "我的 pairs"
    folder.mkdir()
    (folder / "配对.tsv").write_text(sample_lines("train", 60), encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONUTF8"},
        "PYTHON": sys.executable, "HOME": "/proc/none", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1",
    }  # fmt: skip
    flags = "--train_set 配对.tsv --dev_set 配对.tsv --model_name_or_path scratch:nano --max_steps 3 --output_dir".split()
    trained = subprocess.run(
        ["bash", str(ROOT / "run_match.sh"), *flags, "out put"], cwd=folder, env=environment, capture_output=True, text=True, encoding="latin-1"
    )
    assert trained.returncode == 0 and trained.stderr == "", trained.stderr
    assert (folder / "out put/best/matcher.json").is_file() and not list(folder.glob("~"))
    (line,) = [line for line in trained.stdout.splitlines() if line.startswith("score a file:")]
    (folder / "YOURS.tsv").write_text(sample_lines("dev", 20), encoding="utf-8")
    pasted = line.partition(":")[2].strip()
    scored = subprocess.run(["bash", "-c", pasted], cwd=folder, env=environment, capture_output=True, text=True, encoding="latin-1")
    assert scored.returncode == 0, scored.stdout + scored.stderr
    assert len((folder / "YOURS.scored.tsv").read_text(encoding="utf-8").splitlines()) == 21
    one = [sys.executable, str(ROOT / "predict.py"), "--model_name_or_path", "out put/best", "--text_a", "还款", "--text_b", "怎么还款"]
    chinese = subprocess.run(one, cwd=folder, env=environment, capture_output=True, text=True, encoding="latin-1")
    plain = subprocess.run(one, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert chinese.returncode == 0 and chinese.stdout == plain.stdout and "prediction: " in plain.stdout, chinese.stderr
