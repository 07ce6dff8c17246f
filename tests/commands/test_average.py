"""`python -m app average`: the mean of two checkpoints, and what has no mean."""

import json
import os
import shutil

import numpy as np
import pytest
from conftest import ROOT, refused, run_app

from app.__main__ import main
from app.atomic import lock_folder
from app.match.checkpoint import load_matcher
from app.tensors import read_arrays, write_arrays


@pytest.fixture
def two(small_matcher, small_data, tmp_path):
    """Flags of a command that averages the best checkpoint of a run and the same with other weights."""
    second = shutil.copytree(small_matcher / "best", tmp_path / "second")
    arrays = read_arrays(second / "model.safetensors")
    write_arrays(second / "model.safetensors", {name: array * 1.5 for name, array in arrays.items()})
    first, output = small_matcher / "best", tmp_path / "mean"
    return {"first": first, "second": second, "dev_set": small_data / "dev.tsv", "output_dir": output}


def command(values: dict) -> list:
    return ["average", *(text for name, value in values.items() for text in (f"--{name}", str(value)))]


def change(file, **values) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **values}), encoding="utf-8")


def test_the_mean_is_a_complete_checkpoint(two):
    change(two["second"] / "matcher.json", decision={"positive": 1, "threshold": 0.3, "temperature": 7.0})
    done = run_app(*command({**two, "weight": 0.25}))
    assert done.returncode == 0, done.stderr
    first, mean = (read_arrays(two[name] / "model.safetensors") for name in ("first", "output_dir"))
    for name, array in first.items():
        assert np.allclose(mean[name], array * (0.75 + 0.25 * 1.5), rtol=1e-5), name
    config = json.loads((two["output_dir"] / "matcher.json").read_text())
    assert config["decision"]["threshold"] == 0.5  # that of the second was for other probabilities
    assert config["decision"]["temperature"] != 7.0  # fitted to the dev set
    assert [line.split(":")[0] for line in done.stdout.splitlines()[:3]] == ["first", "second", "mean"]
    assert config["data"]["dev"]["rows"] == 60 and config["data"]["weight"] == 0.25 and config["dev"]["accuracy"] > 0
    assert load_matcher(two["output_dir"])[2].started_from == "average"


def test_checkpoints_whose_weights_mean_different_things_are_refused(two):
    second = two["second"]
    before = {name: (second / name).read_text(encoding="utf-8") for name in ("matcher.json", "config.json", "vocab.txt")}
    decision = json.loads(before["matcher.json"])["decision"]
    words = before["vocab.txt"].splitlines()
    (second / "tokenizer.json").unlink()  # it says the same as vocab.txt
    changes = {
        "labels": ("matcher.json", lambda file: change(file, labels=["no", "yes"])),
        "labels ": ("matcher.json", lambda file: change(file, decision={**decision, "positive": 0})),
        "architectures": ("config.json", lambda file: change(file, num_attention_heads=1)),
        "vocabularies": ("vocab.txt", lambda file: file.write_text("\n".join(words[:5] + words[:4:-1]) + "\n", encoding="utf-8")),
    }
    for what, (name, damage) in changes.items():
        damage(second / name)
        assert f"the {what.strip()} are different" in refused(*command(two))
        (second / name).write_text(before[name], encoding="utf-8")
    assert not two["output_dir"].exists()


def test_a_dev_set_that_is_too_small_fits_nothing(two, tmp_path):
    (tmp_path / "dev.tsv").write_text("怎么还款\t如何还款\t1\n怎么还款\t如何开户\t0\n", encoding="utf-8")
    assert "fewer than 10 rows of a label" in refused(*command({**two, "dev_set": tmp_path / "dev.tsv"}))
    assert not two["output_dir"].exists()


def test_weights_that_are_not_finite_have_no_mean(two):
    file = two["second"] / "model.safetensors"
    arrays = read_arrays(file)
    name = next(name for name in arrays if name.endswith("word_embeddings.weight"))
    arrays[name][4] = np.nan  # [MASK], which no pair has
    write_arrays(file, arrays)
    assert "word_embeddings.weight has values that are not finite" in refused(*command(two))
    assert not two["output_dir"].exists()


def test_a_folder_that_another_run_uses_or_fills_meanwhile_is_kept(two, monkeypatch):
    output = two["output_dir"]
    descriptor = lock_folder(output)
    assert "another run is using this folder" in refused(*command(two))
    os.close(descriptor)
    monkeypatch.setattr("app.match.average.average_matchers", lambda *_: (output / "precious").write_text("mine"))
    with pytest.raises(AttributeError):  # its result is not used
        main(command(two))
    assert "is not empty" in refused(*command(two)) and (output / "precious").read_text() == "mine"


@pytest.mark.parametrize(
    "flag, value, message",
    [
        ("weight", "1.5", "from 0 to 1"),
        ("weight", "nan", "from 0 to 1"),
        ("first", "", "a fine-tuned checkpoint folder"),
        ("second", "nowhere", "no such folder"),
        ("dev_set", "nowhere.tsv", "an existing file"),
        ("dev_set", "", "labelled pairs"),
        ("output_dir", "", "a new folder"),
        ("output_dir", ".", "is not empty"),
        ("output_dir", "README.md/new", "cannot be written to"),
        ("threshold", "1.5", "a number from 0 to 1"),
    ],
)
def test_a_wrong_flag_is_one_line(two, flag, value, message):
    assert message in refused(*command({**two, flag: value}))
    assert not two["output_dir"].exists() and not (ROOT / ".lock").exists()
