"""Command line -> a validated dataclass; a wrong value is one line that names the flag, the value and what is allowed."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import List, Type, TypeVar

from app.errors import UserError

Choice = TypeVar("Choice")


def parse(options: Type[Choice], command: str, arguments: List[str]) -> Choice:
    """Command line -> `options`. Raises UserError, one line that names the flag, the value and what is allowed."""
    import tyro

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(options, prog=command, args=arguments, use_underscores=True)
    except SystemExit as leaving:
        if not leaving.code:
            raise  # --help
        raise UserError(f"{_one_line(said.getvalue())} (all flags: {command} --help)") from None


def _one_line(boxed: str) -> str:
    """The parser's message without its frame: the text up to the first rule, and the flags it proposes."""
    text = [line.strip("│╭╮╰╯─ ") for line in boxed.splitlines()]
    end = next((number for number, line in enumerate(text) if number and not line), len(text))
    message = " ".join(text[1:end])
    proposed = [line.split()[0] for line in text[end:] if line.startswith("--")] if "Unrecognized" in message else []
    return message + (f"; did you mean {' or '.join(dict.fromkeys(proposed))}?" if proposed else "")


def check(flag: str, value: object, allowed: bool, expected: str) -> None:
    """Raises UserError naming the flag, its value and what is allowed."""
    if not allowed:
        shown = value if value != "" else "(empty)"
        raise UserError(f"--{flag} {shown}: must be {expected}")


def check_file(flag: str, path: str) -> None:
    """Raises UserError where `path` is given and no file."""
    check(flag, path, not path or Path(path).is_file(), "an existing file")


def check_device(device: str) -> None:
    """Raises UserError where `device` is no device name."""
    check("device", device, bool(re.fullmatch(r"auto|cpu|gpu|gpu:\d+", device)), "auto, cpu, gpu or gpu:N")
