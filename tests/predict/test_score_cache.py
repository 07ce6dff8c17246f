"""The store of scores: many processes at once, other programs' files, damage."""

import multiprocessing
import sqlite3

import numpy as np
import pytest

from app.errors import UserError
from app.predict.score_cache import ScoreCache


def _fill(path, number, begin):
    begin.wait()
    store = ScoreCache(path, b"model")
    for pair in range(50):
        (key,) = store.keys([("same", str(pair))])
        store.put({key: np.array([pair, number], np.float32)})
    store.close()


def test_several_processes_begin_one_cache_at_once(tmp_path):
    context = multiprocessing.get_context("fork")
    begin = context.Barrier(6)
    processes = [context.Process(target=_fill, args=(str(tmp_path / "cache"), number, begin)) for number in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    store = ScoreCache(str(tmp_path / "cache"), b"model")
    known = store.get(store.keys([("same", str(pair)) for pair in range(50)]))
    assert len(known) == 50 and sorted(vector[0] for vector in known.values()) == list(range(50))


def test_keys_tell_models_and_places_of_the_cut_apart(tmp_path):
    first, second = (ScoreCache(str(tmp_path / "cache"), model) for model in (b"one", b"two"))
    pairs = [("ab", "c"), ("a", "bc"), ("", "abc"), ("c", "ab")]
    keys = first.keys(pairs) + second.keys(pairs)
    assert len(set(keys)) == 8 and {len(key) for key in keys} == {16}
    assert first.keys(pairs) == first.keys(pairs)


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look at " * 50, b"SQLite format 3\0" + bytes(4000)])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    (tmp_path / "cache").write_bytes(content)
    with pytest.raises(UserError, match="--cache .*cache"):
        ScoreCache(str(tmp_path / "cache"), b"model")
    assert (tmp_path / "cache").read_bytes() == content


def test_a_database_of_another_program_is_left_alone(tmp_path):
    with sqlite3.connect(str(tmp_path / "cache")) as base:
        base.execute("CREATE TABLE scores (a, b)")
    before = (tmp_path / "cache").read_bytes()
    with pytest.raises(UserError, match="another program"):
        ScoreCache(str(tmp_path / "cache"), b"model")
    assert (tmp_path / "cache").read_bytes() == before
