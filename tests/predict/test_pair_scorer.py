"""`PairScorer` on batches of pandas, Arrow and NumPy: the same type with the scores of `predict.py`."""

import json

import numpy as np
import pandas as pd
import pyarrow as arrow
import pytest
from conftest import sample_lines

import app
from app.commands import predict
from app.engine.process_pool import EngineProcessPool
from app.errors import UserError


@pytest.fixture(scope="module")
def rows():
    pairs = [line.split("\t")[:2] for line in sample_lines("test", 60).splitlines()[1:]]
    return [*pairs, pairs[0], ["", "甲"], [None, "乙"], ["丙", " "], *pairs[:3]]


@pytest.fixture(scope="module", params=[False, True], ids=["one order", "both orders"])
def scored(request, small_matcher, rows, tmp_path_factory):
    """(PairScorer, the rows as `predict.py` scores them)."""
    folder = tmp_path_factory.mktemp("rows")
    (folder / "in.jsonl").write_text("".join(json.dumps({"n": n, "text_a": a, "text_b": b}) + "\n" for n, (a, b) in enumerate(rows)))
    flags = ["--input_file", str(folder / "in.jsonl"), "--result_file", str(folder / "out.jsonl"), "--engine", "fp32", "--device", "cpu"]
    predict.main(["--model_name_or_path", str(small_matcher / "best"), *flags, *["--symmetric"] * request.param])
    expected = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    pair_scorer = app.PairScorer(str(small_matcher / "best"), engine="fp32", device="cpu", symmetric=request.param)
    return pair_scorer, [(row["probability"], row["prediction"], row["error"]) for row in expected]


def found(batch):
    columns = [list(batch[name]) if not hasattr(batch[name], "to_pylist") else batch[name].to_pylist() for name in ("probability", "prediction", "error")]
    return [(None if probability is None or np.isnan(probability) else probability, prediction, error) for probability, prediction, error in zip(*columns)]


@pytest.mark.parametrize("batch_type", ["pandas", "arrow", "numpy"])
def test_the_scores_are_those_of_predict_and_other_columns_stay(scored, rows, batch_type):
    pair_scorer, expected = scored
    frame = pd.DataFrame({"n": range(len(rows)), "text_a": [a for a, _ in rows], "text_b": [b for _, b in rows]})
    batch = {"pandas": frame, "arrow": arrow.Table.from_pandas(frame), "numpy": {name: frame[name].to_numpy() for name in frame}}[batch_type]
    result = pair_scorer(batch)
    assert type(result) is type(batch) and list(getattr(result, "column_names", result))[:4] == ["n", "text_a", "text_b", "probability"]
    assert found(result) == expected and list(np.array(result["n"])) == list(range(len(rows)))
    assert "probability" not in list(getattr(batch, "column_names", batch))  # the input batch is not changed


def test_a_pair_that_is_in_a_batch_twice_is_scored_once(scored, monkeypatch):
    pair_scorer, _ = scored
    submitted, submit = [], pair_scorer._predictor.submit
    monkeypatch.setattr(pair_scorer._predictor, "submit", lambda pairs, float32=False: submitted.extend(pairs) or submit(pairs, float32))
    pair_scorer(pd.DataFrame({"text_a": ["甲"] * 9, "text_b": ["乙"] * 9}))
    assert len(submitted) in (1, 2) and len(set(submitted)) == len(submitted)


@pytest.mark.parametrize("pairs", [[], [("", "")]])
def test_batches_without_a_pair(scored, pairs):
    result = scored[0](pd.DataFrame(pairs, columns=["text_a", "text_b"]))
    assert len(result) == len(pairs) and list(result["error"]) == ["text_a is empty"] * len(pairs)


def test_columns_are_found_by_known_names_or_must_be_named(small_matcher):
    frame = pd.DataFrame({"问": ["甲"], "答": ["乙"]})
    pair_scorer = app.PairScorer(str(small_matcher / "best"), engine="dygraph", device="cpu")
    with pytest.raises(UserError, match="the batch: has columns 问, 答; which hold the two texts"):
        pair_scorer(frame)
    named = app.PairScorer(str(small_matcher / "best"), "问,答", engine="dygraph", device="cpu")
    expected = pair_scorer(frame.rename(columns={"问": "question1", "答": "question2"}))
    assert list(named(frame)["probability"]) == list(expected["probability"])


def test_an_engine_has_as_many_threads_as_omp_num_threads(small_matcher, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert EngineProcessPool("fp32", small_matcher / "best", "cpu").threads == 1
