"""Scores a file of text pairs, or one pair, with a fine-tuned checkpoint folder. `python predict.py --help` lists the flags."""

import os
import sys

VENV = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".venv")
if __name__ == "__main__":
    python = os.path.join(VENV, "bin", "python")
    # `bash run_match.sh` installed everything into .venv; outside of any virtual environment, that is the one to use.
    if os.path.exists(python) and sys.prefix == sys.base_prefix and "PYTHON" not in os.environ:
        os.execv(python, [python, *sys.argv])
    from app.__main__ import start

    start(["predict", *sys.argv[1:]])
