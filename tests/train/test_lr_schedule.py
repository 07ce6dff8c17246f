"""Learning rate by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.train.lr_schedule import linear_warmup_decay


def test_rises_to_the_peak_then_falls_to_zero():
    rates = [linear_warmup_decay(step, 100, 0.1) for step in range(101)]
    assert rates[0] == 0.1 and rates[9] == 1 and rates[10] == 1 and rates[55] == pytest.approx(0.5) and rates[100] == 0
    assert all(a < b for a, b in zip(rates[:9], rates[1:10])) and all(a > b for a, b in zip(rates[10:], rates[11:]))


@given(st.integers(1, 5000), st.floats(0, 0.99))
def test_the_schedule_belongs_to_the_steps_that_are_run(total, warmup):
    """A reference script stopped at step 10,000 of a 22,386-step schedule, its rate still at 55 % of the peak."""
    rates = [linear_warmup_decay(step, total, warmup) for step in range(total)]
    assert 0 < min(rates) and max(rates) == pytest.approx(1, abs=1e-9)
    decay_steps = total - int(total * warmup)
    assert rates[-1] == pytest.approx(1 / decay_steps)
