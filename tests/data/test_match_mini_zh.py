"""The shipped matcher: small, without pickles, with the metrics of its model card, and sensible on everyday questions."""

import json
import re

import pytest
from conftest import ROOT, run_app
from paddlenlp.transformers import AutoModel

MODEL = ROOT / "data/models/match-mini-zh"
CARD = (MODEL / "README.md").read_text(encoding="utf-8")


def test_it_is_small_has_no_pickle_and_automodel_loads_it():
    files = {file.name: file.stat().st_size for file in MODEL.iterdir()}
    assert sum(files.values()) < 30e6 and not [name for name in files if name.endswith((".pdparams", ".bin", ".pt"))]
    assert AutoModel.from_pretrained(str(MODEL)).config.hidden_size == 256


def test_the_examples_of_its_card_are_what_predict_prints(tmp_path):
    """Pairs that were written by someone who knew neither the model nor its training data."""
    examples = re.findall(r"^\| (\S+) \| (\S+) \| (?:yes|no) \| (0\.\d\d) \|$", CARD, re.MULTILINE)
    assert len(examples) == 10
    (tmp_path / "pairs.tsv").write_text("".join(f"{a}\t{b}\n" for a, b, _ in examples), encoding="utf-8")
    files = ["--input_file", str(tmp_path / "pairs.tsv"), "--result_file", str(tmp_path / "scored.tsv")]
    done = run_app("predict", "--model_name_or_path", str(MODEL), "--engine", "fp32", *files)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in (tmp_path / "scored.tsv").read_text(encoding="utf-8").splitlines()]
    assert [float(row[2]) for row in rows] == pytest.approx([float(probability) for _, _, probability in examples], abs=0.006)


@pytest.mark.slow
def test_the_card_has_the_measured_metrics(real_data, tmp_path):
    """On real questions, with no labels of theirs: LCQMC dev."""
    files = ["--test_set", str(real_data / "lcqmc/dev.tsv"), "--result_file", str(tmp_path / "metrics.json")]
    done = run_app("evaluate", "--model_name_or_path", str(MODEL), *files)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    auc, accuracy = re.search(r"^\| LCQMC dev \| .*\*\*(\d+\.\d)\*\*, (\d+\.\d), ", CARD, re.MULTILINE).groups()
    assert metrics["auc"] >= 0.8
    assert (100 * metrics["auc"], 100 * metrics["accuracy"]) == pytest.approx((float(auc), float(accuracy)), abs=0.06)
