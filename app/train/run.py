"""One training run from the command line: its folder, its processes, its device, its messages. Shared by match and pretrain."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List

from app import runtime
from app.atomic import write_json
from app.errors import Interrupted, UserError
from app.options import TrainOptions
from app.progress import clock, say
from app.shell import curves, script
from app.train import distributed
from app.train.launcher import launch, launched_by_us, processes_wanted
from app.train.run_folder import claim_folder, forget_claim


@dataclass
class TrainingRun:
    """A command whose `--output_dir` is claimed."""

    command: str
    arguments: List[str]
    options: TrainOptions
    starts_processes: bool  # whether this process only starts those that train

    @property
    def prepares(self) -> bool:
        """Whether this process does the work that must be done once for all processes of this machine."""
        return not launched_by_us()

    def start_processes(self) -> int:
        """Runs the same command in `num_processes` processes. Returns the exit code."""
        log_dir = str(Path(self.options.output_dir) / "log")
        gpu = runtime.uses_gpu(self.options.device)
        return launch([self.command, *self.arguments], self.options.num_processes, log_dir, gpu)


@contextlib.contextmanager
def training_run(command: str, arguments: List[str], options: TrainOptions) -> Iterator[TrainingRun]:
    """Claims the run folder for the block, and sets `options.num_processes`.

    If the block raises UserError, a new folder is removed again. If it raises Interrupted, the command that resumes is added.
    """
    if options.amp != "none" and not runtime.uses_gpu(options.device):
        raise UserError(f"--amp {options.amp}: mixed precision is for GPU, and this run is on CPU; leave it out")
    processes = processes_wanted(options.num_processes, options.device)
    starts_processes = processes > 1 and not runtime.launched()
    options.num_processes = processes if starts_processes else runtime.world_size()
    folder = Path(options.output_dir)
    is_new, lock = not folder.exists(), None
    try:
        run = TrainingRun(command, arguments, options, starts_processes)
        if run.prepares:
            lock = claim_folder(options)
        yield run
    except UserError:
        if is_new:
            forget_claim(folder)
        raise
    except Interrupted as stop:
        again = [argument for argument in arguments if argument not in ("--resume", "--overwrite")]
        raise Interrupted(f"{stop}; continue with: {script(f'run_{command}.sh', *again, '--resume')}") from None
    finally:
        if lock is not None:
            os.close(lock)


def start_device(options: TrainOptions) -> str:
    """Loads Paddle, and sets device, processes and seeds, before anything is built. Returns a description for the log."""
    runtime.load_paddle()
    from app.train.cpu_ops import use_fast_cpu_ops

    device = runtime.choose_device(options.device)
    if device == "cpu":
        use_fast_cpu_ops()
    distributed.start(device)
    runtime.set_seed(options.seed)  # before the model is built: its classifier is random
    each = f"cpu, {os.environ['OMP_NUM_THREADS']} thread(s)" if device == "cpu" else device
    return f"{runtime.world_size()} processes, {each} each" if runtime.world_size() > 1 else each


def train_task(
    task, options: TrainOptions, user_options: TrainOptions, total_steps: int, examples: str, **start_event: Any
) -> None:
    """Trains the task, and prints how training starts and ends. `examples`: their name for the log, "pairs" or "sequences".

    `user_options`: the options before the default learning rate was filled in. `start_event`: more values for the start event in
    `journal.jsonl`.
    """
    from app.train.trainer import Trainer

    trainer = Trainer(task, options, total_steps, user_options)
    step = trainer.state.step
    say(
        f"training: {total_steps:,} steps of {task.global_batch_size} {examples}, "
        f"peak learning rate {options.learning_rate:.1e}, {f'resuming at step {step:,}' if step else 'from the start'}"
    )
    trainer.logger.event("start", step=step, options=dataclasses.asdict(options), **start_event)
    state = trainer.run()
    say(f"trained {state.step:,} steps in {clock(state.seconds)}; best on dev at step {state.best_step:,}")


def write_results(options: TrainOptions, metrics: Dict[str, Any]) -> Path:
    """Writes the metrics of the best checkpoint, and prints where everything is. Returns the checkpoint's folder."""
    folder = Path(options.output_dir)
    if runtime.rank() == 0:
        write_json(folder / "metrics.json", metrics)
    say()
    say(f"checkpoint:    {folder / 'best'}   metrics: {folder}/metrics.json")
    say(f"curves:        {curves(folder / 'vdl')}")
    return folder / "best"
