"""The shipped pretrained checkpoint: small, without pickles, with the metrics of its model card, and a good start for fine-tuning."""

import json
import re

import pytest
from conftest import ROOT, run_app
from paddlenlp.transformers import AutoModel

from app.commands import fill

MODEL = ROOT / "data/models/bert-mini-zh"


def test_it_is_small_has_no_pickle_and_automodel_loads_it():
    files = {file.name: file.stat().st_size for file in MODEL.iterdir()}
    assert sum(files.values()) < 30e6 and not [name for name in files if name.endswith((".pdparams", ".bin", ".pt"))]
    assert AutoModel.from_pretrained(str(MODEL)).config.hidden_size == 256


def test_the_model_card_has_the_measured_metrics():
    measured = json.loads((MODEL / "pretraining.json").read_text(encoding="utf-8"))
    model_card = (MODEL / "README.md").read_text(encoding="utf-8")
    assert f"{measured['step']:,}" in model_card and f"{measured['tokens']:,}" in model_card
    for name, value in measured["held_out"].items():
        assert re.search(rf"^\| {name} \| {value:.3f} \|$", model_card, re.MULTILINE), name


@pytest.mark.parametrize(
    "text, word", [("这是我们的问[MASK]。", "题"), ("他们为什[MASK]不来？", "么"), ("如果你不喜[MASK]，可以退货。", "欢")]
)
def test_it_predicts_masked_chinese_characters(capsys, text, word):
    fill.main([text, "--top", "1"])
    assert f": {word} " in capsys.readouterr().out


@pytest.mark.slow
def test_fine_tuning_from_it_reaches_the_accuracy_of_the_documents(tmp_path):
    """85.5 % on the test set. From scratch, the loss is still 0.69 after the same number of steps."""
    done = run_app("match", "--model_name_or_path", str(MODEL), "--output_dir", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run/metrics.json").read_text())["test"]["accuracy"] > 0.84
