"""A run killed at its Nth change of the disk, then begun again by the same line, for every N: it must leave what one that was never
killed leaves. Prints what differs, as JSON.

    PYTHONPATH=.:tests python tests/train/killed_everywhere.py fresh|overwrite STRIDE

Each run is a fork of this process, which itself computes nothing; a kill is `os._exit` in the middle: nothing is tidied up.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import test_trainer
import visualdl  # noqa: F401  before the forks, which then need not

TOTAL = 5
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}
SETTINGS = {"fresh": {"resume": True}, "overwrite": {"overwrite": True}}
SAVES = {"save_total_limit": 1, "logging_steps": 1}


def in_fork(function, *arguments):
    """Runs it in a child; returns the exit code."""
    number = os.fork()
    if number == 0:
        sys.stdout = open(os.devnull, "w")
        try:
            function(*arguments)
        finally:
            os._exit(1 if sys.exc_info()[0] else 0)
    status = os.waitpid(number, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)


def run_and_kill(folder, at, settings, counted):
    """Runs to the `at`th change of the disk; notes how many there were where it comes to the end."""
    changes = [0]

    def hook(event, arguments):
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if event in CHANGES or writes:
            changes[0] += 1
            if changes[0] == at:
                os._exit(137)

    sys.addaudithook(hook)
    test_trainer.run(folder, TOTAL, **SAVES, **settings)
    number = changes[0]  # before the next line changes the disk
    counted.write_text(str(number))


def run_and_tell(folder, settings, message):
    """Runs to the end and writes down what is left behind."""
    test_trainer.run(folder, TOTAL, **SAVES, **settings)
    left = {name: repr(value) for name, value in test_trainer.left_behind(folder).items()}
    left["strays"] = sorted(file.name for file in folder.rglob(".*") if file.name.endswith((".tmp", ".previous")))
    message.write_text(json.dumps(left))


def main(how, stride):
    place, settings = Path(tempfile.mkdtemp()), SETTINGS[how]
    message, counted, before = place / "told", place / "counted", place / "before"
    try:
        assert in_fork(run_and_tell, place / "whole", settings, message) == 0
        expected = json.loads(message.read_text())
        before.mkdir()
        if how == "overwrite":
            assert in_fork(run_and_tell, before, {"seed": 5}, message) == 0
        shutil.copytree(before, place / "counting")
        assert in_fork(run_and_kill, place / "counting", -1, settings, counted) == 0
        differences, number = [], int(counted.read_text())
        for at in range(1, number + 1, stride):
            folder = place / f"run{at}"
            shutil.copytree(before, folder)
            if in_fork(run_and_kill, folder, at, settings, counted) != 137:
                differences.append([at, "was not killed"])
            if in_fork(run_and_tell, folder, settings, message) != 0:
                differences.append([at, "cannot be begun again"])
                continue
            found = json.loads(message.read_text())
            wrong = [name for name in {**expected, **found} if found.get(name) != expected.get(name)]
            differences += [[at, *wrong]] if wrong else []
            shutil.rmtree(folder)
        print(json.dumps({"changes": number, "differences": differences}))
    finally:
        shutil.rmtree(place)


main(sys.argv[1], int(sys.argv[2]))
