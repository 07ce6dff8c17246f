"""One training run from the command line: its folder, its processes, how it says to go on. Shared by match and pretrain."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Callable, Dict, List

from app import runtime
from app.atomic import write_json
from app.errors import Interrupted, UserError
from app.options import TrainOptions
from app.progress import clock, say
from app.shell import curves, script
from app.train import parallel
from app.train.folder import claim_folder, forget_claim


def run_training(
    command: str, arguments: List[str], options: TrainOptions, prepare: Callable[[], None], train: Callable[[], None]
) -> int:
    """Runs `train` in as many processes as the options ask for; returns the exit code.

    `prepare` is called once before, without Paddle: what every process of this machine would otherwise do for itself.
    """
    if options.amp != "none" and not runtime.uses_gpu(options.device):
        raise UserError(f"--amp {options.amp}: mixed precision is for GPU, and this run is on CPU; leave it out")
    processes = parallel.processes_wanted(options.num_processes, options.device)
    several = processes > 1 and not runtime.launched()
    options.num_processes = processes if several else runtime.world_size()
    new = not Path(options.output_dir).exists()
    try:
        if not parallel.launched_by_us():
            claim_folder(options)
            prepare()
        if several:
            log_dir = str(Path(options.output_dir) / "log")
            return parallel.launch([command, *arguments], processes, log_dir, runtime.uses_gpu(options.device))
        runtime.load_paddle()
        train()
        return 0
    except UserError:
        if new:
            forget_claim(Path(options.output_dir))
        raise
    except Interrupted as stop:
        again = [argument for argument in arguments if argument not in ("--resume", "--overwrite")]
        raise Interrupted(f"{stop}; go on with: {script(f'run_{command}.sh', *again, '--resume')}") from None


def train_task(task, options: TrainOptions, asked: TrainOptions, total_steps: int, rows: str, **beginning) -> None:
    """Trains the task, saying in plain words what begins and how it ended. `rows`: what its rows are called.

    `asked` are the options before defaults were chosen; `beginning` goes into the journal beside the options.
    """
    from app.train.loop import Trainer

    trainer = Trainer(task, options, total_steps, asked)
    step = trainer.progress.step
    say(
        f"training: {total_steps:,} steps of {task.rows_a_step} {rows}, peak learning rate {options.learning_rate:.2g}, "
        + (f"going on from step {step:,}" if step else "from the start")
    )
    trainer.journal.event("start", step=step, options=dataclasses.asdict(options), **beginning)
    progress = trainer.run()
    say(f"trained {progress.step:,} steps in {clock(progress.seconds)}; best on dev at step {progress.best_step:,}")


def write_results(options: TrainOptions, results: Dict[str, Any]) -> Path:
    """Writes the figures of the best checkpoint and says where everything is; returns the checkpoint's folder."""
    folder = Path(options.output_dir)
    if runtime.rank() == 0:
        write_json(folder / "metrics.json", results)
    say()
    say(f"checkpoint: {folder / 'best'}   figures: {folder}/metrics.json")
    say(f"curves:        {curves(folder / 'vdl')}")
    return folder / "best"


def start_device(options: TrainOptions) -> str:
    """Device, processes and seeds, before anything is built; returns what to call the machine in the log."""
    import os

    from app.train.cpu_kernels import use_fast_kernels

    device = runtime.choose_device(options.device)
    if device == "cpu":
        use_fast_kernels()
    parallel.start(device)
    runtime.seed_everything(options.seed)  # before the model is built: its head is random
    each = f"cpu, {os.environ['OMP_NUM_THREADS']} thread(s)" if device == "cpu" else device
    return f"{runtime.world_size()} processes, {each} each" if runtime.world_size() > 1 else each
