"""Distillation: a teacher scores pairs, and `run_match.sh` trains a student on the scored file."""

import json

import numpy as np
import pytest
from conftest import pairs_file, run_app
from runs import journal

from app.commands import match
from app.errors import UserError
from app.tensors import read_arrays
from app.text.dataset import read_labelled_pairs

STUDENT = ["--model_name_or_path", "scratch:nano", "--max_steps", "6", "--batch_size", "16", "--device", "cpu", "--dropout", "0", "--logging_steps", "1"]


@pytest.fixture
def scored(score, tmp_path):
    """The result file of a teacher: 80 pairs, and one that it cannot score."""
    with open(pairs_file(tmp_path / "pairs.tsv", 80), "a", encoding="utf-8") as file:
        file.write("怎么还款\t\n")
    score(tmp_path / "pairs.tsv")
    return tmp_path / "pairs.scored.tsv"


def flags_of(scored, small_data, folder, *flags):
    data = ["--train_set", str(scored), "--dev_set", str(small_data / "dev.tsv"), "--soft_label_column", "probability"]
    return [*data, *STUDENT, "--bad_rows", "skip", "--output_dir", str(folder), *flags]


def test_a_student_learns_from_the_result_file_of_a_teacher(scored, small_data, tmp_path, capsys):
    with pytest.raises(UserError, match=r"1 bad row\(s\): line 82: text_b is empty"):
        read_labelled_pairs(str(scored), soft_label_column="probability")
    capsys.readouterr()
    match.main(flags_of(scored, small_data, tmp_path / "run", "--num_processes", "1"))
    printed, errors = capsys.readouterr()
    assert not errors and "soft label = probability" in printed
    assert "80 rows have only a soft label, 0 only a label, 0 both" in printed and "baselines: majority" in printed
    written = json.loads((tmp_path / "run/best/matcher.json").read_text())
    assert written["labels"] == ["0", "1"] and written["columns"] == ["text_a", "text_b", "label"]
    assert written["data"]["train"]["soft_labels"] == {"column": "probability", "weight": 0.9}
    (start,) = [event for event in journal(tmp_path / "run") if event["event"] == "start"]
    assert start["audit"]["train"]["soft_labels"]["soft_rows"] == 80 and start["audit"]["train"]["labels"] == {}


@pytest.mark.slow
def test_two_processes_train_the_weights_of_one(scored, small_data, tmp_path):
    one = run_app("match", *flags_of(scored, small_data, tmp_path / "one", "--num_processes", "1"))
    two = run_app("match", *flags_of(scored, small_data, tmp_path / "two", "--num_processes", "2", "--batch_size", "8"))
    assert one.returncode == two.returncode == 0, one.stderr + two.stderr
    expected, found = (read_arrays(tmp_path / name / "last/model.safetensors") for name in ("one", "two"))
    for name in expected.keys() - {name for name in expected if name.endswith("k_proj.bias")}:  # softmax cancels them: rounding errors
        assert np.abs(expected[name] - found[name]).mean() < 1e-5, name  # the learning rates add up to 3e-3

    def logged(name):
        return [(event["loss"], event["accuracy"]) for event in journal(tmp_path / name) if event["event"] == "train"]

    assert np.allclose(logged("one"), logged("two"), atol=1e-5) and len(logged("one")) == 6
