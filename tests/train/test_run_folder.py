"""--output_dir: when a run may start there, and when an earlier run is removed."""

import json
import shutil

import pytest
from small_task import STEPS, SmallTask, files_of_run, options, run

from app.atomic import write_json
from app.errors import Interrupted, UserError
from app.train.run_folder import claim_folder


def test_a_finished_run_without_its_state_is_not_trained_again(tmp_path):
    run(tmp_path / "run", STEPS)
    write_json(tmp_path / "run/metrics.json", {})
    shutil.rmtree(tmp_path / "run/state")
    with pytest.raises(UserError, match="is finished, and its state/ is gone; --overwrite"):
        run(tmp_path / "run", STEPS, resume=True)
    assert (tmp_path / "run/best").is_dir()


def test_an_old_run_is_removed_only_when_the_new_one_saves(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    run(folder, STEPS)
    before = files_of_run(folder)
    with pytest.raises(UserError):  # fails before its first evaluation and save
        run(folder, STEPS, task=SmallTask(nan_batch=0), overwrite=True)
    assert files_of_run(folder) == before
    with pytest.raises(UserError, match="holds a run already"):
        run(folder, STEPS)
    assert run(folder, 2 * STEPS, overwrite=True, seed=2).finished
    found = files_of_run(folder)
    assert found["last/metadata.json"] != before["last/metadata.json"] and found["journal"][0]["step"] == 1
    assert json.loads((folder / "options.json").read_text())["seed"] == 2


def test_a_run_is_resumed_from_another_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Interrupted):
        run("run", STEPS, {3})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("../run", STEPS, resume=True).step == STEPS


@pytest.mark.parametrize("path", ["/proc/none", "/dev/null", "/dev/null/run", "x" * 300])
def test_a_folder_that_cannot_be_written_is_one_error_line(path):
    with pytest.raises(UserError, match="cannot be written to"):
        claim_folder(options(path))
