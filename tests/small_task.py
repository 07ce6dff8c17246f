"""A task with one small layer for tests of the trainer: its runs take milliseconds. And the files that a run leaves."""

import contextlib
import json

import numpy as np
import paddle
import pytest

from app import runtime
from app.atomic import atomic_folder, write_json
from app.options import TrainOptions
from app.tensors import model_arrays, read_arrays, write_arrays
from app.train import trainer
from app.train.run_folder import claim_folder
from app.train.trainer_state import read_trainer_state

STEPS = 7  # per epoch


class SmallTask:
    """Regression by one layer. Its metric goes up and down, and each evaluation changes the task's own state.

    nan_batch: the number of the batch whose loss is nan; -1: none.
    """

    def __init__(self, nan_batch=-1):
        runtime.set_seed(3)
        self.model, self.evaluations, self.nan_batch = paddle.nn.Linear(3, 1), 0, nan_batch

    def steps_in_epoch(self, epoch):
        return STEPS

    def steps(self, epoch, skip):
        for number in range(skip, STEPS):
            random = np.random.default_rng([epoch, number])
            yield [{"x": random.normal(size=(4, 3)).astype("float32"), "number": epoch * STEPS + number}]

    def loss(self, model, batch):
        x = paddle.to_tensor(batch["x"])
        loss = (paddle.nn.functional.dropout(model(x), 0.3) - x.sum(axis=1, keepdim=True)).square().mean()
        if batch["number"] == self.nan_batch:
            loss = loss * float("nan")
        return loss, {"rows": 4, "loss": loss.detach() * 4}

    def training_metrics(self, sums, seconds):
        return {"loss": sums["loss"] / sums["rows"], "rows/s": sums["rows"] / seconds}

    def evaluate(self):
        self.evaluations += 1
        return {"metric": float(np.sin(float(self.model.weight.sum()) * 40)), "evaluations": float(self.evaluations)}

    def metric_for_best_model(self, metrics):
        return metrics["metric"]

    def state(self):
        return {"evaluations": self.evaluations}

    def load_state(self, state):
        self.evaluations = state["evaluations"]

    def save(self, folder, metrics, step):
        with atomic_folder(folder) as temporary:
            write_arrays(temporary / "model.safetensors", model_arrays(self.model))
            write_json(temporary / "metadata.json", {"metrics": metrics, "step": step, "evaluations": self.evaluations})
        return folder / "model.safetensors"


def options(folder, **changed):
    """Options of a run in this folder: frequent evaluations and saves."""
    return TrainOptions(
        **{"output_dir": str(folder), "learning_rate": 0.05, "eval_steps": 3, "save_steps": 2, "logging_steps": 4, "seed": 1,
           "save_total_limit": 3, "device": "cpu", **changed}
    )  # fmt: skip


def run(folder, total, stops=(), task=None, **changed):
    """Trains up to step `total`, or is interrupted as by Ctrl-C after a step of `stops`. Returns the trainer state."""
    run_options = options(folder, **changed)
    with contextlib.closing(open(claim_folder(run_options))):
        session = trainer.Trainer(task or SmallTask(), run_options, total, run_options)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(trainer.InterruptFlag, "on_any_process", lambda self, step: step in stops)
            return session.run()


def files_of_run(folder):
    """Everything that a run leaves on disk, by file, without times and speeds."""
    found = {}
    for file in sorted(folder.rglob("*.safetensors")):
        found[str(file.relative_to(folder))] = {name: array.tobytes() for name, array in read_arrays(file).items()}
    for file in sorted(folder.rglob("metadata.json")):
        found[str(file.relative_to(folder))] = file.read_text()
    state = vars(read_trainer_state(folder / "state"))
    found["state"] = {name: value for name, value in state.items() if name not in ("seconds", "log_seconds")}
    events = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    found["journal"] = [
        {name: value for name, value in event.items() if name not in ("time", "rows_per_second")}
        for event in events if event["event"] in ("train", "evaluate")
    ]  # fmt: skip
    return found
