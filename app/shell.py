"""Paths and command lines that are valid in the user's current folder: default paths, and commands that can be pasted."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def in_repository(path: str) -> str:
    """A path of this repository, valid in the current folder: relative if that is the repository, otherwise absolute."""
    return path if _current_folder() == ROOT else str(ROOT / path)


def script(name: str, *arguments: str) -> str:
    """The command line that runs a script of this repository: `bash run_match.sh ...`, `python predict.py ...`."""
    line = shlex.join([in_repository(name), *arguments])
    if name.endswith(".py"):
        return f"{_python()} {line}"
    return f"PYTHON={shlex.quote(os.environ['PYTHON'])} bash {line}" if os.environ.get("PYTHON") else f"bash {line}"


def command(name: str, *arguments: str) -> str:
    """The command line that runs a command of this program: `.venv/bin/python -m app fill ...`."""
    start = ["-m", "app"] if _current_folder() == ROOT else [str(ROOT / "app" / "__main__.py")]
    return f"{_python()} {shlex.join([*start, name, *arguments])}"


def curves(folder: Path) -> str:
    """The command line that shows a run's curves. The tabs are named, because VisualDL's default ones would install packages."""
    program = os.path.join(os.path.dirname(_python()), "visualdl")
    return f"{program} --logdir {shlex.quote(str(folder))} --component_tabs scalar text histogram image hyper_parameters"


def _python() -> str:
    program = Path(sys.executable)
    is_below = _current_folder() in program.parents
    return shlex.quote(str(program.relative_to(_current_folder()) if is_below else program))


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # the folder was removed
        return Path("/")
