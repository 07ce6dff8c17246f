"""The training loop with a small task: a run that is stopped and resumed, however often, leaves the same files as one that is not."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import paddle
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_task import STEPS, SmallTask, files_of_run, run

from app.errors import Interrupted, UserError
from app.tensors import read_arrays
from app.train.logger import TrainingLogger
from app.train.trainer_state import read_trainer_state


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Folders of runs that nothing interrupted, by number of steps and `early_stopping`."""
    folders = {}
    for total, early in itertools.product((2 * STEPS, 2 * STEPS + 3), (0, 1, 2)):
        folders[total, early] = tmp_path_factory.mktemp("uninterrupted") / "run"
        state = run(folders[total, early], total, early_stopping=early)
        assert state.finished and (state.step < total) == bool(early)
    return folders


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([2 * STEPS, 2 * STEPS + 3]), st.sets(st.integers(1, 2 * STEPS + 3), max_size=4), st.sampled_from([0, 1, 2]))
def test_a_run_that_is_stopped_anywhere_and_resumed_leaves_the_same_files(uninterrupted, total, stops, early):
    """Stopped in the middle, at the end of an epoch, and in the last step, also of early stopping. Compared: weights, metrics, journal,
    kept checkpoints. Regression: a run stopped in its last step was trained further, with a negative learning rate."""
    folder = Path(tempfile.mkdtemp()) / "run"
    expected = files_of_run(uninterrupted[total, early])
    last = expected["state"]["step"]
    try:
        for stop in sorted(stop for stop in stops if stop <= last):
            with pytest.raises(Interrupted, match=f"at step {stop} of {total}"):
                run(folder, total, {stop}, resume=True, early_stopping=early)
        state = run(folder, total, resume=True, early_stopping=early)
        assert state.step == last and state.finished
        found = files_of_run(folder)
        always = {name for name in expected if not name.startswith("checkpoints/")}  # each stop saves an additional checkpoint
        assert all(found[name] == expected[name] for name in always), [name for name in always if found[name] != expected[name]]
        for name in expected.keys() & found.keys():
            assert found[name] == expected[name], name
        again = run(folder, total, resume=True, early_stopping=early)
        assert again.step == last and files_of_run(folder) == found  # it was complete: nothing changes
    finally:
        shutil.rmtree(folder.parent)


def test_the_loss_scale_of_float16_is_resumed(tmp_path, monkeypatch):
    """Runs on CPU: Paddle is made to see a GPU, because it switches loss scaling off on CPU. Regression: saving raised an error."""
    from paddle.amp import grad_scaler

    gpu = types.SimpleNamespace(is_gpu_place=lambda: True)
    monkeypatch.setattr(grad_scaler, "_dygraph_tracer", lambda: types.SimpleNamespace(_expected_place=gpu))
    half = {"amp": "O1", "amp_dtype": "float16", "device": "auto"}
    task = SmallTask()
    run(tmp_path / "uninterrupted", STEPS, task=task, **half)
    for stop in (2, 5):
        with pytest.raises(Interrupted):
            run(tmp_path / "run", STEPS, {stop}, resume=True, **half)
    run(tmp_path / "run", STEPS, resume=True, **half)
    scale = read_trainer_state(tmp_path / "run/state").loss_scale
    assert scale["scale"] == 65536 and scale["incr_count"] == STEPS
    found, expected = files_of_run(tmp_path / "run"), files_of_run(tmp_path / "uninterrupted")
    assert all(found[name] == expected[name] for name in expected if not name.startswith("checkpoints/"))


@pytest.mark.parametrize("step", [0, 1, 5, STEPS])
def test_a_loss_that_is_not_finite_stops_training_and_is_never_saved(tmp_path, step):
    with pytest.raises(UserError, match=rf"not finite \(nan or inf\) at step {step + 1}: .*--learning_rate"):
        run(tmp_path / "run", 2 * STEPS, task=SmallTask(nan_batch=step))
    for file in (tmp_path / "run").rglob("*.safetensors"):
        assert all(np.isfinite(array).all() for array in read_arrays(file).values())
    if step >= 2:
        assert read_trainer_state(tmp_path / "run/state").step <= step
        assert run(tmp_path / "run", 2 * STEPS, resume=True).step == 2 * STEPS  # with the data fixed, the run resumes


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    class BadGradient(SmallTask):
        def loss(self, model, batch):
            loss, sums = super().loss(model, batch)
            root = paddle.sqrt((model.weight * 0).sum())  # 0, with a gradient that is not finite
            return loss + root if batch["number"] == 3 else loss, sums

    with pytest.raises(UserError, match="not finite"):
        run(tmp_path / "run", 2 * STEPS, task=BadGradient(), save_steps=1)
    for file in (tmp_path / "run").rglob("*.safetensors"):
        assert all(np.isfinite(array).all() for array in read_arrays(file).values())


def test_with_resume_a_run_without_a_save_starts_again(tmp_path):
    """A run killed between its first evaluation and its first save has best/, but no state/."""
    expected = run(tmp_path / "uninterrupted", STEPS, save_steps=100)
    run(tmp_path / "run", STEPS, save_steps=100)
    shutil.rmtree(tmp_path / "run/state")
    shutil.rmtree(tmp_path / "run/last")
    assert run(tmp_path / "run", STEPS, save_steps=100, resume=True).best_metric == expected.best_metric
    assert files_of_run(tmp_path / "run") == files_of_run(tmp_path / "uninterrupted")


@pytest.mark.parametrize("stride", [9, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("how", ["fresh", "overwrite"])
def test_killed_at_any_change_on_disk_the_same_command_leaves_the_same_files(how, stride):
    """Regression: a kill between the save of `state/` and that of a kept checkpoint lost the checkpoint for ever."""
    script = [sys.executable, str(Path(__file__).with_name("killed_everywhere.py")), how, str(stride)]
    done = subprocess.run(script, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/tests"})
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["changes"] > 100 and report["differences"] == []


def test_the_time_left_follows_from_the_budget(tmp_path, monkeypatch):
    times_left = []
    monkeypatch.setattr(TrainingLogger, "training", lambda self, step, state, metrics, seconds_left: times_left.append(seconds_left))
    run(tmp_path / "run", 10**6, budget="0.4s", logging_steps=1)
    assert times_left and max(times_left) <= 0.4


@pytest.mark.parametrize("seed", [0, 2**31, 2**32 + 1, 2**63, 2**64 + 7, 10**40])
def test_seeds_of_any_size(tmp_path, seed):
    assert run(tmp_path / "run", 2, seed=seed).step == 2
