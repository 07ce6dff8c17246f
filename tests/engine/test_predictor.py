"""Pairs through an engine: what comes close to another decision is looked at again before what was submitted since."""

import threading

import pytest
from fake_engine import FakeEngine

from app.engine.predictor import PairPredictor
from app.match.matcher_config import read_matcher_config
from app.text.fast_tokenizer import FastWordPieceTokenizer

BATCHES = 50


class SlowEngine(FakeEngine):
    """Everything is close to another decision."""

    batch_tokens, rescore_margin = 1, 1.0

    def __init__(self):
        super().__init__()
        self.message = threading.Event()

    def run(self, input_ids, token_type_ids):
        """Takes a moment, so that what comes later has to wait."""
        self.message.wait(0.01)
        return super().run(input_ids, token_type_ids)

    def run_float32(self, input_ids, token_type_ids):
        """Other logits than those of `run`."""
        return super().run(input_ids, token_type_ids) + 1


def test_a_second_look_does_not_wait_for_what_was_submitted_since(checkpoint):
    engine = SlowEngine()
    scorer = PairPredictor(engine, FastWordPieceTokenizer.load(checkpoint), read_matcher_config(checkpoint))
    pairs = [("甲", f"问答{number}") for number in range(BATCHES)]
    first, second = scorer.submit(pairs[:4]), scorer.submit(pairs)
    expected = first.result()
    done = len(engine.pairs)
    engine.message.set()
    assert done < BATCHES / 2  # of these, 4 were looked at twice
    assert second.result()[:4].tolist() == expected.tolist()
    scorer.close()


def test_an_engine_that_fails_is_asked_again(checkpoint):
    engine = SlowEngine()
    engine.message.set()
    scorer = PairPredictor(engine, FastWordPieceTokenizer.load(checkpoint), read_matcher_config(checkpoint))
    engine.fail_after = 0
    for _ in range(engine.threads + 1):
        with pytest.raises(RuntimeError, match="told to fail"):
            scorer.submit([("甲", "问")]).result()
    engine.fail_after = None
    assert len(scorer.submit([("甲", "问")]).result()) == 1
    scorer.close()
