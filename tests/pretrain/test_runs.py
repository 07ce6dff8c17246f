"""Pretraining runs in real processes: kill and resume, several processes, budget, further pretraining, fine-tuning."""

import json
import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT, refused, run_app, sample_lines
from runs import finish, hashes, journal, start, wait_for_step

from app import runtime
from app.tensors import read_arrays
from app.text.vocabulary import SPECIAL_TOKENS


@pytest.fixture(scope="module")
def flags(tmp_path_factory):
    """A pretraining run that takes seconds: 24 steps of a nano BERT on the questions of the sample, eight per document."""
    folder = tmp_path_factory.mktemp("corpus")
    texts = [text for line in sample_lines("train", 800).splitlines()[1:] for text in line.split("\t")[:2]]
    documents = ["\n".join(texts[begin : begin + 8]) for begin in range(0, len(texts), 8)]
    (folder / "corpus.txt").write_text("\n\n".join(documents) + "\n", encoding="utf-8")
    return [
        "--corpus", str(folder / "corpus.txt"), "--shards_dir", str(folder / "shards"), "--model_size", "nano", "--max_seq_length", "64",
        "--max_steps", "24", "--batch_size", "8", "--dev_share", "0.1", "--eval_steps", "10", "--save_steps", "4", "--logging_steps", "1",
        "--device", "cpu", "--num_processes", "1", "--dropout", "0.1", "--tokenize_processes", "1", "--max_unknown", "0.2",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, flags):
    folder = tmp_path_factory.mktemp("runs") / "uninterrupted"
    finish(start("pretrain", flags, folder))
    return folder


def test_killed_and_resumed_the_weights_are_bit_identical(uninterrupted, flags, tmp_path):
    folder = tmp_path / "killed"
    for step in (3, 14):
        process = start("pretrain", flags, folder, "--resume")
        wait_for_step(process, folder, step)
        process.send_signal(signal.SIGKILL)
        process.wait()
    finish(start("pretrain", flags, folder, "--resume"))
    assert hashes(folder) == hashes(uninterrupted)


def losses(folder, event_name):
    return [
        (event["step"], event["masked_LM_loss"], event.get("sentence_loss", 0.0))
        for event in journal(folder)
        if event["event"] == event_name
    ]


def begin_on_two_hosts(flags, folder):
    """Starts the command for several hosts (docs/pretraining.md) twice on this host. Returns the two launchers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        master = f"127.0.0.1:{free.getsockname()[1]}"
    launcher = ["-m", "paddle.distributed.launch", "--master", master, "--nnodes", "2", "--nproc_per_node", "1"]
    return [
        subprocess.Popen(
            [sys.executable, *launcher, "--log_dir", str(folder / f"log{host}"), "app/__main__.py", "pretrain", *flags],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )
        for host in (1, 2)
    ]  # fmt: skip


def on_two_hosts(flags, folder):
    """Runs the same to the end, without an error."""
    for host in begin_on_two_hosts(flags, folder):
        output, _ = host.communicate(timeout=300)
        assert host.returncode == 0, output


@pytest.fixture(scope="module")
def fifty_steps(flags, tmp_path_factory):
    """The flags of a run with 50 steps, and the folder of such a run by one process with a batch size of 16."""
    folder, more_flags = tmp_path_factory.mktemp("fifty") / "one", [*flags, "--max_steps", "50", "--dropout", "0"]
    finish(start("pretrain", more_flags, folder, "--batch_size", "16"))
    return more_flags, folder


def check_same_losses(one, other):
    for event_name in ("train", "evaluate"):
        assert np.allclose(losses(one, event_name), losses(other, event_name), atol=1e-5), event_name
    assert len(losses(other, "train")) == 50


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(["--batch_size", "8", "--num_processes", "2"], marks=pytest.mark.slow),  # similar to two hosts
        ["--batch_size", "4", "--gradient_accumulation_steps", "4"],
    ],
)
def test_processes_and_micro_batches_give_the_losses_of_one_process(fifty_steps, tmp_path, changed):
    """The global batch size is the same. The reference code updates the weights after every micro-batch."""
    flags, one = fifty_steps
    finish(start("pretrain", flags, tmp_path / "other", *changed))
    check_same_losses(one, tmp_path / "other")


@pytest.mark.slow
def test_two_hosts_give_the_losses_of_one_process(fifty_steps, tmp_path):
    flags, one = fifty_steps
    on_two_hosts([*flags, "--batch_size", "8", "--output_dir", str(tmp_path / "hosts")], tmp_path)
    check_same_losses(one, tmp_path / "hosts")
    largest_update = sum(event["learning_rate"] for event in journal(one) if event["event"] == "train")  # of a weight by Adam
    expected, found = (read_arrays(folder / "last/model.safetensors") for folder in (one, tmp_path / "hosts"))
    for name in expected:  # the gradient of the key bias is 0 except for rounding
        assert name.endswith("k_proj.bias") or np.abs(found[name] - expected[name]).mean() < 1e-3 * largest_update, name


@pytest.mark.slow
def test_after_a_host_was_killed_the_run_is_resumed(fifty_steps, tmp_path):
    flags, one = fifty_steps
    more_flags = [*flags, "--batch_size", "8", "--output_dir", str(tmp_path / "hosts"), "--resume"]
    hosts = begin_on_two_hosts(more_flags, tmp_path)
    wait_for_step(hosts[0], tmp_path / "hosts", 10)
    hosts[1].kill()  # the launcher, and with it its process
    for host in hosts:
        try:
            host.wait(60)  # the other host cannot continue alone
        except subprocess.TimeoutExpired:
            host.terminate()
            host.wait(60)
        assert host.returncode != 0
    on_two_hosts(more_flags, tmp_path)
    check_same_losses(one, tmp_path / "hosts")


def test_a_budget_ends_the_run_with_a_learning_rate_near_0(flags, tmp_path):
    finish(start("pretrain", flags, tmp_path / "run", "--max_steps", "100000", "--budget", "4s", "--eval_steps", "0"))
    rates = [event["learning_rate"] for event in journal(tmp_path / "run") if event["event"] == "train"]
    assert 5 < len(rates) < 5000 and rates[-1] < 0.1 * max(rates) and rates[0] < 0.5 * max(rates)
    assert json.loads((tmp_path / "run/state/trainer_state.json").read_text())["finished"]


def test_only_the_newest_checkpoints_are_kept(flags, tmp_path):
    finish(start("pretrain", flags, tmp_path / "run", "--save_total_limit", "2", "--optimizer", "lamb", "--recompute"))
    assert sorted(path.name for path in (tmp_path / "run/checkpoints").iterdir()) == ["step_20", "step_24"]


SLOW = pytest.param("sop", "whole_word", 1, marks=pytest.mark.slow)


@pytest.mark.parametrize("task, masking, processes", [SLOW, ("structbert", "ngram", 1), ("none", "span", 2)])
def test_every_task_and_masking_trains(flags, tmp_path, task, masking, processes):
    """Without a sentence task the pooler has no gradient, and two processes must not wait for it. The vocabulary is in ERNIE's format."""
    letters = sorted(set("".join(sample_lines("train", 800).split())))
    vocabulary = tmp_path / "ernie_vocab.txt"
    vocabulary.write_text("".join(f"{token}\t{i}\n" for i, token in enumerate([*SPECIAL_TOKENS, *letters])), encoding="utf-8")
    more_flags = [
        "--sentence_task", task, "--masking", masking, "--num_processes", str(processes), "--vocab_file", str(vocabulary),
        "--shards_dir", str(tmp_path / "shards"),
    ]  # fmt: skip
    finish(start("pretrain", flags, tmp_path / "run", *more_flags, "--max_steps", "6", "--architecture", "ernie"))
    held_out = json.loads((tmp_path / "run/metrics.json").read_text())["held_out"]
    assert np.isfinite(held_out["masked LM loss"]) and ("sentence loss" in held_out) == (task != "none")
    assert (tmp_path / "run/best/vocab.txt").read_text(encoding="utf-8").split("\n")[5:-1] == letters


def test_fill_further_pretraining_and_fine_tuning(uninterrupted, flags, small_flags, tmp_path):
    best = str(uninterrupted / "best")
    filled = run_app("fill", "我想[MASK]一张信用[MASK]", "--model_name_or_path", best)
    assert filled.returncode == 0 and filled.stdout.count("%") == 10 and filled.stderr == ""
    further = finish(
        start("pretrain", flags, tmp_path / "further", "--init_from_ckpt", best, "--shards_dir", str(tmp_path / "shards"), "--max_steps", "3", "--model_size", "mini")
    )  # fmt: skip
    assert "with both heads" in further
    assert (
        journal(tmp_path / "further")[0]["options"]["learning_rate"] == 0.064 / 64
    )  # by the hidden size of the checkpoint, not of --model_size
    first = journal(tmp_path / "further")[1]["masked_LM_loss"]
    assert first < journal(uninterrupted)[1]["masked_LM_loss"] - 0.2
    matched = run_app(
        "match", *small_flags, "--model_name_or_path", best, "--epochs", "1", "--output_dir", str(tmp_path / "match")
    )
    assert matched.returncode == 0 and "from random weights" not in matched.stdout, matched.stderr


@pytest.mark.parametrize(
    "more_flags, words",
    [
        (["--corpus", "nowhere.txt"], ["--corpus nowhere.txt", "existing file"]),
        (["--max_unknown", "0.00001", "--vocab_size", "110"], ["--max_unknown", "unknown to the vocabulary"]),
        (["--masked_lm_prob", "1.5"], ["--masked_lm_prob 1.5", "below 1"]),
        (["--budget", "ten"], ["--budget ten", "45m"]),
        (["--model_size", "huge"], ["--model_size", "nano"]),
        (["--dev_share", "0.00001"], ["--dev_share", "held out"]),
        (["--init_from_ckpt", "./nowhere"], ["nowhere", "no such folder"]),
    ],
)
def test_wrong_flags_give_an_error_of_one_line(flags, tmp_path, more_flags, words):
    error = refused("pretrain", *flags, "--shards_dir", str(tmp_path / "shards"), *more_flags, "--output_dir", str(tmp_path / "run"))
    assert all(word in error for word in words)


def test_the_script_shows_a_falling_loss(tmp_path):
    """`run_pretrain.sh` on its default corpus, with fewer steps."""
    done = subprocess.run(
        ["bash", "run_pretrain.sh", "--output_dir", str(tmp_path / "run"), "--model_size", "nano", "--max_steps", "40", "--logging_steps", "10"],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", env={**os.environ, "PYTHON": sys.executable},
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == "", done.stderr
    losses_by_step = [event["masked_LM_loss"] for event in journal(tmp_path / "run") if event["event"] == "train"]
    assert losses_by_step[-1] < losses_by_step[0] - 0.5 and "tokens/s" in done.stdout and "run_match.sh --model_name_or_path" in done.stdout


@pytest.mark.gpu
@pytest.mark.skipif(not runtime.gpu_count(), reason="no GPU here")
@pytest.mark.parametrize("amp", [["none"], ["O1"], ["O1", "--amp_dtype", "float16"]])
def test_mixed_precision_on_a_gpu(flags, tmp_path, amp):
    finish(start("pretrain", flags, tmp_path / "run", "--device", "gpu:0", "--max_steps", "50", "--amp", *amp))
    losses_by_step = [event["masked_LM_loss"] for event in journal(tmp_path / "run") if event["event"] == "train"]
    assert np.isfinite(losses_by_step).all() and np.mean(losses_by_step[-5:]) < np.mean(losses_by_step[:5]) - 0.3
