"""The cache of scores: several processes at once, locks, files of other programs, other models."""

import contextlib
import multiprocessing
import sqlite3

import numpy as np
import pytest
from conftest import pairs_file

from app.errors import UserError
from app.predict import score_cache
from app.predict.score_cache import ScoreCache


def _fill(path, number, barrier):
    barrier.wait()
    store = ScoreCache(path, b"model")
    for pair in range(50):
        (key,) = store.keys([("same", str(pair))])
        store.put({key: np.array([pair, number], np.float32)})
    store.close()


def test_several_processes_create_one_cache_at_once(tmp_path):
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(6)
    processes = [context.Process(target=_fill, args=(str(tmp_path / "cache"), number, barrier)) for number in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    store = ScoreCache(str(tmp_path / "cache"), b"model")
    cached = store.get(store.keys([("same", str(pair)) for pair in range(50)]))
    assert len(cached) == 50 and sorted(vector[0] for vector in cached.values()) == list(range(50))


def test_keys_depend_on_the_model_and_on_where_the_first_text_ends(tmp_path):
    first, second = (ScoreCache(str(tmp_path / "cache"), model) for model in (b"one", b"two"))
    pairs = [("ab", "c"), ("a", "bc"), ("", "abc"), ("c", "ab")]
    keys = first.keys(pairs) + second.keys(pairs)
    assert len(set(keys)) == 8 and {len(key) for key in keys} == {16}
    assert first.keys(pairs) == first.keys(pairs)


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look at " * 50, b"SQLite format 3\0" + bytes(4000)])
def test_a_file_that_is_no_cache_is_refused(tmp_path, content):
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


def test_a_locked_cache_is_reported_and_waited_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(score_cache, "WARN_AFTER", 0.2)
    monkeypatch.setattr(score_cache, "GIVE_UP_AFTER", 0.8)
    score_cache.ScoreCache(str(tmp_path / "cache"), b"model").close()
    with contextlib.closing(sqlite3.connect(str(tmp_path / "cache"), isolation_level=None)) as other:
        store = score_cache.ScoreCache(str(tmp_path / "cache"), b"model")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError, match="cannot be used .*locked"):
            store.put({b"key": np.zeros(3, np.float32)})
        assert "another process has locked it; waiting" in capsys.readouterr().err
        other.execute("ROLLBACK")
        store.put({b"key": np.zeros(3, np.float32)})
        assert list(store.get([b"key"])) == [b"key"]
        store.close()


def test_a_cache_keeps_scores_between_runs_of_one_model(score, engine, checkpoint, tmp_path):
    source, cache = pairs_file(tmp_path / "in.tsv", 50), str(tmp_path / "cache.db")
    first = score(source, result=tmp_path / "1.tsv", cache=cache)
    again = score(source, result=tmp_path / "2.tsv", cache=cache)
    assert first.scored == first.rows and again.scored == 0
    assert (tmp_path / "1.tsv").read_bytes() == (tmp_path / "2.tsv").read_bytes()
    (checkpoint / "model.safetensors").write_text("{ }")  # other weights
    try:
        assert score(source, result=tmp_path / "3.tsv", cache=cache).scored == first.scored
    finally:
        (checkpoint / "model.safetensors").write_text("{}")
    (tmp_path / "other.db").write_text("not a database, but long enough to look like one" * 9)
    with pytest.raises(UserError, match="other.db"):
        score(source, result=tmp_path / "4.tsv", cache=str(tmp_path / "other.db"))


def test_scores_stay_cached_for_another_threshold_except_those_of_int8(score, engine, checkpoint, tmp_path):
    source, matcher_config = pairs_file(tmp_path / "in.tsv", 50), checkpoint / "matcher.json"
    before, found = matcher_config.read_text(), {}
    for name in ("fp32", "int8"):
        options = {"cache": str(tmp_path / f"{name}.db"), "engine": name}
        score(source, result=tmp_path / f"{name}.1.tsv", **options)
        matcher_config.write_text(before.replace('"threshold": 0.5', '"threshold": 0.7'))
        found[name] = score(source, result=tmp_path / f"{name}.2.tsv", **options)
        matcher_config.write_text(before)
    assert found["fp32"].scored == 0 and found["int8"].scored == found["int8"].rows
