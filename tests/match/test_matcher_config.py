"""matcher.json: a value that cannot be is one error line."""

import json
import shutil

import pytest

from app import Matcher
from app.errors import UserError
from app.match.matcher_config import read_matcher_config

METADATA = {
    "temperature": [0, -1, None, "1", float("nan"), float("inf"), True], "threshold": [None, -0.1, 1.5, "0.5", float("nan")],
    "positive": [2, -1, None, "1", 1.0, True], "labels": [[], ["0"], "01", [0, 1], ["1", "1"], None, ["0", ""]],
    "max_seq_length": [0, "128", None, 12.5], "truncation": ["middle", None], "columns": ["text_a", [1], None],
}  # fmt: skip


@pytest.mark.parametrize("name, value", [(name, value) for name, values in METADATA.items() for value in values])
def test_a_matcher_json_with_a_value_that_cannot_be_is_one_line(checkpoint, tmp_path, name, value):
    """`temperature: 0` gave other scores, exit code 0."""
    folder = shutil.copytree(checkpoint, tmp_path / "best")
    values = json.loads((folder / "matcher.json").read_text(encoding="utf-8"))
    inside = values["decision"] if name in values["decision"] else values
    inside[name] = value
    (folder / "matcher.json").write_text(json.dumps(values))
    with pytest.raises(UserError, match="matcher.json: damaged"):
        read_matcher_config(folder)


def test_more_labels_than_the_head_has_are_refused(folder):
    values = json.loads((folder / "matcher.json").read_text(encoding="utf-8"))
    (folder / "matcher.json").write_text(json.dumps({**values, "labels": ["0", "1", "2"]}))
    with pytest.raises(UserError, match="another shape of classifier"):
        Matcher.load(str(folder), "cpu", "dygraph")
    with pytest.raises(UserError, match="another shape of classifier"):
        Matcher.load(str(folder), "cpu", "fp32")
