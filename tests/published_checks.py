"""Checks of a published model: its weights are those of the file, or it is refused in one line."""

import numpy as np
import pytest
from published import (
    as_paddle,
)

from app.encoder.pretrained import load_pretrained
from app.errors import UserError


def check_tensors(encoder, arrays, atol=0.0):
    expected, own = as_paddle(arrays), encoder.state_dict()
    assert own.keys() == expected.keys()
    for name, tensor in own.items():
        np.testing.assert_allclose(tensor.numpy(), expected[name], rtol=0, atol=atol, err_msg=name)


def check_refused(folder, words):
    with pytest.raises(UserError, match=words) as stopped:
        load_pretrained(str(folder))
    assert str(folder) in str(stopped.value) and "\n" not in str(stopped.value)
