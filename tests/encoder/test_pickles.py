"""Pickled weights: which values are read, and that code in a pickle never runs."""

import json
import os
import pickle

import numpy as np
import pytest
from published import (
    BERT,
    as_paddle,
    folder_of,
)
from published_checks import check_refused, check_tensors

from app.encoder.pretrained import load_pretrained


@pytest.mark.parametrize("dtype", ["int8", "int64", "object", "U8", "complex64"])
def test_a_pickled_weight_that_is_not_floating_point_is_one_error_line(tmp_path, dtype):
    """Quantized models hold integers. Read as weights, they would give random scores."""
    arrays = as_paddle(BERT)
    arrays["encoder.layers.1.linear1.weight"] = arrays["encoder.layers.1.linear1.weight"].astype(dtype)
    folder = folder_of(tmp_path / "wrong")
    (folder / "model_state.pdparams").write_bytes(pickle.dumps(arrays, 4))
    check_refused(folder, "lacks encoder.layers.1.linear1.weight")


@pytest.mark.parametrize("name", ["state_dict", "model_state_dict", "model"])
def test_weights_inside_the_state_of_a_training_script_are_read(tmp_path, name):
    folder = folder_of(tmp_path / "bert")
    state = {"epoch": 3, "optimizer": {"lr": 0.1}, name: as_paddle(BERT)}
    (folder / "model_state.pdparams").write_bytes(pickle.dumps(state, 4))
    check_tensors(load_pretrained(str(folder))[0], BERT)


def test_keys_that_are_not_strings_are_ignored(tmp_path):
    folder = folder_of(tmp_path / "bert")
    (folder / "model_state.pdparams").write_bytes(pickle.dumps({**as_paddle(BERT), 3: np.zeros(2, "f4")}, 4))
    check_tensors(load_pretrained(str(folder))[0], BERT)


class Crafted:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("ran",)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model_state.pdparams", "other.pdparams"])
def test_code_in_a_pickle_never_runs(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = folder_of(tmp_path / "crafted")
    (folder / name).write_bytes(pickle.dumps({"x": Crafted()}))
    check_refused(folder, "it calls .*mkdir")
    (folder / name).unlink()
    # Also not when an index names the file, under any name.
    for hidden in ("weights.bin", "weights.safetensors", "../weights.bin", "/tmp/weights.bin", "weights.pkl"):
        for index in ("pytorch_model.bin.index.json", "model.safetensors.index.json"):
            if "/" not in hidden:
                (folder / hidden).write_bytes(pickle.dumps({"x": Crafted()}))
            (folder / index).write_text(json.dumps({"weight_map": {"x": hidden}}))
            check_refused(folder, "it calls|of this folder|cannot be read")
            (folder / index).unlink()
    assert not (tmp_path / "ran").exists()
