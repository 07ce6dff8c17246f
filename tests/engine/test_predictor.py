"""Pairs -> logits by an engine: pairs that are rescored come before pairs that were submitted later."""

import threading
from concurrent.futures import CancelledError

import pytest
from fake_engine import FakeEngine

from app.engine.predictor import PairPredictor, PriorityThreadPool
from app.match.matcher_config import read_matcher_config
from app.text.fast_tokenizer import FastWordPieceTokenizer

BATCHES = 50


class SlowEngine(FakeEngine):
    """Every pair is so close to the threshold that it is rescored."""

    batch_tokens, rescore_margin = 1, 1.0

    def __init__(self):
        super().__init__()
        self.may_hurry = threading.Event()

    def run(self, input_ids, token_type_ids):
        """Takes 10 ms, so that later batches have to wait."""
        self.may_hurry.wait(0.01)
        return super().run(input_ids, token_type_ids)

    def run_float32(self, input_ids, token_type_ids):
        """Gives other logits than `run`."""
        return super().run(input_ids, token_type_ids) + 1


def test_rescoring_does_not_wait_for_pairs_submitted_later(checkpoint):
    engine = SlowEngine()
    predictor = PairPredictor(engine, FastWordPieceTokenizer.load(checkpoint), read_matcher_config(checkpoint))
    pairs = [("甲", f"问答{number}") for number in range(BATCHES)]
    first, second = predictor.submit(pairs[:4]), predictor.submit(pairs)
    expected = first.result()
    done = len(engine.pairs)
    engine.may_hurry.set()
    assert done < BATCHES / 2  # 4 of these were computed twice
    assert second.result()[:4].tolist() == expected.tolist()
    predictor.close()


def test_an_engine_that_failed_is_used_again(checkpoint):
    engine = SlowEngine()
    engine.may_hurry.set()
    predictor = PairPredictor(engine, FastWordPieceTokenizer.load(checkpoint), read_matcher_config(checkpoint))
    engine.fail_after = 0
    for _ in range(engine.threads + 1):
        with pytest.raises(RuntimeError, match="on purpose"):
            predictor.submit([("甲", "问")]).result()
    engine.fail_after = None
    assert len(predictor.submit([("甲", "问")]).result()) == 1
    predictor.close()


def test_a_thread_whose_call_was_cancelled_does_not_wait_for_another_one():
    """Regression: where `close` took the call in the moment in which a thread came for it, the process could not end."""
    pool = PriorityThreadPool(1)
    thread = threading.Thread(target=pool._run_next, daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_closed_pool_answers_all_its_calls():
    pool = PriorityThreadPool(2)
    release = threading.Event()
    running, waiting = [pool.submit(release.wait) for _ in range(2)], [pool.submit(int) for _ in range(20)]
    pool.close()
    release.set()
    assert all(future.result(timeout=10) for future in running if not future.cancelled())
    for future in waiting:
        with pytest.raises(CancelledError):
            future.result(timeout=10)
