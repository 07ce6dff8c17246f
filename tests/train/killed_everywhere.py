"""Kills a run at its Nth change on disk and starts the same command again, for N = 1, 1 + STRIDE, ...: each time it must leave the
files of a run that was never killed. Prints the differences as JSON.

    PYTHONPATH=.:tests python tests/train/killed_everywhere.py fresh|overwrite STRIDE

Each run is a fork of this process, which itself computes nothing. A kill is `os._exit`: nothing is tidied up.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import small_task
import visualdl  # noqa: F401  loaded once, before the forks

TOTAL = 5
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}
SETTINGS = {"fresh": {"resume": True}, "overwrite": {"overwrite": True}}
SAVES = {"save_total_limit": 1, "logging_steps": 1}


def in_fork(function, *arguments):
    """Runs the function in a child process; returns its exit code."""
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
    """Runs up to change `at` on disk. A run that reaches its end writes the number of its changes into the file `counted`."""
    changes = [0]

    def hook(event, arguments):
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if event in CHANGES or writes:
            changes[0] += 1
            if changes[0] == at:
                os._exit(137)

    sys.addaudithook(hook)
    small_task.run(folder, TOTAL, **SAVES, **settings)
    number = changes[0]  # before the next line changes the disk
    counted.write_text(str(number))


def run_and_report(folder, settings, report):
    """Runs to the end and writes what the run left into the file `report`, as JSON."""
    small_task.run(folder, TOTAL, **SAVES, **settings)
    files = {name: repr(value) for name, value in small_task.files_of_run(folder).items()}
    files["temporary files"] = sorted(file.name for file in folder.rglob(".*") if file.name.endswith((".tmp", ".previous")))
    report.write_text(json.dumps(files))


def main(how, stride):
    root, settings = Path(tempfile.mkdtemp()), SETTINGS[how]
    report, counted, before = root / "report", root / "counted", root / "before"
    try:
        assert in_fork(run_and_report, root / "uninterrupted", settings, report) == 0
        expected = json.loads(report.read_text())
        before.mkdir()
        if how == "overwrite":
            assert in_fork(run_and_report, before, {"seed": 5}, report) == 0
        shutil.copytree(before, root / "counting")
        assert in_fork(run_and_kill, root / "counting", -1, settings, counted) == 0
        differences, number = [], int(counted.read_text())
        for at in range(1, number + 1, stride):
            folder = root / f"run{at}"
            shutil.copytree(before, folder)
            if in_fork(run_and_kill, folder, at, settings, counted) != 137:
                differences.append([at, "was not killed"])
            if in_fork(run_and_report, folder, settings, report) != 0:
                differences.append([at, "cannot be started again"])
                continue
            found = json.loads(report.read_text())
            wrong = [name for name in {**expected, **found} if found.get(name) != expected.get(name)]
            differences += [[at, *wrong]] if wrong else []
            shutil.rmtree(folder)
        print(json.dumps({"changes": number, "differences": differences}))
    finally:
        shutil.rmtree(root)


main(sys.argv[1], int(sys.argv[2]))
