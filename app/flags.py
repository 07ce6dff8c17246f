"""Command line -> a validated dataclass. A wrong value is one line with the flag, the value and what is allowed."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import List, Type, TypeVar

from app.errors import UserError

Choice = TypeVar("Choice")


def parse(options: Type[Choice], command: str, arguments: List[str]) -> Choice:
    """Command line -> `options`. Raises UserError: one line with the flag, the value and what is allowed."""
    import tyro

    from app.options import renamed

    for name in (argument.partition("=")[0][2:] for argument in arguments if argument.startswith("--")):
        if renamed(name) != name:
            raise UserError(f"--{name} is now --{renamed(name)} (all flags: {command} --help)")
    output = io.StringIO()
    try:
        with contextlib.redirect_stderr(output):
            return tyro.cli(options, prog=command, args=arguments, use_underscores=True)
    except SystemExit as leaving:
        if not leaving.code:
            raise  # --help
        raise UserError(f"{_one_line(output.getvalue())} (all flags: {command} --help)") from None


def _one_line(boxed: str) -> str:
    """The parser's message without its frame: the text up to the first line, and the flags that it proposes."""
    text = [line.strip("│╭╮╰╯─ ") for line in boxed.splitlines()]
    end = next((number for number, line in enumerate(text) if number and not line), len(text))
    message = " ".join(text[1:end])
    proposed = [line.split()[0] for line in text[end:] if line.startswith("--")] if "Unrecognized" in message else []
    return message + (f"; did you mean {' or '.join(dict.fromkeys(proposed))}?" if proposed else "")


def check(flag: str, value: object, allowed: bool, expected: str) -> None:
    """Raises UserError with the flag, its value and what is allowed, unless `allowed`."""
    if not allowed:
        shown = value if value != "" else "(empty)"
        raise UserError(f"--{flag} {shown}: must be {expected}")


def check_file(flag: str, path: str) -> None:
    """Raises UserError if `path` is given and is not a file."""
    check(flag, path, not path or Path(path).is_file(), "an existing file")


def check_device(device: str) -> None:
    """Raises UserError if `device` is not the name of a device."""
    check("device", device, bool(re.fullmatch(r"auto|cpu|gpu|gpu:\d+", device)), "auto, cpu, gpu or gpu:N")
