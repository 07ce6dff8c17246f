"""Paths and command lines that hold in the folder where the user is: defaults in this repository, lines that can be pasted."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def in_repository(path: str) -> str:
    """A path of this repository as it is named from the user's folder: short where that is the repository itself."""
    return path if _here() == ROOT else str(ROOT / path)


def script(name: str, *arguments: str) -> str:
    """The line that runs a script of this repository: `bash run_match.sh ...`, `python predict.py ...`."""
    line = shlex.join([in_repository(name), *arguments])
    if name.endswith(".py"):
        return f"{_python()} {line}"
    return f"PYTHON={shlex.quote(os.environ['PYTHON'])} bash {line}" if os.environ.get("PYTHON") else f"bash {line}"


def command(name: str, *arguments: str) -> str:
    """The line that runs a command of this program: `.venv/bin/python -m app fill ...`."""
    start = ["-m", "app"] if _here() == ROOT else [str(ROOT / "app" / "__main__.py")]
    return f"{_python()} {shlex.join([*start, name, *arguments])}"


def curves(folder: Path) -> str:
    """The line that shows a run's curves. VisualDL's own choice of tabs would install packages."""
    program = os.path.join(os.path.dirname(_python()), "visualdl")
    return f"{program} --logdir {shlex.quote(str(folder))} --component_tabs scalar text histogram image hyper_parameters"


def _python() -> str:
    program = Path(sys.executable)
    inside = _here() in program.parents
    return shlex.quote(str(program.relative_to(_here()) if inside else program))


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:  # the folder was removed
        return Path("/")
