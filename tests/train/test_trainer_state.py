"""state/: invalid or damaged values are one error line; the state of an earlier version is read."""

import json

import pytest
from small_task import STEPS, files_of_run, run

from app.atomic import write_json
from app.errors import Interrupted, UserError
from app.train.trainer_state import FILE, OLD_FILE, OLD_NAMES


@pytest.mark.parametrize("name, value", [
    ("step", "five"), ("step", -1), ("step", True), ("step", 2.0), ("step", 10**6), ("epoch", 1), ("step_in_epoch", 2), ("best_metric", "x"),
    ("best_metric", [1]), ("seconds", None), ("seconds", float("nan")), ("finished", 1), ("loss_scale", 3), ("sums", {"rows": "many"}),
    ("metrics", []), ("best_metrics", {"metric": None}), ("task", "evaluations"), ("log_seconds", {}), ("evaluations_since_best", None),
])  # fmt: skip
def test_a_state_with_an_invalid_value_is_one_error_line(tmp_path, name, value):
    with pytest.raises(Interrupted):
        run(tmp_path / "run", STEPS, {3})
    file = tmp_path / "run/state/trainer_state.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), name: value}))
    with pytest.raises(UserError, match="state.*the run cannot be resumed, --overwrite starts again"):
        run(tmp_path / "run", STEPS, resume=True)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"step": "five"}', '{"step": -1}', '{"steps": 3}', '{"finished": 1}'])
def test_a_damaged_state_is_one_error_line(tmp_path, damage):
    with pytest.raises(Interrupted):
        run(tmp_path / "run", STEPS, {3})
    (tmp_path / "run/state/trainer_state.json").write_text(damage)
    with pytest.raises(UserError, match="trainer_state.json: damaged .*--overwrite starts again"):
        run(tmp_path / "run", STEPS, resume=True)
    (tmp_path / "run/options.json").write_text(damage)
    with pytest.raises(UserError, match="options.json: damaged|keeps its options"):
        run(tmp_path / "run", STEPS, resume=True)


def test_a_run_of_an_earlier_version_is_resumed(tmp_path):
    """Its files use the old names of the state's values and of the options."""
    run(tmp_path / "uninterrupted", 2 * STEPS, save_total_limit=2)
    with pytest.raises(Interrupted):
        run(tmp_path / "run", 2 * STEPS, {STEPS + 2}, save_total_limit=2)
    old_names = {new: old for old, new in OLD_NAMES.items()}
    state = json.loads((tmp_path / "run/state" / FILE).read_text())
    write_json(tmp_path / "run/state" / OLD_FILE, {old_names.get(name, name): value for name, value in state.items()})
    (tmp_path / "run/state" / FILE).unlink()
    old_options = json.loads((tmp_path / "run/options.json").read_text())
    old_options["keep_checkpoints"] = old_options.pop("save_total_limit")
    write_json(tmp_path / "run/options.json", old_options)
    run(tmp_path / "run", 2 * STEPS, resume=True, save_total_limit=2)
    expected, found = files_of_run(tmp_path / "uninterrupted"), files_of_run(tmp_path / "run")
    assert all(found[name] == expected[name] for name in expected if not name.startswith("checkpoints/"))
    assert not (tmp_path / "run/state" / OLD_FILE).exists()
