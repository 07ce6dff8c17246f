"""`matcher.json`, what a fine-tuned checkpoint folder says of itself: all that prediction needs beside the weights."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List

from app.atomic import restore_folder
from app.errors import UserError
from app.match.decision import Decision

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


def read_card(folder: Path) -> Card:
    """Reads `matcher.json`. Raises UserError where the folder is not a fine-tuned checkpoint."""
    folder = Path(folder)
    restore_folder(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; `bash run_match.sh` makes a fine-tuned checkpoint folder (output/match/best)")
    if not (folder / "matcher.json").is_file():
        raise UserError(f"{folder}: no matcher.json in it, so it is not a fine-tuned checkpoint folder")
    try:
        values = json.loads((folder / "matcher.json").read_text(encoding="utf-8"))
        written = values.pop("format")
        if written != FORMAT:
            raise UserError(f"{folder}/matcher.json: format {written}; this version reads format {FORMAT}")
        values.pop("versions")
        return Card(**{**values, "decision": Decision(**values["decision"])})
    except (ValueError, KeyError, TypeError) as problem:
        raise UserError(f"{folder}/matcher.json: damaged ({problem})") from problem
