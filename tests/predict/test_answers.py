"""No wrong answer with exit code 0: damaged exports, folders of two models, values that cannot be, rows that could not be scored."""

import contextlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from fake_engine import FakeEngine

from app import Matcher
from app.engine import export, process_pool
from app.engine.engines import why_not
from app.engine.export import ONNX_FILES, PADDLE_FILES, exported, onnx_graphs, unchanged
from app.errors import UserError
from app.match.matcher_config import read_matcher_config
from app.predict import score_cache, scoring_run


@pytest.fixture
def folder(small_matcher, tmp_path):
    return shutil.copytree(small_matcher / "best", tmp_path / "best")


def damage(file, how):
    content = file.read_bytes()
    if how == "gone":
        file.unlink()
    elif how == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif how == "one byte":
        file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    else:
        file.write_bytes(b"")


@pytest.mark.parametrize("how", ["gone", "truncated", "one byte", "empty"])
@pytest.mark.parametrize("name", [*PADDLE_FILES, f"{PADDLE_FILES[0]}.sums"])
def test_a_damaged_export_is_made_anew(folder, name, how):
    """Without weights every row was nan, exit code 0."""
    expected = Matcher.load(str(folder), "cpu", "fp32").score([("怎么还款", "如何还款")])
    damage(exported(folder) / name, how)
    assert Matcher.load(str(folder), "cpu", "fp32").score([("怎么还款", "如何还款")]) == expected


def test_an_export_that_a_full_disk_cuts_short_is_not_kept(folder, tmp_path):
    """Paddle writes half of the weights, and says nothing."""
    call = [sys.executable, "predict.py", "--model_name_or_path", str(folder), "--engine", "fp32", "--text_a", "怎么还款", "--text_b", "如何还款"]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # noqa: E731
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    full = subprocess.run(call, cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, env=environment)
    assert full.returncode == 2 and full.stderr.count("\n") == 1 and "cannot write its exported graph" in full.stderr, full.stderr
    again = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert again.returncode == 0 and "prediction:" in again.stdout


@pytest.mark.skipif(bool(why_not("int8", "cpu")), reason="int8 is not for this machine")
@pytest.mark.parametrize("name", ONNX_FILES)
def test_damaged_graphs_for_onnx_runtime_are_made_anew(folder, name):
    whole = [file.stat().st_size for file in onnx_graphs(folder)]
    damage(exported(folder) / name, "truncated")
    assert [file.stat().st_size for file in onnx_graphs(folder)] == whole


@pytest.mark.parametrize("name", ["matcher.json", "model.safetensors", "vocab.txt"])
def test_a_folder_that_changes_while_it_is_read_is_refused(folder, name):
    """Three distinct answers were seen of two models."""
    with pytest.raises(UserError, match="has changed while it was read"):
        with unchanged(folder):
            os.utime(folder / name, ns=(1, 1))
    with pytest.raises(UserError, match="not whole"):
        with unchanged(folder):
            (folder / name).unlink()


def test_a_matcher_and_a_run_look_whether_the_folder_changed(folder, monkeypatch):
    real = export.model_hash

    def replaced(place):
        os.utime(folder / "matcher.json", ns=(1, 1))
        return real(place)

    monkeypatch.setattr(export, "model_hash", replaced)
    with pytest.raises(UserError, match="has changed while it was read"):
        Matcher.load(str(folder), "cpu", "fp32")


METADATA = {
    "temperature": [0, -1, None, "1", float("nan"), float("inf"), True], "threshold": [None, -0.1, 1.5, "0.5", float("nan")],
    "positive": [2, -1, None, "1", 1.0, True], "labels": [[], ["0"], "01", [0, 1], ["1", "1"], None, ["0", ""]],
    "max_seq_length": [0, "128", None, 12.5], "truncation": ["middle", None], "columns": ["text_a", [1], None],
}  # fmt: skip


@pytest.mark.parametrize("name, value", [(name, value) for name, values in METADATA.items() for value in values])
def test_a_matcher_json_with_a_value_that_cannot_be_is_one_line(checkpoint, tmp_path, name, value):
    """`temperature: 0` gave other scores, exit code 0."""
    folder = shutil.copytree(checkpoint, tmp_path / "best")
    values = json.loads((folder / "matcher.json").read_text(encoding="utf-8"))
    inside = values["decision"] if name in values["decision"] else values
    inside[name] = value
    (folder / "matcher.json").write_text(json.dumps(values))
    with pytest.raises(UserError, match="matcher.json: damaged"):
        read_matcher_config(folder)


def test_more_labels_than_the_head_has_are_refused(folder):
    values = json.loads((folder / "matcher.json").read_text(encoding="utf-8"))
    (folder / "matcher.json").write_text(json.dumps({**values, "labels": ["0", "1", "2"]}))
    with pytest.raises(UserError, match="another shape of classifier"):
        Matcher.load(str(folder), "cpu", "dygraph")
    with pytest.raises(UserError, match="another shape of classifier"):
        Matcher.load(str(folder), "cpu", "fp32")


class NotFinite(FakeEngine):
    """Gives nan for one pair."""

    def run(self, input_ids, token_type_ids):
        """Every fifth row."""
        logits = super().run(input_ids, token_type_ids)
        logits[input_ids.sum(axis=1) % 5 == 0] = [np.nan, np.inf]
        return logits


@pytest.mark.parametrize("ending", ["tsv", "jsonl"])
@pytest.mark.parametrize("symmetric", [False, True])
def test_logits_that_are_not_finite_are_an_error_of_their_row(score, tmp_path, monkeypatch, ending, symmetric):
    fake = NotFinite()
    monkeypatch.setattr(scoring_run, "EngineProcessPool", lambda *_: fake)
    pairs = [(f"甲{n}", f"乙{n}") for n in range(40)]
    lines = [f"{a}\t{b}" if ending == "tsv" else json.dumps({"text_a": a, "text_b": b}) for a, b in pairs]
    (tmp_path / f"in.{ending}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    summary = score(tmp_path / f"in.{ending}", result=tmp_path / f"out.{ending}", symmetric=symmetric)
    written = (tmp_path / f"out.{ending}").read_text(encoding="utf-8")
    assert 0 < summary.errors < 40 and written.count("not finite") == summary.errors and "nan," not in written.lower()
    assert "NaN" not in written and "\tnan" not in written


# -- the Python API ----------------------------------------------------------------------------------------------------

TWO = [("怎么还款", "如何还款"), ("今天", "明天")]


@pytest.mark.parametrize(
    "pairs",
    [iter(TWO), (pair for pair in TWO), [list(pair) for pair in TWO], np.array(TWO), np.array(TWO, object), pd.DataFrame(TWO),
     pd.DataFrame(TWO).itertuples(index=False), pd.DataFrame(TWO).values],
)  # fmt: skip
def test_any_iterable_of_pairs_is_taken(small_matcher, pairs):
    matcher = Matcher.load(str(small_matcher / "best"), "cpu", "dygraph")
    assert matcher.score(pairs) == matcher.score(TWO)


@pytest.mark.parametrize(
    "pairs, words",
    [
        ("还款借钱", "pairs: a text"), (("还款", "借钱"), "pair 0 is '还款'.*one pair alone"), ([*TWO, ("a", "b", "c")], "pair 2 is"),
        ([("a",)], "pair 0 is"), ([None], "pair 0 is None"), ([("a", None)], "pair 0 has None"), ([("a", 3)], "pair 0 has 3"),
        ([("a", "")], "pair 0 has ''"), ([("a", " \u200b")], "pair 0 has"), ([float("nan")], "pair 0 is nan"), ([("a", float("nan"))], "has nan"),
        (pd.DataFrame([("a", "b", "c")]), "pair 0 is"), ([{"text_a": "a", "text_b": "b"}], "pair 0 is"), ([{"a", "b"}], "pair 0 is"),
    ],
)  # fmt: skip
def test_what_is_no_pair_is_one_clear_value_error(small_matcher, pairs, words):
    """`score(("还款", "借钱"))` scored 还/款 and 借/钱."""
    with pytest.raises(ValueError, match=words):
        Matcher.load(str(small_matcher / "best"), "cpu", "dygraph").score(pairs)


def test_other_arguments_that_cannot_be(small_matcher):
    with pytest.raises(ValueError, match="engine 'fp23': one of auto, dygraph"):
        Matcher.load(str(small_matcher / "best"), "cpu", "fp23")
    matcher = Matcher.load(str(small_matcher / "best"), "cpu", "dygraph")
    with pytest.raises(ValueError, match="top_k is -1"):
        matcher.rank("怎么还款", ["如何还款"], top_k=-1)
    with pytest.raises(ValueError, match="candidates: one text"):
        matcher.rank("怎么还款", "如何还款")
    with pytest.raises(ValueError, match="pair 1 has ''"):
        matcher.rank("怎么还款", ["如何还款", ""])
    assert matcher.score([]) == [] and matcher.rank("怎么还款", []) == []


# -- exit codes --------------------------------------------------------------------------------------------------------


def predict(small_matcher, *arguments, **more):
    call = [sys.executable, "predict.py", "--model_name_or_path", str(small_matcher / "best"), "--engine", "dygraph", *map(str, arguments)]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True, **more)


def test_where_no_row_could_be_scored_the_exit_code_says_so(small_matcher, tmp_path):
    (tmp_path / "in.tsv").write_text("text_a\ttext_b\n\tb\na\t\n", encoding="utf-8")
    done = predict(small_matcher, "--input_file", tmp_path / "in.tsv")
    assert done.returncode == 2 and done.stderr.startswith("error: no row could be scored, the first is line 2: text_a is empty")
    assert (tmp_path / "in.scored.tsv").read_text(encoding="utf-8").count("is empty") == 2


def test_a_standard_input_that_is_closed_is_one_line(small_matcher):
    """It hung without a word."""
    line = f"{sys.executable} predict.py --model_name_or_path {small_matcher / 'best'} --engine dygraph --input_file - <&-"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2 and done.stderr == "error: standard input is closed; name a file with --input_file\n"


def test_a_cache_that_another_process_has_locked_is_said_and_waited_for(tmp_path, monkeypatch, capsys):
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


def test_an_engine_process_that_was_stopped_is_said_and_ends(small_matcher, monkeypatch, capsys):
    monkeypatch.setattr(process_pool, "WARN_AFTER", 0.5)
    monkeypatch.setattr(process_pool, "GIVE_UP_AFTER", 0.5)
    ids = np.ones([2, 8], np.int64)
    with monkeypatch.context() as patient:
        patient.setattr(process_pool, "WARN_AFTER", 100.0)
        engine = process_pool.EngineProcessPool("dygraph", small_matcher / "best", "cpu")
        engine.run(ids, ids * 0)
    try:
        os.kill(engine._processes[0][0].pid, signal.SIGSTOP)
        with pytest.raises(UserError, match="has not answered for 1 s; the same command continues"):
            engine.run(ids, ids * 0)
        assert "has not answered for 0 s" in capsys.readouterr().err
    finally:
        engine.close()


def test_a_reader_that_stops_early_is_no_success(small_matcher, tmp_path):
    (tmp_path / "in.tsv").write_text("".join(f"甲{n}\t乙{n}\n" for n in range(30_000)), encoding="utf-8")
    line = f"{sys.executable} predict.py --model_name_or_path {small_matcher / 'best'} --engine dygraph --input_file {tmp_path / 'in.tsv'} --result_file -"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line} | head -1"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 141 and done.stdout.startswith("甲0\t乙0\t") and "Traceback" not in done.stderr
