"""The READMEs name every flag and every command."""

import dataclasses

import pytest
from conftest import ROOT

from app.__main__ import COMMANDS
from app.options import MatchOptions, PredictOptions, PretrainOptions


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_flag_and_command_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for options in (MatchOptions, PretrainOptions, PredictOptions):
        for field in dataclasses.fields(options):
            assert f"`--{field.name}`" in text, field.name
    for command in COMMANDS:
        assert command in text
    for script in ("run_match.sh", "run_pretrain.sh", "run_tests.sh", "predict.py"):
        assert script in text


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_file_named_is_there(name):
    import re

    text = (ROOT / name).read_text(encoding="utf-8")
    for path in re.findall(r"`(app/[\w/.]+\.py|data/\w+|tests/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path
