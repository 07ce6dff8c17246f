"""What earlier versions of this program have written, and what their users type, is still understood."""

import json
import shutil

import pytest

from app.errors import UserError
from app.flags import parse
from app.match.matcher_config import read_matcher_config
from app.options import MatchOptions, PretrainOptions


@pytest.mark.parametrize("old, new", [("only_a", "only_first"), ("only_b", "only_second"), ("longest_first", "longest_first")])
def test_a_checkpoint_with_the_old_name_of_its_truncation_loads(small_matcher, tmp_path, old, new):
    folder = shutil.copytree(small_matcher / "best", tmp_path / "best")
    values = json.loads((folder / "matcher.json").read_text(encoding="utf-8"))
    (folder / "matcher.json").write_text(json.dumps({**values, "truncation": old}), encoding="utf-8")
    assert read_matcher_config(folder).truncation == new


@pytest.mark.parametrize(
    "options, old, new",
    [
        (MatchOptions, "--select_by=f1", "--metric_for_best_model"),
        (MatchOptions, "--keep_checkpoints", "--save_total_limit"),
        (PretrainOptions, "--masked_share", "--masked_lm_prob"),
        (PretrainOptions, "--short_sequences", "--short_seq_prob"),
    ],
)
def test_a_renamed_flag_is_one_line_with_the_new_name(options, old, new):
    with pytest.raises(UserError, match=f"{old.partition('=')[0]} is now {new} "):
        parse(options, "run_match.sh", [old, "1"])
