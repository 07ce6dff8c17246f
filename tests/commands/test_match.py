"""`run_match.sh` from start to end, and the formats of data that it reads."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, refused, run_app

from app.errors import UserError
from app.match.build import build
from app.options import MatchOptions


def run_script(*flags):
    """Runs the script with the Python of the tests."""
    return subprocess.run(
        ["bash", "run_match.sh", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHON": sys.executable},
    )


def test_the_script_end_to_end(small_data, small_flags, tmp_path):
    done = run_script(*small_flags, "--test_set", str(small_data / "test.tsv"), "--output_dir", str(tmp_path / "run"))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    for words in ("majority", "character overlap", "test: accuracy", "best on dev", "predict.py", "pairs/s"):
        assert words in done.stdout
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert {"accuracy", "precision", "recall", "f1", "auc", "average_precision", "loss", "confusion", "per_class"} <= set(
        metrics["test"]
    )
    evaluated = run_app(
        "evaluate",
        "--model_name_or_path",
        str(tmp_path / "run" / "best"),
        "--test_set",
        str(small_data / "test.tsv"),
        "--result_file",
        str(tmp_path / "m.json"),
    )
    again = json.loads((tmp_path / "m.json").read_text())
    assert evaluated.returncode == 0 and again["accuracy"] == metrics["test"]["accuracy"]


def test_the_test_set_decides_nothing(small_data, small_flags, tmp_path):
    """A reference script evaluates on the dev set instead of the test set. Here other test labels change the test metrics only."""
    flipped = tmp_path / "flipped.tsv"
    lines = (small_data / "test.tsv").read_text(encoding="utf-8").splitlines()
    flipped.write_text("\n".join([lines[0]] + [line[:-1] + str(1 - int(line[-1])) for line in lines[1:]]), encoding="utf-8")
    results = {}
    for name, test in (("original", small_data / "test.tsv"), ("flipped", flipped)):
        folder = tmp_path / name
        done = run_app("match", *small_flags, "--epochs", "1", "--test_set", str(test), "--output_dir", str(folder))
        assert done.returncode == 0, done.stderr
        results[name] = json.loads((folder / "metrics.json").read_text()), (folder / "best/model.safetensors").read_bytes()
    (first, weights), (second, other_weights) = results.values()
    assert weights == other_weights and first["dev"] == second["dev"]
    assert first["test"]["accuracy"] == pytest.approx(1 - second["test"]["accuracy"])


def test_string_labels_csv_and_more_than_two_classes(tmp_path):
    rows = [(f"文本{i}", f"文本{i + j}", name) for i in range(30) for j, name in enumerate(("same", "near", "far"))]
    for split in ("train", "dev"):
        text = "sentence1,sentence2,label\n" + "".join(",".join(row) + "\n" for row in rows)
        (tmp_path / f"{split}.csv").write_text(text, encoding="utf-8")
    done = run_app(
        "match", "--train_set", str(tmp_path / "train.csv"), "--dev_set", str(tmp_path / "dev.csv"), "--model_name_or_path", "scratch:tiny",
        "--epochs", "1", "--output_dir", str(tmp_path / "run"), "--num_processes", "1", "--metric_for_best_model", "f1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    matcher_config = json.loads((tmp_path / "run/best/matcher.json").read_text())
    assert matcher_config["labels"] == ["far", "near", "same"]
    scored = run_app(
        "predict",
        "--model_name_or_path",
        str(tmp_path / "run/best"),
        "--input_file",
        str(tmp_path / "dev.csv"),
        "--result_file",
        str(tmp_path / "out.csv"),
    )
    assert scored.returncode == 0
    for flags in (["--threshold", "f1"], ["--threshold", "0.7"], ["--positive_label", "same"]):
        with pytest.raises(UserError, match=f"{flags[0]} {flags[1]}: is for two labels; here are 3"):
            build(MatchOptions(
                train_set=str(tmp_path / "train.csv"), dev_set=str(tmp_path / "dev.csv"), model_name_or_path="scratch:nano",
                **{flags[0][2:]: flags[1]},
            ))  # fmt: skip
    cells = [line.split(",") for line in (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert len(cells) == 90 and all(row[4] in matcher_config["labels"] and float(row[3]) >= 1 / 3 - 1e-6 for row in cells)


def test_the_default_model_is_the_shipped_checkpoint(small_data, tmp_path):
    """The default learning rate of a narrow model is larger than the 5e-5 of a base model."""
    data = ["--train_set", str(small_data / "train.tsv"), "--dev_set", str(small_data / "dev.tsv")]
    done = run_app("match", *data, "--max_steps", "1", "--output_dir", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    assert "data/models/match-mini-zh" not in done.stdout and "model: match-mini-zh" in done.stdout
    assert "rate 2.6e-04" in done.stdout and "random weights" not in done.stdout


def test_training_from_a_fine_tuned_model_keeps_its_positive_label_and_threshold(small_matcher, small_data, tmp_path, capsys):
    folder = shutil.copytree(small_matcher / "best", tmp_path / "best")
    matcher_config = json.loads((folder / "matcher.json").read_text())
    matcher_config["decision"].update(positive=0, threshold=0.3)
    (folder / "matcher.json").write_text(json.dumps(matcher_config))
    data = dict(train_set=str(small_data / "train.tsv"), dev_set=str(small_data / "dev.tsv"), init_from_ckpt=str(folder))
    for flags, expected in (({}, (0, 0.3)), ({"threshold": "0.6"}, (0, 0.6)), ({"positive_label": "1"}, (1, 0.3))):
        decision = build(MatchOptions(**data, **flags))[3].decision
        assert (decision.positive, decision.threshold) == expected
        assert f"{expected[0]} means that the texts match" in capsys.readouterr().out


def test_a_dev_set_of_one_label_decides_nothing(small_data, tmp_path, capsys):
    """Regression: with --metric_for_best_model auc the first checkpoint stayed the best one."""
    ones = [line for line in (small_data / "dev.tsv").read_text(encoding="utf-8").splitlines() if line[-1:] in "l1"]
    (tmp_path / "dev.tsv").write_text("\n".join(ones) + "\n", encoding="utf-8")
    data = dict(train_set=str(small_data / "train.tsv"), dev_set=str(tmp_path / "dev.tsv"), model_name_or_path="scratch:nano")
    with pytest.raises(UserError, match="--metric_for_best_model auc: .*dev.tsv does not have every label"):
        build(MatchOptions(**data, metric_for_best_model="auc"))
    build(MatchOptions(**data))
    assert "too few rows of each label to fit probabilities" in capsys.readouterr().out


def test_training_from_a_fine_tuned_model_keeps_its_classifier(small_matcher, small_data, tmp_path):
    done = run_app(
        "match", "--train_set", str(small_data / "train.tsv"), "--dev_set", str(small_data / "dev.tsv"), "--init_from_ckpt", str(small_matcher / "best"),
        "--max_steps", "1", "--learning_rate", "1e-12", "--output_dir", str(tmp_path / "run"), "--num_processes", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    before = json.loads((small_matcher / "best/matcher.json").read_text())["dev"]["loss"]
    assert json.loads((tmp_path / "run/best/matcher.json").read_text())["dev"]["loss"] == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--max_seq_length", "600"], ["--max_seq_length 600", "512"]),
        (["--positive_label", "yes"], ["--positive_label yes", "0, 1"]),
        (["--columns", "a,b,c"], ["--columns", "'a'"]),
        (["--model_name_or_path", "./nowhere"], ["nowhere", "no such folder"]),
        (["--init_from_ckpt", "data"], ["data", "matcher.json"]),
    ],
)
def test_options_that_do_not_match_the_data_or_the_model_are_one_error_line(small_flags, tmp_path, flags, words):
    error = refused("match", *small_flags, *flags, "--output_dir", str(tmp_path / "run"))
    assert all(word in error for word in words) and not (tmp_path / "run" / "best").exists()


def test_a_broken_row_stops_training_with_its_line(small_data, small_flags, tmp_path):
    broken = tmp_path / "broken.tsv"
    broken.write_text((small_data / "train.tsv").read_text(encoding="utf-8") + "one column\n", encoding="utf-8")
    flags = [*small_flags, "--train_set", str(broken), "--max_steps", "1"]
    assert "line 202: 1 columns where 3" in refused("match", *flags, "--output_dir", str(tmp_path / "run"))
    skipped = run_app("match", *flags, "--output_dir", str(tmp_path / "run"), "--bad_rows", "skip")
    assert skipped.returncode == 0 and "1 bad rows left out" in skipped.stdout


def test_leaked_pairs_are_reported_and_dropped(small_data, small_flags, tmp_path):
    leaky = tmp_path / "leaky.tsv"
    dev = (small_data / "dev.tsv").read_text(encoding="utf-8").splitlines()
    leaky.write_text((small_data / "train.tsv").read_text(encoding="utf-8") + "\n".join(dev[1:4]) + "\n", encoding="utf-8")
    flags = [*small_flags, "--train_set", str(leaky), "--max_steps", "1", "--output_dir", str(tmp_path / "run")]
    assert "3 rows are also in the training set" in run_app("match", *flags).stdout
    dropped = run_app("match", *flags, "--drop_leaked", "--overwrite").stdout
    assert "3 training rows removed" in dropped and "train: 200 rows" in dropped and "training set too" not in dropped


@pytest.mark.slow
def test_minilm_on_mrpc_reaches_82_percent(minilm, real_data, tmp_path):
    """Takes 25 minutes. The dev set has only 408 rows, so frequent evaluations gain about one point: the best checkpoint is kept."""
    done = run_app(
        "match", "--train_set", str(real_data / "mrpc/train.tsv"), "--dev_set", str(real_data / "mrpc/dev.tsv"), "--columns",
        "#1 String,#2 String,Quality", "--model_name_or_path", str(minilm), "--epochs", "6", "--learning_rate", "7e-5",
        "--eval_steps", "40", "--num_processes", "2", "--batch_size", "16", "--output_dir", str(tmp_path / "run"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run/metrics.json").read_text())["dev"]["accuracy"] >= 0.82
