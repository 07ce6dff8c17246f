"""An engine is added in app/engine alone: a class, and an entry in ENGINES."""

import numpy as np
import pytest

from app import Matcher
from app.commands import predict
from app.engine.base import Engine
from app.engine.engines import ENGINES, EngineSpec
from app.errors import UserError


class ConstantEngine(Engine):
    """Says that all pairs match."""

    def run(self, input_ids, token_type_ids):
        """Logits of two labels."""
        return np.tile(np.array([-2, 2], np.float32), (len(input_ids), 1))


def test_it_is_opened_by_its_name(small_matcher, monkeypatch):
    monkeypatch.setitem(ENGINES, "constant", EngineSpec(lambda folder, device: ConstantEngine(), ("cpu",)))
    (score,) = Matcher.load(str(small_matcher / "best"), "cpu", "constant").score([("甲", "乙")])
    assert score.probability > 0.5 and score.prediction == "1"


def test_one_that_this_machine_cannot_run_says_why(small_matcher, monkeypatch):
    spec = EngineSpec(lambda folder, device: ConstantEngine(), ("cpu",), lambda: "needs another processor")
    monkeypatch.setitem(ENGINES, "constant", spec)
    with pytest.raises(UserError, match="--engine constant: needs another processor"):
        Matcher.load(str(small_matcher / "best"), "cpu", "constant")


def test_an_unknown_name_is_one_line_with_all_names(small_matcher):
    with pytest.raises(UserError, match=f"--engine fp23: must be auto or one of {', '.join(ENGINES)}"):
        predict.main(["--text_a", "甲", "--text_b", "乙", "--engine", "fp23", "--model_name_or_path", str(small_matcher / "best")])
