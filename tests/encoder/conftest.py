"""A fixture for all tests of this folder."""

import sys

import pytest


@pytest.fixture(autouse=True)
def no_torch():
    """Removes the stand-ins for PyTorch's modules that `write_torch` has added to `sys.modules`."""
    before = {name for name in sys.modules if name.split(".")[0] == "torch"}
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "torch" and name not in before]:
        del sys.modules[name]
