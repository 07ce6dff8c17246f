"""A function over a stream: in order, in several processes, and what happens to errors and processes."""

import os
import signal
import threading

import pytest

from app.errors import UserError
from app.parallel_map import QUEUED_PER_WORKER, WorkerPool, map_in_order


def make_adder(number):
    return lambda item: item + number


def make_failing():
    def fail(item):
        raise UserError(f"item {item}")

    return fail


def make_ending():
    return lambda item: os.kill(os.getpid(), signal.SIGKILL)


def test_one_worker_is_this_process():
    before = threading.active_count()
    items = map_in_order(make_adder, (10,), iter(range(100)), 1)
    assert next(items) == 10 and threading.active_count() == before
    assert list(items) == list(range(11, 110))


def test_several_workers_keep_the_order_and_a_bounded_number_of_items():
    taken = []

    def items():
        for item in range(50):
            taken.append(item)
            yield item

    pool = WorkerPool(make_adder, (10,), 2)
    try:
        results = pool.map(items())
        assert next(results) == 10 and len(taken) <= 2 * QUEUED_PER_WORKER
        assert list(results) == list(range(11, 60))
        assert list(pool.map([1, 2])) == [11, 12]  # the same processes again
    finally:
        pool.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_function_is_raised_here(workers):
    with pytest.raises(UserError, match="item 1"):
        list(map_in_order(make_failing, (), [1], workers))


def test_a_killed_worker_is_one_line():
    with pytest.raises(UserError, match="was ended from outside"):
        list(map_in_order(make_ending, (), [1, 2], 2))
