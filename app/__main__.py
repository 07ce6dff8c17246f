"""`python -m app COMMAND [flags]`: runs a command. An error that a user can fix becomes one line and exit code 2."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from typing import List, NoReturn

if __package__ in (None, ""):  # started by its path, as paddle.distributed.launch does
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from app import runtime
from app.errors import Interrupted, UserError
from app.quiet import open_closed_streams

COMMANDS = {
    "match": "fine-tune a matcher on labelled pairs (what run_match.sh runs)",
    "pretrain": "pretrain a BERT on documents (what run_pretrain.sh runs)",
    "fill": "predict the words at [MASK] with a pretrained checkpoint",
    "predict": "score a file of pairs, or one pair (what predict.py runs)",
    "evaluate": "evaluate a fine-tuned checkpoint on labelled pairs",
    "average": "average the weights of two fine-tuned checkpoints",
    "course": "exercises with checks: learn by doing (start here: python -m app course)",
    "pairs": "make pairs to learn from, out of a file of texts",
    "label": "give pairs the probabilities of a sentence-embedding teacher",
    "doctor": "check this machine: versions, threads, speed, GPU, disk",
    "flags": "print the tables of all flags (docs/flags.md)",
}


def main(arguments: List[str]) -> int:
    """Runs one command and returns its exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: python -m app COMMAND [--help] [flags]\n")
        for name, purpose in COMMANDS.items():
            print(f"  {name:10} {purpose}")
        return 0
    try:
        if arguments[0] not in COMMANDS:
            raise UserError(f"{arguments[0]}: no such command; the commands are {', '.join(COMMANDS)}")
        runtime.prepare()
        return importlib.import_module(f"app.commands.{arguments[0]}").main(arguments[1:]) or 0
    except UserError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except Interrupted as stop:
        print(stop, file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # for example `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE  # the exit code of a program that SIGPIPE ends: not all output was read
    except ModuleNotFoundError as problem:
        if problem.name and problem.name.split(".")[0] == "app":
            raise
        print(f"error: {problem}; install the requirements: {sys.executable} -m pip install -r requirements.txt", file=sys.stderr)
        return 2
    except OSError as problem:
        if not problem.errno:
            raise
        print(f"error: {_system_message(problem)}", file=sys.stderr)
        return 2
    except MemoryError:
        print("error: this machine has too little free memory for this command", file=sys.stderr)
        return 2


def _system_message(problem: OSError) -> str:
    """One line for an error of the operating system."""
    if problem.errno in (errno.EFBIG, errno.ENOSPC, errno.EDQUOT):
        return f"cannot write ({problem.strerror}); saved files are complete. Free some space, start again (training: --resume)"
    file = f"{problem.filename}: " if problem.filename is not None else ""
    return f"{file}{problem.strerror}"


def start(arguments: List[str]) -> NoReturn:
    """Runs one command and ends this process with its exit code."""
    if sys.getfilesystemencoding().lower() != "utf-8" and sys.flags.utf8_mode == 0:
        # In such a locale Python cannot decode Chinese paths and texts on the command line, so it is started again.
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    if runtime.launched():
        from app.train.launcher import end_with_parent

        end_with_parent()  # the parent is the launcher
    open_closed_streams()
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8")
    if sys.stdout is None:
        print("error: standard output is closed; to discard the output, write `> /dev/null`", file=sys.stderr)
        sys.exit(2)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a character that the terminal cannot show must not end a run
    code = main(arguments)
    if runtime.launched():
        from app.train.launcher import leave

        code = leave(code)
    sys.exit(code)


if __name__ == "__main__":
    start(sys.argv[1:])
