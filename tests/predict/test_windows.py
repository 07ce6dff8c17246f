"""Windows of rows: each distinct pair is computed once, in one order or in both, at constant memory."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, pairs_file
from fake_engine import FakeEngine

from app.predict import scoring_run


def test_the_size_of_windows_does_not_change_the_result(score, tmp_path, monkeypatch):
    source = pairs_file(tmp_path / "in.tsv", 300)
    score(source, result=tmp_path / "large.tsv")
    for rows in (1, 7, 64):
        monkeypatch.setattr(FakeEngine, "window_rows", rows)
        score(source, result=tmp_path / "small.tsv")
        assert (tmp_path / "small.tsv").read_bytes() == (tmp_path / "large.tsv").read_bytes()


def test_each_distinct_pair_is_scored_once(score, engine, tmp_path, monkeypatch):
    """Repeated pairs within a window, in later windows (also while the earlier one is being scored), and in later files."""
    monkeypatch.setattr(FakeEngine, "window_rows", 10)
    lines = [f"问{number}\t答{number % 7}" for number in (*range(12), *range(12), *range(5), *range(30))]
    (tmp_path / "a.tsv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "b.tsv").write_text("\n".join([*lines, "新\t的"]), encoding="utf-8")
    first, second = score(tmp_path / "a.tsv", tmp_path / "b.tsv")
    assert (first.rows, first.scored) == (59, 30) and (second.rows, second.scored) == (60, 1)
    assert first.pairs == 59 and len(set(engine.pairs)) == 31
    by_pair = {}
    for line in (tmp_path / "b.scored.tsv").read_text(encoding="utf-8").splitlines():
        text_a, text_b, *scored = line.split("\t")
        assert by_pair.setdefault((text_a, text_b), scored) == scored


def test_both_orders_give_one_probability(score, tmp_path):
    source = pairs_file(tmp_path / "in.tsv", 40)
    swapped = tmp_path / "swapped.tsv"
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines()]
    swapped.write_text("text_a\ttext_b\n" + "".join(f"{b}\t{a}\n" for a, b in rows[1:]), encoding="utf-8")
    one, other = score(source, swapped, symmetric=True)

    def scores(name):
        return [line.split("\t")[2:] for line in (tmp_path / name).read_text(encoding="utf-8").splitlines()[1:]]

    assert scores("in.scored.tsv") == scores("swapped.scored.tsv")
    assert one.order_sensitive == other.order_sensitive > 0 and one.pairs == 2 * one.rows


class NearlyEven(FakeEngine):
    """An engine of low precision: both orders of (甲, 乙) are far from the threshold, but their mean is near it."""

    rescore_margin = 0.1

    def __init__(self):
        super().__init__()
        self.rescored = 0

    def run(self, input_ids, token_type_ids):
        """Probability 0.2 in one order, 0.8 in the other."""
        sign = np.sign(input_ids[:, 1] - input_ids[:, 3]).astype(np.float32)
        return np.stack([sign * 0, sign * np.float32(np.log(4))], axis=1)

    def run_float32(self, input_ids, token_type_ids):
        """Gives the logits of `run`, and counts the rows."""
        self.rescored += len(input_ids)
        return self.run(input_ids, token_type_ids)


def test_a_mean_near_the_threshold_is_rescored(score, tmp_path, monkeypatch):
    fake = NearlyEven()
    monkeypatch.setattr(scoring_run, "EngineProcessPool", lambda *_: fake)
    (tmp_path / "in.tsv").write_text("甲\t乙\n子\t丑\n", encoding="utf-8")
    score(tmp_path / "in.tsv", result=tmp_path / "one.tsv")
    assert fake.rescored == 0
    score(tmp_path / "in.tsv", result=tmp_path / "both.tsv", symmetric=True)
    assert fake.rescored == 4


@pytest.mark.parametrize("ending", ["tsv", "parquet"])
def test_memory_does_not_grow_with_the_input(checkpoint, tmp_path, ending):
    """The second file has three times as many distinct rows; the first one already fills all bounded caches."""
    code = """
import re, sys
sys.path.insert(0, "tests")
from fake_engine import FakeEngine, PredictOptions, plan, scoring_run

engine = FakeEngine()
engine.pairs = type("Nothing", (list,), {"append": lambda *_: None})()
scoring_run.EngineProcessPool = lambda *_: engine
options = PredictOptions(sys.argv[1], (sys.argv[2],), engine="fp32")
scoring_run.score_files(plan(options), options, ["fp32"], lambda rows: None)
# Not getrusage: its ru_maxrss includes the memory of the parent process.
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
    peak = []
    for rows in (60_000, 180_000):
        source = tmp_path / f"{rows}.{ending}"
        pairs = pd.DataFrame([(f"甲{number}", f"乙{number % 1000}") for number in range(rows)], columns=["text_a", "text_b"])
        if ending == "parquet":
            pairs.to_parquet(source, row_group_size=10_000)
        else:
            pairs.to_csv(source, sep="\t", index=False)
        done = subprocess.run(
            [sys.executable, "-c", code, str(checkpoint), str(source)], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        peak.append(int(done.stdout.splitlines()[-1]))
    assert peak[1] - peak[0] < 24_000, peak  # KiB; 120,000 rows would be two strings (80 bytes each) and a tuple (56 bytes) each
