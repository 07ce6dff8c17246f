"""Complete training runs in real processes: kills, interruptions, a full disk, several processes."""

import functools
import json
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from conftest import ROOT, refused, run_app
from runs import hashes, journal, start, wait_for_step

from app.tensors import read_arrays


@pytest.fixture(scope="module")
def flags(small_flags):
    return [*small_flags, "--eval_steps", "5", "--logging_steps", "1"]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, flags):
    folder = tmp_path_factory.mktemp("runs") / "uninterrupted"
    process = start("match", flags, folder)
    output, errors = process.communicate()
    assert process.returncode == 0 and errors == "", output + errors
    return folder


def test_killed_at_several_points_and_resumed_the_weights_are_bit_identical(uninterrupted, flags, tmp_path):
    folder = tmp_path / "killed"
    for step in (1, 14, 38):
        process = start("match", flags, folder, "--resume")
        wait_for_step(process, folder, step)
        process.send_signal(signal.SIGKILL)
        process.wait()
    process = start("match", flags, folder, "--resume")
    output, _ = process.communicate()
    assert process.returncode == 0 and hashes(folder) == hashes(uninterrupted), output
    steps = [event["step"] for event in journal(folder) if event["event"] == "train"]
    assert steps == sorted(set(steps)) == list(range(1, 40))  # each step is logged once, however often it was started


def test_ctrl_c_saves_and_says_how_to_resume(uninterrupted, flags, tmp_path):
    folder = tmp_path / "interrupted"
    process = start("match", flags, folder)
    wait_for_step(process, folder, 9)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130 and errors.count("\n") == 1
    assert "stopped and saved at step" in errors and errors.rstrip().endswith("--resume")
    process = start("match", flags, folder, "--resume")
    process.communicate()
    assert process.returncode == 0 and hashes(folder) == hashes(uninterrupted)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_stopping_two_processes_saves_and_only_one_run_writes_at_a_time(flags, tmp_path, number):
    folder = tmp_path / "two"
    two_processes = ["--num_processes", "2", "--epochs", "30"]
    process = start("match", flags, folder, *two_processes)
    wait_for_step(process, folder, 12)
    second = start("match", flags, folder, *two_processes, "--resume")
    assert second.wait() == 2 and "another run is using" in second.communicate()[1]
    os.killpg(process.pid, number)  # as a terminal does
    output, errors = process.communicate()
    assert process.returncode == 130, output + errors
    assert "stopped and saved at step" in output + errors and "Traceback" not in output + errors
    assert json.loads((folder / "state/trainer_state.json").read_text())["step"] >= 12


def test_a_finished_run_is_not_overwritten_by_accident(uninterrupted, flags, tmp_path):
    before = hashes(uninterrupted)
    error = refused("match", *flags, "--output_dir", str(uninterrupted))
    assert "--resume" in error and "--overwrite" in error and hashes(uninterrupted) == before


def test_a_resumed_run_keeps_its_options_and_its_data(uninterrupted, flags, small_data):
    resumed = ["match", *flags, "--output_dir", str(uninterrupted), "--resume"]
    assert "--weight_decay 0.5" in refused(*resumed, "--weight_decay", "0.5")
    original = (small_data / "train.tsv").read_text(encoding="utf-8")
    try:
        (small_data / "train.tsv").write_text(original.replace("0\n", "1\n", 1), encoding="utf-8")
        assert "train.tsv has changed" in refused(*resumed)
    finally:
        (small_data / "train.tsv").write_text(original, encoding="utf-8")


def test_a_full_disk_leaves_the_previous_checkpoint_complete(flags, tmp_path):
    """A limit on the size of files makes a write fail half-way, as a full disk does."""
    folder = tmp_path / "full"
    process = start("match", flags, folder, "--max_steps", "8")
    process.communicate()
    before = hashes(folder)
    weights = (folder / "state" / "model.safetensors").stat().st_size

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (weights // 2, weights // 2))

    failed = subprocess.run(
        [sys.executable, "-c", FULL_DISK.format(folder=str(folder), root=str(ROOT))],
        capture_output=True, text=True, preexec_fn=limit, cwd=ROOT,
    )  # fmt: skip
    assert "OSError" in failed.stdout and hashes(folder) == before, failed.stdout + failed.stderr
    assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]


FULL_DISK = """
from app import runtime; runtime.load_paddle()
from pathlib import Path
from app.match.checkpoint import load_matcher, save_matcher
folder = Path({folder!r}) / "best"
model, tokenizer, matcher_config = load_matcher(folder)
try:
    save_matcher(folder, model, tokenizer, matcher_config)
except OSError as problem:
    print("OSError", problem.errno)
"""


def _rounding_after_adam(terms, steps):
    """How far rounding may move a weight on average, as a share of the sum of all learning rates.

    A gradient is a float32 sum of `terms` values (the tokens of a step), so its error is d = sqrt(terms) * 2^-24 of a typical
    gradient. Adam divides by the size of the gradient: the update of a weight whose gradient is x times the typical one changes by
    d / x, and by a full step if x < d. The mean over x from 0 to 1 is d * (1 + ln(1 / d)). Steps add up as a random walk.
    """
    uncertain = np.sqrt(terms) * 2.0**-24
    return uncertain * (1 + np.log(1 / uncertain)) * np.sqrt(steps)


def test_processes_and_micro_batches_of_one_global_batch_size_give_the_same_weights(flags, tmp_path):
    def run(name, *batch_flags):
        done = run_app("match", *flags, "--dropout", "0", "--epochs", "1", "--output_dir", str(tmp_path / name), *batch_flags)
        assert done.returncode == 0, done.stdout + done.stderr
        return tmp_path / name

    one = run("one", "--batch_size", "16")
    two = run("two", "--batch_size", "8", "--num_processes", "2")
    accumulated = run("accumulated", "--batch_size", "4", "--gradient_accumulation_steps", "4")
    expected = read_arrays(one / "last" / "model.safetensors")
    moved = sum(event["learning_rate"] for event in journal(one) if event["event"] == "train")  # the most that Adam can move a weight
    rounding = _rounding_after_adam(terms=16 * 33, steps=13)
    for other in (two, accumulated):
        found = read_arrays(other / "last" / "model.safetensors")
        for name in expected:
            difference = np.abs(found[name] - expected[name]) / moved
            # Softmax cancels the key bias: its gradient is only rounding errors, and so are its updates by Adam.
            assert difference.max() < 1 if name.endswith("k_proj.bias") else difference.mean() < rounding, name

        def losses(folder, event_name):
            return [(event["step"], event["loss"]) for event in journal(folder) if event["event"] == event_name]

        for name in ("train", "evaluate"):  # each process scores a share of the dev set; the log has means over all processes
            assert np.allclose(losses(one, name), losses(other, name), atol=1e-5) and losses(one, name)


def test_the_learning_rate_ends_at_zero_and_the_best_checkpoint_is_kept(uninterrupted):
    """A reference script ends at 55 % of its peak rate, and keeps the last weights instead of the best on dev."""
    events = journal(uninterrupted)
    rates = [event["learning_rate"] for event in events if event["event"] == "train"]
    assert len(rates) == 39 and max(rates) == pytest.approx(5e-4) and rates[-1] < 0.05 * max(rates)
    dev = {event["step"]: event["accuracy"] for event in events if event["event"] == "evaluate"}
    best = json.loads((uninterrupted / "best" / "matcher.json").read_text())
    assert dev[best["step"]] == max(dev.values()) == best["dev"]["accuracy"] and 39 in dev
    assert json.loads((uninterrupted / "last" / "matcher.json").read_text())["step"] == 39


def test_early_stopping(flags, tmp_path):
    done = run_app("match", *flags, "--early_stopping", "2", "--learning_rate", "1e-9", "--output_dir", str(tmp_path / "early"))
    assert done.returncode == 0 and "early stopping" in done.stdout
    steps = [event["step"] for event in journal(tmp_path / "early") if event["event"] == "evaluate"]
    assert len(steps) <= 5 and max(steps) < 39


def test_visualdl_reads_the_curves(uninterrupted):
    from visualdl import LogReader

    (log,) = (uninterrupted / "vdl").glob("*.log")
    tags = LogReader(file_path=str(log)).get_tags()
    assert {"train/loss", "train/accuracy", "train/learning_rate", "train/pairs_per_second", "dev/accuracy"} <= set(tags["scalar"])
    assert any("classifier" in name for name in tags["histogram"])


def _training_processes(process):
    """The process ids of the launcher and of the training processes; call it when training has started."""
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def _alive(pids):
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def _check_ended(pids):
    """The system ends a process whose parent is gone, but with a delay."""
    for _ in range(100):
        if not _alive(pids):
            return
        time.sleep(0.1)
    assert not _alive(pids)


def test_a_killed_process_is_one_error_line_and_a_killed_parent_leaves_no_orphans(flags, tmp_path):
    """Regression: three orphans continued to train, in the folder of the run that had been started again."""
    folder, two_processes = tmp_path / "two", ["--num_processes", "2", "--epochs", "30"]
    process = start("match", flags, folder, *two_processes)
    wait_for_step(process, folder, 12)
    pids = _training_processes(process)
    os.kill(max(pids), signal.SIGKILL)  # the process that was started last
    output, errors = process.communicate()
    assert process.returncode == 2 and errors.count("\n") == 1, output + errors
    assert "process 1 of 2 was ended by SIGKILL" in errors and "--resume continues" in errors and "Traceback" not in output
    assert not _alive(pids)
    launcher = start("match", flags, folder, *two_processes, "--resume")
    wait_for_step(launcher, folder, json.loads((folder / "state/trainer_state.json").read_text())["step"] + 5)
    assert any(event["event"] == "start" and event["step"] > 0 for event in journal(folder))
    pids = _training_processes(launcher)
    os.kill(min(pids), signal.SIGKILL)
    output, errors = launcher.communicate()
    assert launcher.returncode == 2 and errors.count("\n") == 1, output + errors
    assert "the launcher of 2 processes was ended by SIGKILL" in errors and "--resume continues" in errors
    _check_ended(pids)
    again = start("match", flags, folder, *two_processes, "--resume")
    wait_for_step(again, folder, json.loads((folder / "state/trainer_state.json").read_text())["step"] + 5)
    pids = _training_processes(again)
    again.kill()
    again.wait()
    assert len(pids) == 3
    _check_ended(pids)


def test_a_run_that_a_full_disk_ended_is_resumed(uninterrupted, flags, tmp_path):
    """A limit on the size of files makes a write fail as a full disk does. The command is the same each time, as in a job script."""
    folder = tmp_path / "full"
    weights = (uninterrupted / "state/model.safetensors").stat().st_size
    for size in (weights // 2, weights + 1000):  # fails at the weights, then at the optimizer's moments
        limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
        full = run_app("match", *flags, "--resume", "--output_dir", str(folder), preexec_fn=limit)
        assert full.returncode == 2 and full.stderr.count("\n") == 1 and "Free some space" in full.stderr, full.stderr
    done = run_app("match", *flags, "--resume", "--output_dir", str(folder))
    assert done.returncode == 0 and hashes(folder) == hashes(uninterrupted), done.stdout + done.stderr
    for name in ("last/matcher.json", "best/matcher.json"):
        assert (folder / name).read_text() == (uninterrupted / name).read_text()


def test_a_refused_command_leaves_no_folder(flags, tmp_path):
    (tmp_path / "bad.tsv").write_text("甲\t乙\n", encoding="utf-8")
    for wrong in (["--train_set", str(tmp_path / "bad.tsv")], ["--model_name_or_path", "./nowhere"]):
        refused("match", *flags, *wrong, "--output_dir", str(tmp_path / "new"))
        assert not (tmp_path / "new").exists()
    (tmp_path / "new").mkdir()
    refused("match", *flags, "--train_set", str(tmp_path / "bad.tsv"), "--output_dir", str(tmp_path / "new"))
    assert (tmp_path / "new").is_dir()


def test_a_refused_command_keeps_the_old_run_and_a_new_run_may_start_from_it(flags, small_data, tmp_path):
    folder = tmp_path / "run"
    assert run_app("match", *flags, "--max_steps", "4", "--output_dir", str(folder)).returncode == 0
    before = hashes(folder)
    (tmp_path / "broken.tsv").write_text("怎么还款\t如何还款\t1\n只有一列\n", encoding="utf-8")
    for wrong in (
        ["--train_set", str(tmp_path / "broken.tsv")],
        ["--model_name_or_path", str(tmp_path / "nowhere")],
        ["--init_from_ckpt", str(small_data)],
        ["--max_seq_length", "100000"],
    ):
        error = refused("match", *flags, "--overwrite", "--output_dir", str(folder), *wrong)
        assert hashes(folder) == before, error
    continued = ["--overwrite", "--init_from_ckpt", str(folder / "best"), "--max_steps", "2", "--output_dir", str(folder)]
    done = run_app("match", *flags, *continued)
    assert done.returncode == 0 and hashes(folder) != before, done.stderr


def test_the_threshold_option_is_saved_before_the_first_evaluation(flags, tmp_path):
    folder = tmp_path / "run"
    process = start("match", flags, folder, "--threshold", "0.7", "--eval_steps", "0", "--epochs", "30")
    wait_for_step(process, folder, 8)
    process.send_signal(signal.SIGINT)
    process.communicate()
    matcher_config = json.loads((folder / "last/matcher.json").read_text())
    assert matcher_config["decision"]["threshold"] == 0.7 and matcher_config["dev"] == {}
