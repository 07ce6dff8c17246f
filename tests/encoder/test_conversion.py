"""Tensors that are missing, unexpected, of another shape, or in two layouts at once are one error line."""

import numpy as np
import pytest
from published import (
    BERT,
    as_paddle,
    folder_of,
    write_safetensors,
)
from published_checks import check_refused


def without(*names):
    return {name: array for name, array in BERT.items() if not any(part in name for part in names)}


WRONG_TENSORS = {
    "a layer is missing": (without("layer.1."), "lacks encoder.layers.1"),
    "one tensor is missing": (without("layer.1.output.dense.bias"), "lacks encoder.layers.1.linear2.bias"),
    "half a pooler": (without("pooler.dense.bias"), "lacks pooler.dense.bias"),
    "layers that config.json does not have": ({**BERT, "bert.encoder.layer.2.output.dense.bias": np.zeros(16, "f4")}, "unexpected"),
    "another vocabulary": (
        {**BERT, "bert.embeddings.word_embeddings.weight": np.zeros((99, 16), "f4")},
        r"another shape of embeddings.word_embeddings.weight \(\[99, 16\], not \[15, 16\]\)",
    ),
    "another width": ({**BERT, "bert.encoder.layer.0.output.dense.weight": np.zeros((16, 8), "f4")}, "another shape"),
    "no layers": ({name: array for name, array in BERT.items() if "encoder" not in name}, "as no BERT does"),
    "no embeddings": (without("word_embeddings"), "has no tensors embeddings.word_embeddings"),
    "two encoders": ({**BERT, **{f"other.{name}": array for name, array in BERT.items()}}, "has 2 tensors"),
    "two layouts": ({**BERT, **as_paddle(BERT, "bert.")}, "in two ways"),
    "gamma beside weight": ({**BERT, "bert.embeddings.LayerNorm.gamma": np.zeros(16, "f4")}, "with different values"),
    "PaddleNLP's norm beside PyTorch's": ({**BERT, "bert.embeddings.layer_norm.weight": np.zeros(16, "f4")}, "for one place"),
    "PaddleNLP's part of a layer beside PyTorch's": (
        {**BERT, "bert.encoder.layer.0.self_attn.q_proj.weight": np.zeros((16, 16), "f4")}, "unexpected encoder.layer.0.self_attn"
    ),
    "PaddleNLP's part of a layer instead of PyTorch's": (
        {**without("layer.0.attention.self.query.weight"), "bert.encoder.layer.0.self_attn.q_proj.weight": np.zeros((16, 16), "f4")},
        "lacks encoder.layers.0.self_attn.q_proj.weight",
    ),
    "not finite": ({**BERT, "bert.pooler.dense.bias": np.full(16, np.nan, "f4")}, "not finite"),
    "nothing": ({}, "has no tensors"),
}


@pytest.mark.parametrize("what", WRONG_TENSORS)
def test_wrong_tensors_are_one_line(tmp_path, what):
    arrays, words = WRONG_TENSORS[what]
    folder = folder_of(tmp_path / "wrong")
    write_safetensors(folder / "model.safetensors", arrays)
    check_refused(folder, words)
