"""For all tests of published models."""

import sys

import pytest


@pytest.fixture(autouse=True)
def no_torch():
    """What the writer of PyTorch's files leaves among the modules goes again."""
    before = {name for name in sys.modules if name.split(".")[0] == "torch"}
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "torch" and name not in before]:
        del sys.modules[name]
