"""The training loop: steps, evaluations, saves, interruption, resume. Every task's; a task says what a loss is.

for each epoch, for each step: set the learning rate -> gradients of the step's parts -> clip and update
then, where due: evaluate on dev and keep the best -> save what a resume needs
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
from app.train import parallel
from app.train.checkpoint import Progress, keep_newest, load_state, read_progress, save_state
from app.train.folder import cannot_go_on, clear_run, holds_run, write_options
from app.train.interrupt import InterruptFlag
from app.train.journal import Journal
from app.train.optimizer import build_optimizer, optimizer_arrays, restore_scaler, scaler_state
from app.train.schedule import linear_warmup_decay
from app.train.task import Batch, Task

LOSS_CHECK = 10  # steps between looking whether the loss is finite, on a GPU
DIVERGED = (
    "{what} not finite (nan or inf) at step {step}: training has diverged and stops; what was saved before is sound. "
    "Try a smaller --learning_rate, a longer --warmup_proportion or --max_grad_norm 1"
)


class Trainer:
    """One run of a task: `Trainer(task, options, total_steps).run()`. `asked`: the options before defaults were chosen."""

    def __init__(self, task: Task, options: TrainOptions, total_steps: int, asked: Optional[TrainOptions] = None):
        self.task, self.options, self.total_steps, self._asked = task, options, total_steps, asked or options
        self.folder = Path(options.output_dir)
        set_recompute(task.model, options.recompute)
        self.optimizer = build_optimizer(task.model, options)
        self.progress = Progress()
        self.owns_folder = False  # whether what is in the folder is this run's
        self.scaler = paddle.amp.GradScaler(enable=options.amp != "none" and options.amp_dtype == "float16")
        if options.resume:
            self._restore()
        self.model = parallel.wrap(task.model)
        self.journal = Journal(self.folder, total_steps, self.progress.step, active=runtime.rank() == 0)
        first = float(runtime.rank() == 0)  # who goes on with what all had summed up
        self._sums: Dict[str, Any] = {name: value * first for name, value in self.progress.sums.items()}
        self._loss: Any = 0.0  # of all steps that were not looked at, so that one that is not finite is not lost
        self._window = time.perf_counter() - self.progress.window

    def run(self) -> Progress:
        """Trains to the end. Raises Interrupted, after saving, where Ctrl-C or SIGTERM came in between, and UserError where the
        loss is not finite.
        """
        self._started = time.perf_counter() - self.progress.seconds
        if self.owns_folder or not holds_run(self.folder):
            self._take_folder()
        with InterruptFlag() as interrupted:
            try:
                while not self.progress.finished:
                    if not self._steps_done():
                        self._train_epoch(interrupted)
                    self._end_epoch()
            finally:
                self.journal.close()
        return self.progress

    def _train_epoch(self, interrupted: "InterruptFlag") -> None:
        """The steps that are left of this epoch, or of the run."""
        for batches in self.task.steps(self.progress.epoch, self.progress.step_in_epoch):
            self.step(batches)
            self.progress.seconds = time.perf_counter() - self._started
            if self._due(self.options.eval_steps):
                self._evaluate()
            if interrupted.on_any_process(self.progress.step):
                self._save()
                raise Interrupted(f"stopped and saved at step {self.progress.step} of {self.total_steps}")
            if self._due(self.options.save_steps):
                self._save()
            if self._steps_done():
                break

    def _steps_done(self) -> bool:
        """Whether no step is left: the one place that decides it, for a run that begins, goes on or ends."""
        progress, budget = self.progress, self.options.seconds
        spent = bool(budget) and parallel.of_first(progress.seconds) >= budget
        return progress.finished or progress.step >= self.total_steps or spent

    def _take_folder(self) -> None:
        """Makes the folder this run's: what an earlier one (--overwrite) left goes away, now that there is something new."""
        if not self.owns_folder and runtime.rank() == 0:
            clear_run(self.folder)
            write_options(self.folder, self._asked)
        self.owns_folder = True
        self.journal.open()

    # -- one step ------------------------------------------------------------------------------------------------------

    def step(self, batches: List[Batch]) -> None:
        """One optimizer step over its parts."""
        rate = self.options.learning_rate * linear_warmup_decay(
            self._place_in_schedule(), self.total_steps, self.options.warmup_proportion
        )
        self.optimizer.set_lr(rate)
        runtime.seed_step(self.options.seed, self.progress.step)
        self.task.model.train()
        for number, batch in enumerate(batches, 1):
            if number < len(batches) and self.model is not self.task.model:
                with self.model.no_sync():  # exchange gradients once a step, not once a part
                    self._backward(batch)
            else:
                self._backward(batch)
        # Before the weights change. On a GPU, looking would wait for the device, so it is done now and then.
        if paddle.get_device() == "cpu" or self.progress.step % LOSS_CHECK == 0:
            self._check_loss(self.progress.step + 1)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.clear_grad()
        self.progress.figures = {}
        self.progress.step += 1
        self.progress.step_in_epoch += 1
        self.journal.advance()
        if self.progress.step % self.options.logging_steps == 0 or self.progress.step == 1:
            self._log(rate)

    def _place_in_schedule(self) -> int:
        """The step, or how far the budget is spent where that is further: the rate reaches 0 with whichever ends first."""
        if not self.options.seconds:
            return self.progress.step
        spent = parallel.of_first(self.progress.seconds) / self.options.seconds
        return max(self.progress.step, min(self.total_steps - 1, int(spent * self.total_steps)))

    def _backward(self, batch: Batch) -> None:
        with paddle.amp.auto_cast(enable=self.options.amp != "none", level="O1", dtype=self.options.amp_dtype):
            loss, sums = self.task.loss(self.model, batch)
        self._loss = loss.detach().astype("float32") + self._loss
        self.scaler.scale(loss).backward()
        for name, value in sums.items():  # stays on the device until the log wants it: reading it would wait for the device
            self._sums[name] = self._sums[name] + value if name in self._sums else value

    def _check_loss(self, step: int) -> None:
        """Raises UserError, in all processes, where a loss since the last look was not finite."""
        loss, self._loss = float(self._loss), 0.0
        if parallel.any_process(not np.isfinite(loss)) and not self.scaler.is_enable():  # float16's scaler leaves such steps out
            raise UserError(DIVERGED.format(what="the loss is", step=step))

    def _check_sound(self) -> None:
        """Raises UserError, in all processes, where a loss or a weight is not finite: none is saved or measured."""
        self._check_loss(self.progress.step)
        if not all(bool(paddle.isfinite(parameter).all()) for parameter in self.task.model.parameters()):
            raise UserError(DIVERGED.format(what="weights are", step=self.progress.step))

    def _all_sums(self) -> Dict[str, float]:
        """The sums since the last log line, over all processes; there are none right after it."""
        if not self._sums:
            return {}
        totals = parallel.all_sum(np.array([float(value) for value in self._sums.values()]))
        return dict(zip(self._sums, totals.tolist()))

    def _log(self, rate: float) -> None:
        self._check_loss(self.progress.step)
        now = time.perf_counter()
        sums = self._all_sums()
        place = f"epoch {self.progress.epoch + 1}, batch {self.progress.step_in_epoch}/{self._steps_in_epoch}"
        figures = self.task.figures(sums, now - self._window)
        self.journal.training(self.progress.step, place, {"learning rate": rate, **figures}, self._seconds_left())
        self._sums, self._window = {}, now

    @property
    def _steps_in_epoch(self) -> int:
        return self.task.steps_in_epoch(self.progress.epoch)

    def _seconds_left(self) -> float:
        """Until the last step at the rate of this run so far, or until the budget is spent where that comes first."""
        spent, step = time.perf_counter() - self._started, self.progress.step
        left = spent / step * (self.total_steps - step)
        return min(left, max(0.0, self.options.seconds - spent)) if self.options.seconds else left

    # -- between steps -------------------------------------------------------------------------------------------------

    def _due(self, every: int) -> bool:
        """Whether something done every so many steps is due now (the end of an epoch or of the run has its own turn)."""
        inside = self.progress.step_in_epoch < self._steps_in_epoch and self.progress.step < self.total_steps
        return bool(every) and self.progress.step % every == 0 and inside

    def _end_epoch(self) -> None:
        if self.progress.step_in_epoch == self._steps_in_epoch:
            self.progress.epoch, self.progress.step_in_epoch = self.progress.epoch + 1, 0
        if not self.progress.finished:
            self._evaluate()
        self.progress.finished = self._steps_done()
        self.journal.weights(self.progress.step, self.task.model)
        if self.progress.finished:
            self.journal.options(self.progress.step, dataclasses.asdict(self.options), self.progress.best_figures)
        self._save()

    def _evaluate(self) -> None:
        began = time.perf_counter()
        self._check_sound()
        self.task.model.eval()
        figures = self.progress.figures = self.task.evaluate()
        score, progress = self.task.score(figures), self.progress
        better = progress.best_score is None or score > progress.best_score
        if better:
            progress.best_score, progress.best_step, progress.evaluations_since_best = score, progress.step, 0
            progress.best_figures = figures
            self._take_folder()
            if runtime.rank() == 0:
                self.task.save(self.folder / "best", figures, progress.step)
        else:
            progress.evaluations_since_best += 1
        self.journal.evaluation(progress.step, "dev", figures, " (best so far)" if better else "")
        if self.options.early_stopping and progress.evaluations_since_best >= self.options.early_stopping:
            progress.finished = True
            say(f"early stopping: {progress.evaluations_since_best} evaluations without a better result")
        self._window += time.perf_counter() - began  # the rate is of training alone

    # -- saving and going on -------------------------------------------------------------------------------------------

    def _save(self) -> None:
        began, progress, figures = time.perf_counter(), self.progress, self.progress.figures
        self._check_sound()
        progress.sums, progress.window, progress.task = self._all_sums(), began - self._window, self.task.state()
        self._take_folder()
        if runtime.rank() == 0:
            progress.loss_scale = scaler_state(self.scaler)
            if self.options.keep_checkpoints:
                kept = self.folder / "checkpoints"
                self.task.save(kept / f"step_{progress.step}", figures, progress.step)
                keep_newest(kept, self.options.keep_checkpoints)
            weights = self.task.save(self.folder / "last", figures, progress.step)
            optimizer = optimizer_arrays(self.task.model, self.optimizer)
            # The last one: what a kill before it has left undone is done again.
            save_state(self.folder / "state", self.task.model, optimizer, progress, weights)
            self.journal.event("save", step=progress.step)
        parallel.barrier()
        self._window += time.perf_counter() - began

    def _restore(self) -> None:
        progress = read_progress(self.folder / "state")
        if progress is None:
            return
        before = sum(map(self.task.steps_in_epoch, range(progress.epoch)))
        if progress.step != before + progress.step_in_epoch or progress.step > self.total_steps:
            raise cannot_go_on(self.folder / "state", f"its step {progress.step} is not in epoch {progress.epoch + 1}")
        self.progress, self.owns_folder = progress, True
        load_state(self.folder / "state", self.task.model, self.optimizer)
        try:
            if progress.task:
                self.task.load_state(progress.task)
            restore_scaler(self.scaler, progress.loss_scale)
        except (KeyError, TypeError, ValueError) as problem:
            raise cannot_go_on(self.folder / "state", problem) from problem


def set_recompute(model: paddle.nn.Layer, on: bool) -> None:
    """Whether the encoder's layers keep their activations for the gradients, or compute them again."""
    for layer in model.sublayers():
        if hasattr(layer, "enable_recompute"):  # how PaddleNLP's encoders call it
            layer.enable_recompute = on
