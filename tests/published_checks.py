"""Checks of published models: all weights are those of the file, or the folder is refused with one error line."""

import numpy as np
import pytest
from published import as_paddle

from app.encoder.pretrained import load_pretrained
from app.errors import UserError


def check_tensors(encoder, arrays, atol=0.0):
    """The encoder has exactly these tensors (in PyTorch's layout)."""
    expected, tensors = as_paddle(arrays), encoder.state_dict()
    assert tensors.keys() == expected.keys()
    for name, tensor in tensors.items():
        np.testing.assert_allclose(tensor.numpy(), expected[name], rtol=0, atol=atol, err_msg=name)


def check_refused(folder, words):
    """Loading fails with one line that names the folder and has these words."""
    with pytest.raises(UserError, match=words) as error:
        load_pretrained(str(folder))
    assert str(folder) in str(error.value) and "\n" not in str(error.value)
