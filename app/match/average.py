"""The weighted mean of the weights of two fine-tuned checkpoints (Wortsman et al. 2022)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Tuple

from app.errors import UserError
from app.match.checkpoint import load_matcher
from app.match.matcher_config import MatcherConfig
from app.match.model import PairClassifier
from app.tensors import load_strictly, model_arrays
from app.text.tokenizer import WordPieceTokenizer


def average_matchers(first: Path, second: Path, weight: float) -> Tuple[PairClassifier, WordPieceTokenizer, MatcherConfig]:
    """The matcher with the weights `(1 - weight) x first + weight x second`. Everything else is that of `second`.

    Raises UserError if the two have different labels, vocabularies or shapes: their weights then have different meanings.
    """
    (other, other_tokenizer, other_config), (model, tokenizer, config) = load_matcher(first), load_matcher(second)
    other_meaning = _meaning(other, other_tokenizer, other_config)
    for name, value in _meaning(model, tokenizer, config).items():
        if other_meaning[name] != value:
            raise UserError(f"{first} and {second}: the {name} are different, so these checkpoints have no mean")
    others = model_arrays(other)
    mean = {name: (1 - weight) * others[name] + weight * array for name, array in model_arrays(model).items()}
    load_strictly(model, mean, str(second))
    data = {"first": other_config.data, "second": config.data, "weight": weight}
    return model, tokenizer, replace(config, data=data, started_from="average", step=0)


def _meaning(model: PairClassifier, tokenizer: WordPieceTokenizer, config: MatcherConfig) -> Dict[str, Any]:
    """Everything that decides what a weight stands for, by its name in an error message."""
    settings = model.encoder.config.to_dict()
    return {
        "labels": (config.labels, config.decision.positive),
        "vocabularies": tokenizer.hash,
        "architectures": [settings.get(key) for key in ("model_type", "num_attention_heads", "hidden_act", "layer_norm_eps")],
        "shapes": {name: list(tensor.shape) for name, tensor in model.state_dict().items()},
    }
