"""`python -m app fill TEXT`: the most likely words at each [MASK], by a pretrained model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List

import tyro

from app import runtime
from app.errors import UserError
from app.flags import check, check_device, parse
from app.shell import in_repository

MASK = "[MASK]"


@dataclass
class FillOptions:
    """Predict the words at each [MASK] of a text with a pretrained checkpoint."""

    text: tyro.conf.Positional[str]
    """Text with at least one [MASK]: "我想[MASK]一张信用卡"."""
    model_name_or_path: str = in_repository("data/models/bert-mini-zh")
    """Checkpoint folder of run_pretrain.sh (output/pretrain/best)."""
    top: int = 5
    """Words to show for each [MASK]."""
    device: str = "auto"
    """auto (a GPU if there is one), cpu, gpu or gpu:N."""

    def __post_init__(self) -> None:
        check("top", self.top, self.top >= 1, "1 or more")
        check_device(self.device)
        if MASK not in self.text:
            raise UserError(f"{self.text}: contains no [MASK]")


def main(arguments: List[str]) -> None:
    """Runs the command."""
    options = parse(FillOptions, "python -m app fill", arguments)
    runtime.load_paddle()
    runtime.choose_device(options.device)
    from app.pretrain.fill_mask import fill_mask

    for number, words in enumerate(fill_mask(Path(options.model_name_or_path), options.text, options.top), 1):
        print(f"[MASK] {number}: " + "   ".join(f"{word} {probability:.1%}" for word, probability in words))
