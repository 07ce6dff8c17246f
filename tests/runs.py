"""Complete training runs in real processes: start, wait, compare. Used by the tests of fine-tuning and pretraining."""

import hashlib
import json
import subprocess
import sys
import time

from conftest import ROOT

FILES = ("last/model.safetensors", "best/model.safetensors", "state/optimizer.safetensors")


def hashes(folder):
    """SHA-256 of the run's weights and optimizer state."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def start(command, flags, folder, *further_flags):
    """`python -m app COMMAND FLAGS --output_dir FOLDER FURTHER_FLAGS` in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "app", command, *flags, "--output_dir", str(folder), *further_flags],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def journal(folder):
    """The events of the run so far. The last line may be incomplete and is left out."""
    path = folder / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def wait_for_step(process, folder, step):
    """Waits until the run has logged this step, or has ended."""
    while process.poll() is None and not any(event.get("step", 0) >= step for event in journal(folder)):
        time.sleep(0.02)


def finish(process):
    """Waits for a run that must succeed; returns its output."""
    output, errors = process.communicate()
    assert process.returncode == 0, output + errors
    return output
