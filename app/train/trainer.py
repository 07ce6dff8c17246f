"""The trainer: steps, evaluations, saves, interruption, resume. It is the same for all tasks; a task defines the loss.

for each epoch, for each step: set the learning rate -> gradients of the micro-batches -> clip and update
then, if due: evaluate on dev and keep the best checkpoint -> save what a resume needs
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np
import paddle

from app import runtime
from app.errors import Interrupted, UserError
from app.options import TrainOptions
from app.progress import say
from app.train import distributed
from app.train.interrupt import InterruptFlag
from app.train.logger import TrainingLogger
from app.train.lr_schedule import linear_warmup_decay
from app.train.optimizer import build_optimizer, optimizer_arrays, restore_scaler, scaler_state
from app.train.run_folder import cannot_resume, clear_run, holds_run, write_options
from app.train.task import Batch, Task
from app.train.trainer_state import TrainerState, keep_newest_checkpoints, load_state, read_trainer_state, save_state

LOSS_CHECK_STEPS = 10  # on a GPU, the loss is checked every 10 steps
DIVERGED = (
    "{what} not finite (nan or inf) at step {step}: training has diverged and stops; what was saved before is valid. "
    "Try a smaller --learning_rate, a longer --warmup_proportion or --max_grad_norm 1"
)


class Trainer:
    """One run of a task: `Trainer(task, options, total_steps).run()`.

    `user_options`: the options before the default learning rate was filled in; a resumed run must have the same.
    """

    def __init__(self, task: Task, options: TrainOptions, total_steps: int, user_options: Optional[TrainOptions] = None):
        self.task, self.options, self.total_steps = task, options, total_steps
        self._user_options = user_options or options
        self.folder = Path(options.output_dir)
        set_recompute(task.model, options.recompute)
        self.optimizer = build_optimizer(task.model, options)
        self.state = TrainerState()
        self.owns_folder = False  # whether the contents of the folder belong to this run
        self.scaler = paddle.amp.GradScaler(enable=options.amp != "none" and options.amp_dtype == "float16")
        if options.resume:
            self._restore()
        self.model = distributed.wrap(task.model)
        self.logger = TrainingLogger(self.folder, total_steps, self.state.step, active=runtime.rank() == 0)
        first = float(runtime.rank() == 0)  # the restored sums are those of all processes: only one may continue with them
        self._sums: Dict[str, Any] = {name: value * first for name, value in self.state.sums.items()}
        self._unchecked_loss: Any = 0.0  # sum of the losses since the last check, so that none that is not finite is missed
        self._log_began = time.perf_counter() - self.state.log_seconds
        self._began = time.perf_counter() - self.state.seconds

    def run(self) -> TrainerState:
        """Trains to the end.

        Raises Interrupted, after saving, on Ctrl-C or SIGTERM; UserError if the loss is not finite.
        """
        if self.owns_folder or not holds_run(self.folder):
            self._take_folder()
        with InterruptFlag() as interrupted:
            try:
                while not self.state.finished:
                    if not self._is_over():
                        self._train_epoch(interrupted)
                    self._end_epoch()
            finally:
                self.logger.close()
        return self.state

    def _train_epoch(self, interrupted: InterruptFlag) -> None:
        """The remaining steps of this epoch, or of the run."""
        for micro_batches in self.task.steps(self.state.epoch, self.state.step_in_epoch):
            self.step(micro_batches)
            self.state.seconds = time.perf_counter() - self._began
            if self._is_due(self.options.eval_steps):
                self._evaluate()
            if interrupted.on_any_process(self.state.step):
                self._save()
                raise Interrupted(f"stopped and saved at step {self.state.step} of {self.total_steps}")
            if self._is_due(self.options.save_steps):
                self._save()
            if self._is_over():
                break

    def _is_over(self) -> bool:
        """Whether no step is left, by the number of steps, by --budget or by early stopping."""
        state, budget = self.state, self.options.seconds
        budget_spent = bool(budget) and distributed.of_first(state.seconds) >= budget
        return state.finished or state.step >= self.total_steps or budget_spent

    def _take_folder(self) -> None:
        """Removes the earlier run in the folder (--overwrite), now that this run has something to write."""
        if not self.owns_folder and runtime.rank() == 0:
            clear_run(self.folder)
            write_options(self.folder, self._user_options)
        self.owns_folder = True
        self.logger.open()

    # -- one step ------------------------------------------------------------------------------------------------------

    def step(self, micro_batches: List[Batch]) -> None:
        """One optimizer step."""
        learning_rate = self.options.learning_rate * linear_warmup_decay(
            self._schedule_step(), self.total_steps, self.options.warmup_proportion
        )
        self.optimizer.set_lr(learning_rate)
        runtime.seed_step(self.options.seed, self.state.step)
        self.task.model.train()
        for number, batch in enumerate(micro_batches, 1):
            if number < len(micro_batches) and self.model is not self.task.model:
                with self.model.no_sync():  # exchange gradients once per step, not once per micro-batch
                    self._backward(batch)
            else:
                self._backward(batch)
        # Check the loss before the weights change. On a GPU the check waits for the device, so it is done once in some steps.
        if paddle.get_device() == "cpu" or self.state.step % LOSS_CHECK_STEPS == 0:
            self._check_loss(self.state.step + 1)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.clear_grad()
        self.state.metrics = {}
        self.state.step += 1
        self.state.step_in_epoch += 1
        self.logger.advance()
        if self.state.step % self.options.logging_steps == 0 or self.state.step == 1:
            self._log(learning_rate)

    def _schedule_step(self) -> int:
        """The step for the learning rate. With --budget, the share of time that is spent counts if it is larger: the rate
        reaches 0 with whichever ends first.
        """
        if not self.options.seconds:
            return self.state.step
        spent = distributed.of_first(self.state.seconds) / self.options.seconds
        return max(self.state.step, min(self.total_steps - 1, int(spent * self.total_steps)))

    def _backward(self, batch: Batch) -> None:
        with paddle.amp.auto_cast(enable=self.options.amp != "none", level="O1", dtype=self.options.amp_dtype):
            loss, sums = self.task.loss(self.model, batch)
        self._unchecked_loss = loss.detach().astype("float32") + self._unchecked_loss
        self.scaler.scale(loss).backward()
        for name, value in sums.items():  # tensors stay on the device until they are logged: reading them would wait for it
            self._sums[name] = self._sums[name] + value if name in self._sums else value

    def _check_loss(self, step: int) -> None:
        """Raises UserError, in all processes, if a loss since the last check was not finite."""
        loss, self._unchecked_loss = float(self._unchecked_loss), 0.0
        if distributed.any_process(not np.isfinite(loss)) and not self.scaler.is_enable():  # float16's scaler skips such steps
            raise UserError(DIVERGED.format(what="the loss is", step=step))

    def _check_finite(self) -> None:
        """Raises UserError, in all processes, if the loss or a weight is not finite. Such weights are never saved."""
        self._check_loss(self.state.step)
        if not all(bool(paddle.isfinite(parameter).all()) for parameter in self.task.model.parameters()):
            raise UserError(DIVERGED.format(what="weights are", step=self.state.step))

    def _total_sums(self) -> Dict[str, float]:
        """The sums since the last log line, over all processes; empty directly after it."""
        if not self._sums:
            return {}
        totals = distributed.all_sum(np.array([float(value) for value in self._sums.values()]))
        return dict(zip(self._sums, totals.tolist()))

    def _log(self, learning_rate: float) -> None:
        self._check_loss(self.state.step)
        now = time.perf_counter()
        sums = self._total_sums()
        position = f"epoch {self.state.epoch + 1}, batch {self.state.step_in_epoch}/{self._steps_in_epoch}"
        metrics = {"learning rate": learning_rate, **self.task.training_metrics(sums, now - self._log_began)}
        self.logger.training(self.state.step, position, metrics, self._seconds_left())
        self._sums, self._log_began = {}, now

    @property
    def _steps_in_epoch(self) -> int:
        return self.task.steps_in_epoch(self.state.epoch)

    def _seconds_left(self) -> float:
        """Until the last step at the speed of this run so far, or until the budget is spent if that comes first."""
        spent, step = time.perf_counter() - self._began, self.state.step
        left = spent / step * (self.total_steps - step)
        return min(left, max(0.0, self.options.seconds - spent)) if self.options.seconds else left

    # -- between steps -------------------------------------------------------------------------------------------------

    def _is_due(self, interval: int) -> bool:
        """Whether something that is done every `interval` steps is due. The last step of an epoch is left to `_end_epoch`."""
        inside = self.state.step_in_epoch < self._steps_in_epoch and self.state.step < self.total_steps
        return bool(interval) and self.state.step % interval == 0 and inside

    def _end_epoch(self) -> None:
        if self.state.step_in_epoch == self._steps_in_epoch:
            self.state.epoch, self.state.step_in_epoch = self.state.epoch + 1, 0
        if not self.state.finished:
            self._evaluate()
        self.state.finished = self._is_over()
        self.logger.weights(self.state.step, self.task.model)
        if self.state.finished:
            self.logger.options(self.state.step, dataclasses.asdict(self.options), self.state.best_metrics)
        self._save()

    def _evaluate(self) -> None:
        began = time.perf_counter()
        self._check_finite()
        self.task.model.eval()
        metrics = self.state.metrics = self.task.evaluate()
        metric, state = self.task.metric_for_best_model(metrics), self.state
        is_best = state.best_metric is None or metric > state.best_metric
        if is_best:
            state.best_metric, state.best_step, state.evaluations_since_best = metric, state.step, 0
            state.best_metrics = metrics
            self._take_folder()
            if runtime.rank() == 0:
                self.task.save(self.folder / "best", metrics, state.step)
        else:
            state.evaluations_since_best += 1
        self.logger.evaluation(state.step, "dev", metrics, " (best so far)" if is_best else "")
        if self.options.early_stopping and state.evaluations_since_best >= self.options.early_stopping:
            state.finished = True
            say(f"early stopping: {state.evaluations_since_best} evaluations without a better result")
        self._log_began += time.perf_counter() - began  # the logged speed is that of training only

    # -- saving and resuming -------------------------------------------------------------------------------------------

    def _save(self) -> None:
        began, state = time.perf_counter(), self.state
        self._check_finite()
        state.sums, state.log_seconds, state.task = self._total_sums(), began - self._log_began, self.task.state()
        self._take_folder()
        if runtime.rank() == 0:
            state.loss_scale = scaler_state(self.scaler)
            if self.options.save_total_limit:
                checkpoints = self.folder / "checkpoints"
                self.task.save(checkpoints / f"step_{state.step}", state.metrics, state.step)
                keep_newest_checkpoints(checkpoints, self.options.save_total_limit)
            weights = self.task.save(self.folder / "last", state.metrics, state.step)
            optimizer = optimizer_arrays(self.task.model, self.optimizer)
            # Last, so that a kill before it only means that this save is done again.
            save_state(self.folder / "state", self.task.model, optimizer, state, weights)
            self.logger.event("save", step=state.step)
        distributed.barrier()
        self._log_began += time.perf_counter() - began

    def _restore(self) -> None:
        state = read_trainer_state(self.folder / "state")
        if state is None:
            return
        before = sum(map(self.task.steps_in_epoch, range(state.epoch)))
        if state.step != before + state.step_in_epoch or state.step > self.total_steps:
            raise cannot_resume(self.folder / "state", f"its step {state.step} is not in epoch {state.epoch + 1}")
        self.state, self.owns_folder = state, True
        load_state(self.folder / "state", self.task.model, self.optimizer)
        try:
            if state.task:
                self.task.load_state(state.task)
            restore_scaler(self.scaler, state.loss_scale)
        except (KeyError, TypeError, ValueError) as problem:
            raise cannot_resume(self.folder / "state", problem) from problem


def set_recompute(model: paddle.nn.Layer, enabled: bool) -> None:
    """Whether the encoder's layers compute their activations again for the gradients, instead of keeping them."""
    for layer in model.sublayers():
        if hasattr(layer, "enable_recompute"):  # the attribute of PaddleNLP's encoders
            layer.enable_recompute = enabled
