"""The set-up step: which Python is taken, what is said where none fits, and whose folder relative paths are of."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from conftest import ROOT, sample_lines

SETUP = ROOT / "app" / "setup.sh"


def in_shell(script, **environment):
    """Runs a script that has sourced setup.sh, by the system's own tools."""
    return subprocess.run(
        ["bash", "-c", f"set -eu; . {shlex.quote(str(SETUP))}; {script}"],
        env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True,
    )  # fmt: skip


def python_of(version, folder, name="python3"):
    """A program that calls itself Python of that version."""
    folder.mkdir(parents=True, exist_ok=True)
    fits = (3, 9) <= version <= (3, 13)
    (folder / name).write_text(f"#!/bin/sh\n[ $1 = --version ] && echo Python {version[0]}.{version[1]}.0 && exit\nexit {int(not fits)}\n")
    (folder / name).chmod(0o755)


def test_a_python_that_fits_is_found_beside_one_that_is_too_new(tmp_path):
    python_of((3, 14), tmp_path / "bin")
    python_of((3, 12), tmp_path / "bin", "python3.12")
    found = in_shell("find_python", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin", HOME=str(tmp_path))
    assert found.stdout.strip() == "python3.12", found.stderr


@pytest.mark.parametrize("place", [".pyenv/versions/3.13.0/bin", ".local/share/uv/python/cpython-3.13.1-linux/bin", "miniconda3/bin"])
def test_one_that_is_not_on_the_path_is_found_as_well(tmp_path, place):
    python_of((3, 13), tmp_path / place)
    only = 'is_supported() { case $1 in "$HOME"/*) ;; *) return 1 ;; esac; }; find_python'  # whatever else this machine has
    assert in_shell(only, HOME=str(tmp_path)).stdout.strip() == str(tmp_path / place / "python3")


def test_where_none_fits_one_line_says_what_to_do(tmp_path):
    python_of((3, 14), tmp_path / "bin")
    done = in_shell("is_supported() { false; }; make_venv", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "Python 3.14.0" in done.stderr and "uv python install 3.13" in done.stderr


def test_home_need_not_be_set():
    assert in_shell("find_python >/dev/null || true; echo fine").stdout == "fine\n"


def test_an_environment_that_does_not_fit_is_refused(tmp_path):
    python_of((3, 14), tmp_path)
    done = in_shell("setup", PYTHON=str(tmp_path / "python3"))
    assert done.returncode == 2 and "3.9 to 3.13 is needed, this is Python 3.14.0" in done.stderr
    assert "no such program" in in_shell("setup", PYTHON=str(tmp_path / "none")).stderr


def test_each_requirement_of_3_13_has_its_counterpart():
    """What is left out on 3.13 is either there in another version, installed apart, or not needed."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    old, new = [
        {re.match(r"[\w-]+", line).group() for line in lines if f'python_version {relation} "3.13"' in line} for relation in ("<", ">=")
    ]
    assert old - new == {"paddlenlp", "onnxruntime", "paddle2onnx"}


def test_relative_paths_are_those_of_the_callers_folder_and_printed_lines_can_be_pasted(tmp_path):
    """From another folder, with a space in a path, without a home, in a locale that knows no Chinese."""
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
