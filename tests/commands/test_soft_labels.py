"""Distillation by the real commands: a teacher scores pairs, and a student is trained on the scored file."""

import json

import numpy as np
import pytest
from conftest import pairs_file, run_app
from runs import journal

from app.errors import UserError
from app.tensors import read_arrays
from app.text.dataset import read_labelled_pairs

STUDENT = ["--model_name_or_path", "scratch:nano", "--max_steps", "6", "--batch_size", "16", "--device", "cpu", "--dropout", "0", "--logging_steps", "1"]


@pytest.fixture(scope="module")
def scored(small_matcher, tmp_path_factory):
    """The result file of the teacher: 80 pairs, and one that it cannot score."""
    folder = tmp_path_factory.mktemp("scored")
    with open(pairs_file(folder / "pairs.tsv", 80), "a", encoding="utf-8") as file:
        file.write("怎么还款\t\n")
    done = run_app("predict", "--model_name_or_path", str(small_matcher / "best"), "--input_file", str(folder / "pairs.tsv"), "--engine", "dygraph")
    assert done.returncode == 0, done.stderr
    return folder / "pairs.scored.tsv"


def run_student(scored, small_data, folder, *flags):
    data = ["--train_set", str(scored), "--dev_set", str(small_data / "dev.tsv"), "--soft_label_column", "probability"]
    return run_app("match", *data, *STUDENT, "--output_dir", str(folder), *flags)


def test_a_student_learns_from_the_result_file_of_a_teacher(scored, small_data, tmp_path):
    with pytest.raises(UserError, match=r"1 bad row\(s\): line 82: text_b is empty"):
        read_labelled_pairs(str(scored), soft_label_column="probability")
    done = run_student(scored, small_data, tmp_path / "run", "--bad_rows", "skip", "--num_processes", "1")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "soft label = probability" in done.stdout and "80 rows have only a soft label, 0 only a label, 0 both" in done.stdout
    assert "baselines: majority" in done.stdout
    written = json.loads((tmp_path / "run/best/matcher.json").read_text())
    assert written["labels"] == ["0", "1"] and written["columns"] == ["text_a", "text_b", "label"]
    assert written["data"]["train"]["soft_labels"] == {"column": "probability", "weight": 0.9}
    (start,) = [event for event in journal(tmp_path / "run") if event["event"] == "start"]
    assert start["audit"]["train"]["soft_labels"]["soft_rows"] == 80 and start["audit"]["train"]["labels"] == {}


@pytest.mark.slow
def test_two_processes_train_the_weights_of_one(scored, small_data, tmp_path):
    one = run_student(scored, small_data, tmp_path / "one", "--bad_rows", "skip", "--num_processes", "1")
    two = run_student(scored, small_data, tmp_path / "two", "--bad_rows", "skip", "--num_processes", "2", "--batch_size", "8")
    assert one.returncode == two.returncode == 0, one.stderr + two.stderr
    expected, found = (read_arrays(tmp_path / name / "last/model.safetensors") for name in ("one", "two"))
    for name in expected.keys() - {name for name in expected if name.endswith("k_proj.bias")}:  # softmax cancels them: rounding errors
        assert np.abs(expected[name] - found[name]).mean() < 1e-5, name  # the learning rates add up to 3e-3

    def logged(name):
        return [(event["loss"], event["accuracy"]) for event in journal(tmp_path / name) if event["event"] == "train"]

    assert np.allclose(logged("one"), logged("two"), atol=1e-5) and len(logged("one")) == 6
