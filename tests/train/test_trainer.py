"""The training loop with a task of one small layer: however often a run is stopped, it ends as if it never was."""

import contextlib
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

from app import runtime
from app.atomic import atomic_folder, write_json
from app.errors import Interrupted, UserError
from app.options import TrainOptions
from app.tensors import model_arrays, read_arrays, write_arrays
from app.train import trainer
from app.train.logger import TrainingLogger
from app.train.run_folder import claim_folder
from app.train.trainer_state import FILE, OLD_FILE, OLD_NAMES, read_trainer_state

STEPS = 7  # of an epoch


class SmallTask:
    """Regression by one layer; its dev figure goes up and down, and what it keeps is changed by each evaluation."""

    def __init__(self, poison=-1):
        runtime.set_seed(3)
        self.model, self.kept, self.poison = paddle.nn.Linear(3, 1), 0, poison
        self.saved, self.seen = [], 0

    def steps_in_epoch(self, epoch):
        return STEPS

    def steps(self, epoch, skip):
        for number in range(skip, STEPS):
            random = np.random.default_rng([epoch, number])
            yield [{"x": random.normal(size=(4, 3)).astype("float32"), "number": epoch * STEPS + number}]

    def loss(self, model, batch):
        x = paddle.to_tensor(batch["x"])
        loss = (paddle.nn.functional.dropout(model(x), 0.3) - x.sum(axis=1, keepdim=True)).square().mean()
        if batch["number"] == self.poison:
            loss = loss * float("nan")
        return loss, {"rows": 4, "loss": loss.detach() * 4}

    def training_metrics(self, sums, seconds):
        return {"loss": sums["loss"] / sums["rows"], "rows/s": sums["rows"] / seconds}

    def evaluate(self):
        self.kept += 1
        return {"figure": float(np.sin(float(self.model.weight.sum()) * 40)), "kept": float(self.kept)}

    def metric_for_best_model(self, metrics):
        return metrics["figure"]

    def state(self):
        return {"kept": self.kept}

    def load_state(self, state):
        self.kept = state["kept"]

    def save(self, folder, metrics, step):
        with atomic_folder(folder) as temporary:
            write_arrays(temporary / "model.safetensors", model_arrays(self.model))
            write_json(temporary / "told.json", {"figures": metrics, "step": step, "kept": self.kept})
        return folder / "model.safetensors"


def options(folder, **changed):
    return TrainOptions(
        **{"output_dir": str(folder), "learning_rate": 0.05, "eval_steps": 3, "save_steps": 2, "logging_steps": 4, "seed": 1,
           "save_total_limit": 3, "device": "cpu", **changed}
    )  # fmt: skip


def run(folder, total, stops=(), task=None, **changed):
    """One session; stopped as by Ctrl-C after the steps in `stops`."""
    chosen = options(folder, **changed)
    with contextlib.closing(open(claim_folder(chosen))):
        session = trainer.Trainer(task or SmallTask(), chosen, total, chosen)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(trainer.InterruptFlag, "on_any_process", lambda self, step: step in stops)
            return session.run()


def left_behind(folder):
    """All that a run leaves, without times and speeds."""
    found = {}
    for file in sorted(folder.rglob("*.safetensors")):
        found[str(file.relative_to(folder))] = {name: array.tobytes() for name, array in read_arrays(file).items()}
    for file in sorted(folder.rglob("told.json")):
        found[str(file.relative_to(folder))] = file.read_text()
    progress = vars(read_trainer_state(folder / "state"))
    found["progress"] = {name: value for name, value in progress.items() if name not in ("seconds", "log_seconds")}
    events = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    found["journal"] = [
        {name: value for name, value in event.items() if name not in ("time", "rows_per_second")}
        for event in events if event["event"] in ("train", "evaluate")
    ]  # fmt: skip
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folders = {}
    for total, early in itertools.product((2 * STEPS, 2 * STEPS + 3), (0, 1, 2)):
        folders[total, early] = tmp_path_factory.mktemp("undisturbed") / "run"
        progress = run(folders[total, early], total, early_stopping=early)
        assert progress.finished and (progress.step < total) == bool(early)
    return folders


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([2 * STEPS, 2 * STEPS + 3]), st.sets(st.integers(1, 2 * STEPS + 3), max_size=4), st.sampled_from([0, 1, 2]))
def test_stopped_anywhere_and_resumed_a_run_leaves_the_same(undisturbed, total, stops, early):
    """In the middle, at the end of an epoch, in the last step, also of early stopping: weights, decision, figures, journal, kept
    checkpoints. A run was seen that was stopped in its last step, and then trained on with a negative rate."""
    folder = Path(tempfile.mkdtemp()) / "run"
    expected = left_behind(undisturbed[total, early])
    last = expected["progress"]["step"]
    try:
        for stop in sorted(stop for stop in stops if stop <= last):
            with pytest.raises(Interrupted, match=f"at step {stop} of {total}"):
                run(folder, total, {stop}, resume=True, early_stopping=early)
        progress = run(folder, total, resume=True, early_stopping=early)
        assert progress.step == last and progress.finished
        found = left_behind(folder)
        kept = {name for name in expected if not name.startswith("checkpoints/")}  # a stop saves, too
        assert all(found[name] == expected[name] for name in kept), [name for name in kept if found[name] != expected[name]]
        for name in expected.keys() & found.keys():
            assert found[name] == expected[name], name
        again = run(folder, total, resume=True, early_stopping=early)
        assert again.step == last and left_behind(folder) == found  # nothing is left to do
    finally:
        shutil.rmtree(folder.parent)


def test_the_loss_scale_of_float16_goes_on_as_well(tmp_path, monkeypatch):
    """On CPU by the code of the GPU: Paddle is told that there is one where it would turn the scaling off. Saving was a crash."""
    from paddle.amp import grad_scaler

    place = types.SimpleNamespace(is_gpu_place=lambda: True)
    monkeypatch.setattr(grad_scaler, "_dygraph_tracer", lambda: types.SimpleNamespace(_expected_place=place))
    half = {"amp": "O1", "amp_dtype": "float16", "device": "auto"}
    task = SmallTask()
    run(tmp_path / "whole", STEPS, task=task, **half)
    for stop in (2, 5):
        with pytest.raises(Interrupted):
            run(tmp_path / "run", STEPS, {stop}, resume=True, **half)
    run(tmp_path / "run", STEPS, resume=True, **half)
    scale = read_trainer_state(tmp_path / "run/state").loss_scale
    assert scale["scale"] == 65536 and scale["incr_count"] == STEPS
    found, expected = left_behind(tmp_path / "run"), left_behind(tmp_path / "whole")
    assert all(found[name] == expected[name] for name in expected if not name.startswith("checkpoints/"))


def test_the_curves_have_each_point_once(tmp_path):
    from visualdl import LogReader

    for stop in (3, 9):
        with pytest.raises(Interrupted):
            run(tmp_path / "run", 2 * STEPS, {stop}, resume=True)
    # Killed at step 8: what was logged behind the last save, of step 8, and half a record.
    log = sorted((tmp_path / "run/vdl").glob("*"))[-1]
    log.write_bytes(log.read_bytes() + b"\x40\0\0\0\0\0\0\0half")
    run(tmp_path / "run", 2 * STEPS, resume=True)
    points = {}
    for file in (tmp_path / "run/vdl").glob("*.log"):
        reader = LogReader(file_path=str(file))
        for tag in reader.get_tags()["scalar"]:
            points.setdefault(tag, []).extend(point.id for point in reader.get_data("scalar", tag))
    assert sorted(points["dev/figure"]) == [3, 6, 7, 9, 12, 14] and sorted(points["train/loss"]) == [1, 4, 8, 12]
    assert points["best/figure"] == [2 * STEPS]  # with the run's options, on the tab that compares runs


def test_the_options_of_a_run_are_where_visualdl_compares_runs(undisturbed):
    from visualdl.proto.record_pb2 import Record

    from app.train.visualdl_files import _records

    (log,) = (undisturbed[2 * STEPS, 0] / "vdl").glob("*.log")
    message = [value for record in _records(log) for value in Record.FromString(record).values if value.HasField("hparam")]
    names = {info.name for value in message for info in (*value.hparam.hparamInfos, *value.hparam.metricInfos)}
    assert len(message) == 1 and {"learning_rate", "batch_size", "best/figure"} <= names


@pytest.mark.parametrize("step", [0, 1, 5, STEPS])
def test_a_loss_that_is_not_finite_stops_training_and_spoils_nothing(tmp_path, step):
    with pytest.raises(UserError, match=rf"not finite \(nan or inf\) at step {step + 1}: .*--learning_rate"):
        run(tmp_path / "run", 2 * STEPS, task=SmallTask(poison=step))
    for file in (tmp_path / "run").rglob("*.safetensors"):
        assert all(np.isfinite(array).all() for array in read_arrays(file).values())
    if step >= 2:
        assert read_trainer_state(tmp_path / "run/state").step <= step
        assert run(tmp_path / "run", 2 * STEPS, resume=True).step == 2 * STEPS  # the data mended, it goes on


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    class BadGradient(SmallTask):
        def loss(self, model, batch):
            loss, sums = super().loss(model, batch)
            root = paddle.sqrt((model.weight * 0).sum())  # is 0, and its gradient is not finite
            return loss + root if batch["number"] == 3 else loss, sums

    with pytest.raises(UserError, match="not finite"):
        run(tmp_path / "run", 2 * STEPS, task=BadGradient(), save_steps=1)
    for file in (tmp_path / "run").rglob("*.safetensors"):
        assert all(np.isfinite(array).all() for array in read_arrays(file).values())


def test_with_resume_a_run_that_saved_nothing_yet_starts_again(tmp_path):
    """Killed between its first evaluation and its first save: there is best/, and no state/."""
    expected = run(tmp_path / "whole", STEPS, save_steps=100)
    run(tmp_path / "run", STEPS, save_steps=100)
    shutil.rmtree(tmp_path / "run/state")
    shutil.rmtree(tmp_path / "run/last")
    assert run(tmp_path / "run", STEPS, save_steps=100, resume=True).best_metric == expected.best_metric
    assert left_behind(tmp_path / "run") == left_behind(tmp_path / "whole")


@pytest.mark.parametrize("stride", [9, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("how", ["fresh", "overwrite"])
def test_killed_at_any_change_of_the_disk_the_same_line_leaves_the_same(how, stride):
    """A kept checkpoint was lost for ever where the kill came between `state/` and it."""
    script = [sys.executable, str(Path(__file__).with_name("killed_everywhere.py")), how, str(stride)]
    done = subprocess.run(script, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/tests"})
    assert done.returncode == 0, done.stderr
    message = json.loads(done.stdout.splitlines()[-1])
    assert message["changes"] > 100 and message["differences"] == []


@pytest.mark.parametrize("name, value", [
    ("step", "five"), ("step", -1), ("step", True), ("step", 2.0), ("step", 10**6), ("epoch", 1), ("step_in_epoch", 2), ("best_metric", "x"),
    ("best_metric", [1]), ("seconds", None), ("seconds", float("nan")), ("finished", 1), ("loss_scale", 3), ("sums", {"rows": "many"}),
    ("figures", []), ("best_metrics", {"figure": None}), ("task", "kept"), ("window", {}), ("evaluations_since_best", None),
])  # fmt: skip
def test_a_state_with_a_value_that_cannot_be_is_one_line(tmp_path, name, value):
    with pytest.raises(Interrupted):
        run(tmp_path / "run", STEPS, {3})
    file = tmp_path / "run/state/trainer_state.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), name: value}))
    with pytest.raises(UserError, match="state.*the run cannot be resumed, --overwrite starts again"):
        run(tmp_path / "run", STEPS, resume=True)


def test_a_finished_run_without_its_state_is_not_trained_again(tmp_path):
    run(tmp_path / "run", STEPS)
    write_json(tmp_path / "run/metrics.json", {})
    shutil.rmtree(tmp_path / "run/state")
    with pytest.raises(UserError, match="is finished, and its state/ is gone; --overwrite"):
        run(tmp_path / "run", STEPS, resume=True)
    assert (tmp_path / "run/best").is_dir()


def test_an_old_run_goes_when_the_new_one_has_something_to_put_there(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    run(folder, STEPS)
    before = left_behind(folder)
    with pytest.raises(UserError):  # before the first evaluation and save
        run(folder, STEPS, task=SmallTask(poison=0), overwrite=True)
    assert left_behind(folder) == before
    with pytest.raises(UserError, match="holds a run already"):
        run(folder, STEPS)
    assert run(folder, 2 * STEPS, overwrite=True, seed=2).finished
    found = left_behind(folder)
    assert found["last/told.json"] != before["last/told.json"] and found["journal"][0]["step"] == 1
    assert json.loads((folder / "options.json").read_text())["seed"] == 2


def test_a_run_of_an_earlier_version_is_resumed(tmp_path):
    """Its files have the old names of the state's values, and of the options."""
    run(tmp_path / "whole", 2 * STEPS, save_total_limit=2)
    with pytest.raises(Interrupted):
        run(tmp_path / "run", 2 * STEPS, {STEPS + 2}, save_total_limit=2)
    old_names = {new: old for old, new in OLD_NAMES.items()}
    state = json.loads((tmp_path / "run/state" / FILE).read_text())
    write_json(tmp_path / "run/state" / OLD_FILE, {old_names.get(name, name): value for name, value in state.items()})
    (tmp_path / "run/state" / FILE).unlink()
    chosen = json.loads((tmp_path / "run/options.json").read_text())
    chosen["keep_checkpoints"] = chosen.pop("save_total_limit")
    write_json(tmp_path / "run/options.json", chosen)
    run(tmp_path / "run", 2 * STEPS, resume=True, save_total_limit=2)
    expected, found = left_behind(tmp_path / "whole"), left_behind(tmp_path / "run")
    assert all(found[name] == expected[name] for name in expected if not name.startswith("checkpoints/"))
    assert not (tmp_path / "run/state" / OLD_FILE).exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"step": "five"}', '{"step": -1}', '{"steps": 3}', '{"finished": 1}'])
def test_a_damaged_state_is_one_line(tmp_path, damage):
    with pytest.raises(Interrupted):
        run(tmp_path / "run", STEPS, {3})
    (tmp_path / "run/state/trainer_state.json").write_text(damage)
    with pytest.raises(UserError, match="trainer_state.json: damaged .*--overwrite starts again"):
        run(tmp_path / "run", STEPS, resume=True)
    (tmp_path / "run/options.json").write_text(damage)
    with pytest.raises(UserError, match="options.json: damaged|keeps its options"):
        run(tmp_path / "run", STEPS, resume=True)


def test_paths_are_the_same_from_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Interrupted):
        run("run", STEPS, {3})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("../run", STEPS, resume=True).step == STEPS


@pytest.mark.parametrize("place", ["/proc/none", "/dev/null", "/dev/null/run", "x" * 300])
def test_a_folder_that_cannot_be_written_is_one_line(place):
    with pytest.raises(UserError, match="cannot be written to"):
        claim_folder(options(place))


def test_the_budget_decides_the_time_left(tmp_path, monkeypatch):
    message = []
    monkeypatch.setattr(TrainingLogger, "training", lambda self, step, place, metrics, seconds_left: message.append(seconds_left))
    run(tmp_path / "run", 10**6, budget="0.4s", logging_steps=1)
    assert message and max(message) <= 0.4


@pytest.mark.parametrize("seed", [0, 2**31, 2**32 + 1, 2**63, 2**64 + 7, 10**40])
def test_seeds_of_any_size(tmp_path, seed):
    assert run(tmp_path / "run", 2, seed=seed).step == 2
