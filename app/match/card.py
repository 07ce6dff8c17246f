"""`matcher.json`, what a fine-tuned checkpoint folder says of itself: all that prediction needs beside the weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, get_args

from app.atomic import read_json, restore_folder
from app.errors import UserError
from app.match.decision import Decision
from app.options import Truncation

FORMAT = 1  # of matcher.json


@dataclass
class Card:
    """`matcher.json`: what a checkpoint folder says of itself."""

    labels: List[str]
    decision: Decision
    max_seq_length: int
    truncation: str
    data: Dict[str, Any] = field(default_factory=dict)  # split -> file name, rows, hash
    dev: Dict[str, Any] = field(default_factory=dict)  # dev figures of these weights
    step: int = 0
    started_from: str = ""
    columns: List[str] = field(default_factory=list)  # names that the texts and the label had in the training file


def read_card(folder: Path) -> Card:
    """Reads `matcher.json`. Raises UserError where the folder is not a fine-tuned checkpoint."""
    folder = Path(folder)
    restore_folder(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; `bash run_match.sh` makes a fine-tuned checkpoint folder (output/match/best)")
    if not (folder / "matcher.json").is_file():
        raise UserError(f"{folder}: no matcher.json in it, so it is not a fine-tuned checkpoint folder")
    values = read_json(folder / "matcher.json")
    if "format" not in values:
        raise UserError(f"{folder}/matcher.json: damaged (no format)")
    try:
        written = values.pop("format")
        if written != FORMAT:
            raise UserError(f"{folder}/matcher.json: format {written}; this version reads format {FORMAT}")
        values.pop("versions")
        card = Card(**{**values, "decision": Decision(**values["decision"])})
        _check(card)
        return card
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UserError(f"{folder}/matcher.json: damaged ({problem})") from problem


def _check(card: Card) -> None:
    """Raises ValueError where a value cannot be: it would give other scores without a word."""
    decision, labels = card.decision, card.labels
    numbers = all(type(value) in (int, float) and math.isfinite(value) for value in (decision.threshold, decision.temperature))
    fine = {
        "labels": type(labels) is list and len(labels) > 1 and all(type(name) is str and name for name in labels),
        "labels, two alike": len(set(map(str, labels))) == len(labels),
        "decision.positive": type(decision.positive) is int and 0 <= decision.positive < len(labels),
        "decision.threshold": numbers and 0 <= decision.threshold <= 1,
        "decision.temperature": numbers and decision.temperature > 0,
        "max_seq_length": type(card.max_seq_length) is int and card.max_seq_length >= 5,
        "truncation": card.truncation in get_args(Truncation),
        "columns": type(card.columns) is list and all(type(name) is str for name in card.columns),
    }
    wrong = [name for name, good in fine.items() if not good]
    if wrong:
        raise ValueError(wrong[0])
