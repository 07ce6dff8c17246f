"""The weighted mean of the weights of two fine-tuned checkpoints (Wortsman et al. 2022)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Tuple

import numpy as np

from app.errors import UserError
from app.match.matcher_config import MatcherConfig
from app.match.model import PairClassifier
from app.tensors import load_strictly, model_arrays
from app.text.tokenizer import WordPieceTokenizer

LoadedMatcher = Tuple[PairClassifier, WordPieceTokenizer, MatcherConfig]  # what `load_matcher` returns


def check_comparable(first: LoadedMatcher, second: LoadedMatcher) -> None:
    """Raises UserError if the two have different labels, vocabularies or shapes: their weights then mean different things."""
    meaning = _meaning(*first)
    for name, value in _meaning(*second).items():
        if meaning[name] != value:
            shown = f": {meaning[name]} and {value}" if name in ("labels", "architectures") else ""
            raise UserError(f"--first and --second: the {name} are different, so these checkpoints have no mean{shown}")


def average_matchers(first: LoadedMatcher, second: LoadedMatcher, weight: float) -> MatcherConfig:
    """Gives the model of `second` the weights `(1 - weight) x first + weight x second`. Returns its config.

    Raises UserError if a weight is not finite.
    """
    arrays = model_arrays(first[0])
    mean = {name: (1 - weight) * arrays[name] + weight * array for name, array in model_arrays(second[0]).items()}
    for name, array in mean.items():
        if not np.isfinite(array).all():
            raise UserError(f"--first and --second: {name} has values that are not finite (nan or inf)")
    load_strictly(second[0], mean, "the mean")
    data = {"first": first[2].data, "second": second[2].data, "weight": weight}
    return replace(second[2], data=data, started_from="average", step=0)


def _meaning(model: PairClassifier, tokenizer: WordPieceTokenizer, config: MatcherConfig) -> Dict[str, Any]:
    """Everything that decides what a weight stands for, by its name in an error message."""
    settings = model.encoder.config.to_dict()
    positive = config.labels[config.decision.positive] if len(config.labels) == 2 else "no one"
    return {
        "labels": f"{', '.join(config.labels)} ({positive} means match)",
        "vocabularies": tokenizer.hash,
        "architectures": [settings.get(key) for key in ("model_type", "num_attention_heads", "hidden_act", "layer_norm_eps")],
        "shapes": {name: list(tensor.shape) for name, tensor in model.state_dict().items()},
    }
