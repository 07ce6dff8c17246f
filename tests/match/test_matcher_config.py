"""matcher.json: an invalid value is one error line."""

import json
import shutil

import pytest

from app import Matcher
from app.errors import UserError
from app.match.matcher_config import read_matcher_config

INVALID_VALUES = {
    "temperature": [0, -1, None, "1", float("nan"), float("inf"), True], "threshold": [None, -0.1, 1.5, "0.5", float("nan")],
    "positive": [2, -1, None, "1", 1.0, True], "labels": [[], ["0"], "01", [0, 1], ["1", "1"], None, ["0", ""]],
    "max_seq_length": [0, "128", None, 12.5], "truncation": ["middle", None], "columns": ["text_a", [1], None],
}  # fmt: skip


@pytest.mark.parametrize("name, value", [(name, value) for name, values in INVALID_VALUES.items() for value in values])
def test_an_invalid_value_in_matcher_json_is_one_error_line(checkpoint, tmp_path, name, value):
    """Regression: `temperature: 0` gave wrong scores, with exit code 0."""
    folder = shutil.copytree(checkpoint, tmp_path / "best")
    values = json.loads((folder / "matcher.json").read_text(encoding="utf-8"))
    section = values["decision"] if name in values["decision"] else values
    section[name] = value
    (folder / "matcher.json").write_text(json.dumps(values))
    with pytest.raises(UserError, match="matcher.json: damaged"):
        read_matcher_config(folder)


def test_more_labels_than_the_classifier_has_are_refused(small_matcher, tmp_path):
    folder = shutil.copytree(small_matcher / "best", tmp_path / "best")
    values = json.loads((folder / "matcher.json").read_text(encoding="utf-8"))
    (folder / "matcher.json").write_text(json.dumps({**values, "labels": ["0", "1", "2"]}))
    with pytest.raises(UserError, match="another shape of classifier"):
        Matcher.load(str(folder), "cpu", "dygraph")
    with pytest.raises(UserError, match="another shape of classifier"):
        Matcher.load(str(folder), "cpu", "fp32")
