"""Runs a student's file and its check in a process of its own, with limits on time, memory, disk and what it prints."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import IO, List, NoReturn, Optional, Tuple

from app import runtime
from app.atomic import read_json, write_json
from app.course.contents import EXERCISES, Exercise
from app.course.exercise_file import read_student_text
from app.course.run_check import Result, StillRunning, run_file
from app.course.texts import Text
from app.shell import ROOT

MAX_OUTPUT = 1_000_000  # bytes that a student's program may print
MAX_MEMORY = 4 << 30  # bytes, beyond those of the libraries
MAX_FILE = 1 << 30  # bytes of one file
GRACE = 5.0  # seconds after the time limit in which a program that catches the error may still end
LOADING = 60.0  # seconds in which the libraries are loaded
TIMED_OUT = 124  # exit code


def check_file(exercise: Exercise, file: Path, seconds: int) -> Tuple[Result, str]:
    """Checks a student's file. Returns the result and what the program printed. Raises UserError if the file cannot be read.

    The process runs in the file's folder. It and the processes that it starts are killed when the check ends.
    """
    read_student_text(file)
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "result.json"
        arguments = [exercise.number, str(file.resolve()), str(answer), str(seconds)]
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, *arguments],
            cwd=ROOT, env=_environment(), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        output = bytearray()
        reader = threading.Thread(target=_read, args=(process, output), daemon=True)
        reader.start()
        timed_out = False
        try:
            process.wait(LOADING + seconds + GRACE)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            _kill(process)
        process.wait()
        reader.join(5)
        text = bytes(output).decode("utf-8", "replace")
        return _result(answer, len(output), timed_out, process.returncode, seconds), text


def _environment() -> dict:
    """The environment of the process: it writes UTF-8 at once, and opens no windows."""
    return {**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "MPLBACKEND": "Agg"}


def _read(process: subprocess.Popen, output: bytearray) -> None:
    """Collects what the process prints, and kills it when that is too much."""
    stream: IO[bytes] = process.stdout  # type: ignore[assignment]
    while len(output) <= MAX_OUTPUT:
        piece = os.read(stream.fileno(), 65536)
        if not piece:
            return
        output += piece
    _kill(process)


def _kill(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _result(answer: Path, printed: int, timed_out: bool, code: int, seconds: int) -> Result:
    """The result that the process wrote, or why it wrote none."""
    if printed > MAX_OUTPUT:
        million = MAX_OUTPUT // 1_000_000
        return Result([], Text(f"Your program prints more than {million} MB. Is there a print in a loop that does not end?",
                               f"你的程序输出超过 {million} MB。是不是在停不下来的循环里有 print？"))  # fmt: skip
    if answer.is_file():
        value = read_json(answer)
        return Result([Text(*text) for text in value["right"]], Text(*value["wrong"]) if value["wrong"] else None)
    if timed_out or code == TIMED_OUT:
        return Result([], StillRunning(seconds).text)
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Result([], Text(f"Your program ended Python ({how}) before the check was done.",
                           f"检查还没有完成，你的程序就结束了 Python（{how}）。"))  # fmt: skip


def main(arguments: List[str]) -> NoReturn:
    """The process: NUMBER FILE RESULT SECONDS."""
    number, file, answer, seconds = arguments[0], Path(arguments[1]), Path(arguments[2]), int(arguments[3])
    text = read_student_text(file)
    runtime.load_paddle(nlp="paddlenlp" in text)
    _limit(seconds)
    from app.course import notebook  # it loads Paddle

    notebook.RUNNING_A_FILE = True
    sys.argv = [str(file)]
    os.chdir(file.parent)
    sys.path.append(str(file.parent))  # last, so that a student's random.py does not replace Python's
    result = run_file(EXERCISES[number], text, str(file))
    signal.setitimer(signal.ITIMER_REAL, 0)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the student may have closed or replaced them
            stream.flush()
    write_json(answer, {"right": result.right, "wrong": result.wrong})
    os._exit(0)  # threads and exit handlers of the student do not count


def _limit(seconds: int) -> None:
    """Limits memory and file sizes. After `seconds`, the running line of the student raises StillRunning; if the student's code
    catches even that, the process ends after GRACE.
    """

    def stop(_signal: int, _frame: Optional[FrameType]) -> None:
        signal.signal(signal.SIGALRM, lambda *_: os._exit(TIMED_OUT))
        signal.setitimer(signal.ITIMER_REAL, GRACE)
        raise StillRunning(seconds)

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    with contextlib.suppress(OSError, ValueError):  # no /proc, or a lower limit is set already
        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, used + MAX_MEMORY)
    with contextlib.suppress(OSError, ValueError):
        _lower(resource.RLIMIT_FSIZE, MAX_FILE)


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


if __name__ == "__main__":
    main(sys.argv[1:])
