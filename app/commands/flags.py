"""`python -m app flags`: prints docs/flags.md, the tables of all flags, made from the option dataclasses."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, get_args, get_origin, get_type_hints

from app.commands.average import AverageOptions
from app.commands.course import ACTIONS as COURSE_ACTIONS
from app.commands.doctor import DoctorOptions
from app.commands.evaluate import EvaluateOptions
from app.commands.fill import FillOptions
from app.commands.label import LabelOptions
from app.commands.pairs import PairsOptions
from app.flags import parse
from app.options import MatchOptions, PredictOptions, PretrainOptions, TrainOptions
from app.shell import ROOT

RENEW = ".venv/bin/python -m app flags > docs/flags.md"
INTRODUCTION = f"""# Flags

This page lists every flag of every command with its default and its allowed values. `--help` of each command says the same.
It is generated: `{RENEW}`

A switch takes no value: `--resume` turns it on, `--no_resume` off.
"""
TYPES = {str: "text", int: "integer", float: "number", bool: "switch"}


@dataclass
class FlagsOptions:
    """Print the tables of all flags as Markdown (docs/flags.md)."""


COMMANDS = {  # title -> options
    "`bash run_match.sh`": MatchOptions,
    "`bash run_pretrain.sh`": PretrainOptions,
    "`python predict.py`": PredictOptions,
    "`python -m app evaluate`": EvaluateOptions,
    "`python -m app average`": AverageOptions,
    "`python -m app fill`": FillOptions,
    **{f"`python -m app course {action}`": options for action, (options, _) in COURSE_ACTIONS.items()},
    "`python -m app pairs`": PairsOptions,
    "`python -m app label`": LabelOptions,
    "`python -m app doctor`": DoctorOptions,
    "`python -m app flags`": FlagsOptions,
}


def main(arguments: List[str]) -> None:
    """Runs the command."""
    parse(FlagsOptions, "python -m app flags", arguments)
    print(document(), end="")


def document() -> str:
    """The Markdown of docs/flags.md."""
    common = rows(TrainOptions)
    shared = "Of `bash run_match.sh` and `bash run_pretrain.sh`."
    sections = [INTRODUCTION, "## Flags common to training\n", f"{shared}\n", _table(common)]
    for title, options in COMMANDS.items():
        own = rows(options)
        if issubclass(options, TrainOptions):  # without those that are the same for every training
            own = {name: row for name, row in own.items() if common.get(name) != row}
        sections += [f"## {title}\n", f"{inspect.cleandoc(options.__doc__)}\n"]
        sections += [_table(own) if own else "No flags.\n"]
    return "\n".join(sections)


def rows(options: type) -> Dict[str, str]:
    """Flag -> its row of the table, in the order of the dataclass."""
    types, texts = get_type_hints(options), help_texts(options)
    table = {}
    for field in dataclasses.fields(options):
        required = field.default is dataclasses.MISSING
        flag = field.name.upper() if required else f"--{field.name}"
        cells = [f"`{flag}`", "required" if required else _default(field.default), _allowed(types[field.name]), texts[field.name]]
        table[field.name] = f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    return table


def help_texts(options: type) -> Dict[str, str]:
    """Field -> the docstring below it, in the dataclass or the nearest class that it inherits from."""
    texts: Dict[str, str] = {}
    for dataclass_type in reversed(options.__mro__[:-1]):
        body = ast.parse(textwrap.dedent(inspect.getsource(dataclass_type))).body[0].body
        for field, below in zip(body, body[1:]):
            if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                texts[field.target.id] = " ".join(str(below.value.value).split())
    return texts


def _default(value: Any) -> str:
    """A default as a user types it. Paths of this repository are relative to it, whatever the current folder is."""
    if value in ("", ()):
        return ""
    text = "off" if value is False else "on" if value is True else str(value)
    return f"`{text[len(f'{ROOT}/') :] if text.startswith(f'{ROOT}/') else text}`"


def _allowed(value_type: Any) -> str:
    """The allowed values, or the type."""
    if get_origin(value_type) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(value_type) if choice)
    return TYPES.get(value_type, "texts")  # the others are tuples of texts


def _table(table: Dict[str, str]) -> str:
    return "\n".join(["| flag | default | allowed | |", "|---|---|---|---|", *table.values(), ""])
