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
    """The BERT without all tensors whose name contains one of these."""
    return {name: array for name, array in BERT.items() if not any(each in name for each in names)}


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
    "no layers": ({name: array for name, array in BERT.items() if "encoder" not in name}, "has no encoder layer"),
    "no embeddings": (without("word_embeddings"), "has no tensors embeddings.word_embeddings"),
    "two encoders": ({**BERT, **{f"other.{name}": array for name, array in BERT.items()}}, "has 2 tensors"),
    "two layouts": ({**BERT, **as_paddle(BERT, "bert.")}, "mixes the tensor names"),
    "both gamma and weight": ({**BERT, "bert.embeddings.LayerNorm.gamma": np.zeros(16, "f4")}, "with different values"),
    "both PaddleNLP's and PyTorch's norm": ({**BERT, "bert.embeddings.layer_norm.weight": np.zeros(16, "f4")}, "has two tensors for"),
    "both PaddleNLP's and PyTorch's query": (
        {**BERT, "bert.encoder.layer.0.self_attn.q_proj.weight": np.zeros((16, 16), "f4")}, "unexpected encoder.layer.0.self_attn"
    ),
    "PaddleNLP's query instead of PyTorch's": (
        {**without("layer.0.attention.self.query.weight"), "bert.encoder.layer.0.self_attn.q_proj.weight": np.zeros((16, 16), "f4")},
        "lacks encoder.layers.0.self_attn.q_proj.weight",
    ),
    "not finite": ({**BERT, "bert.pooler.dense.bias": np.full(16, np.nan, "f4")}, "not finite"),
    "nothing": ({}, "has no tensors"),
}


@pytest.mark.parametrize("problem", WRONG_TENSORS)
def test_wrong_tensors_are_one_error_line(tmp_path, problem):
    arrays, words = WRONG_TENSORS[problem]
    folder = folder_of(tmp_path / "wrong")
    write_safetensors(folder / "model.safetensors", arrays)
    check_refused(folder, words)
