"""`matcher.json` of a fine-tuned checkpoint folder: everything that prediction needs beside the weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, get_args

from app.atomic import read_json, restore_folder
from app.errors import UserError
from app.match.decision import Decision
from app.options import Truncation, renamed

FORMAT = 1  # of matcher.json


@dataclass
class MatcherConfig:
    """The configuration of a matcher, and where it comes from."""

    labels: List[str]
    decision: Decision
    max_seq_length: int
    truncation: str
    data: Dict[str, Any] = field(default_factory=dict)  # by split: file name, rows, hash
    dev: Dict[str, Any] = field(default_factory=dict)  # dev metrics of these weights
    step: int = 0  # optimizer step of these weights
    started_from: str = ""
    columns: List[str] = field(default_factory=list)  # names of the text and label columns in the training file


def read_matcher_config(folder: Path) -> MatcherConfig:
    """Reads and validates `matcher.json`. Raises UserError if the folder is no fine-tuned checkpoint or the file is damaged."""
    folder = Path(folder)
    file = folder / "matcher.json"
    restore_folder(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; `bash run_match.sh` makes a fine-tuned checkpoint folder (output/match/best)")
    if not file.is_file():
        raise UserError(f"{folder}: no matcher.json in it, so it is not a fine-tuned checkpoint folder")
    values = read_json(file)
    if "format" not in values:
        raise UserError(f"{file}: damaged (no format)")
    try:
        written = values.pop("format")
        if written != FORMAT:
            raise UserError(f"{file}: format {written}; this version reads format {FORMAT}")
        values.pop("versions")
        decision = Decision(**values["decision"])
        matcher_config = MatcherConfig(**{**values, "decision": decision, "truncation": renamed(values["truncation"])})
        _validate(matcher_config)
        return matcher_config
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UserError(f"{file}: damaged ({problem})") from problem


def _validate(matcher_config: MatcherConfig) -> None:
    """Raises ValueError for impossible values: they would change scores silently."""
    decision, labels = matcher_config.decision, matcher_config.labels
    numbers = all(type(value) in (int, float) and math.isfinite(value) for value in (decision.threshold, decision.temperature))
    is_valid = {
        "labels": type(labels) is list and len(labels) > 1 and all(type(name) is str and name for name in labels),
        "labels, two are the same": len(set(map(str, labels))) == len(labels),
        "decision.positive": type(decision.positive) is int and 0 <= decision.positive < len(labels),
        "decision.threshold": numbers and 0 <= decision.threshold <= 1,
        "decision.temperature": numbers and decision.temperature > 0,
        "max_seq_length": type(matcher_config.max_seq_length) is int and matcher_config.max_seq_length >= 5,
        "truncation": matcher_config.truncation in get_args(Truncation),
        "columns": type(matcher_config.columns) is list and all(type(name) is str for name in matcher_config.columns),
    }
    wrong = [name for name, valid in is_valid.items() if not valid]
    if wrong:
        raise ValueError(wrong[0])
